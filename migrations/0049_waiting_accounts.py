"""Accounts that wait until somebody who runs the site lets them in, and people who ask to be let into a
closed room."""

from helpers.migrations import statement

__depends__ = {"0048_invite_links"}

steps = [
    statement("ALTER TABLE users ADD COLUMN waits_since BIGINT"),
    statement("CREATE INDEX users_waiting ON users (waits_since, id) WHERE waits_since IS NOT NULL"),
    statement("""
        CREATE TABLE room_requests (
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX room_requests_by_user ON room_requests (user_id, at)"),
]
