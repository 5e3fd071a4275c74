"""Whose a session is, with what and from where it was last used, so that people see theirs and can end them."""

import json
from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0010_pictures"}


def say_whose(connection: Any) -> None:
    """Of the sessions that are there. Their data says it."""
    cursor = connection.cursor()
    cursor.execute("SELECT token_hash, data FROM sessions")
    for key, data in cursor.fetchall():
        try:
            user_id = int(json.loads(data)["session"]["user_id"])
        except (ValueError, LookupError, TypeError):
            continue
        if key.isalnum():
            cursor.execute(f"UPDATE sessions SET user_id = {user_id} WHERE token_hash = '{key}'")  # noqa: S608 - a number and a hash


steps = [
    statement("ALTER TABLE sessions ADD COLUMN user_id BIGINT"),
    statement("ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT ''"),
    statement("ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT ''"),
    statement("ALTER TABLE sessions ADD COLUMN used_at BIGINT"),
    step(say_whose),
    statement("CREATE INDEX sessions_of_user ON sessions (user_id) WHERE user_id IS NOT NULL"),
]
