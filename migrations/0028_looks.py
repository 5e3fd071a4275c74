"""Renews the keys by which names that look alike are found: i and l, rn and m and their like are one
(accounts/people/looks.py). Who has no displayed name is displayed by the handle, and has a key for
that too.

Existing people may have handles that are alike now. All keep them; the first has the key, the others
have it with their id behind a space, which no key has."""

from typing import Any

from yoyo import step

from helpers.migrations import placeholders

__depends__ = {"0027_group_mentions"}

_ROWS_AT_ONCE = 400


def renew(connection: Any) -> None:
    cursor = connection.cursor()
    sql = placeholders(connection)
    # A new key may be another's former one: all former ones go first.
    cursor.execute("UPDATE users SET skeleton = '~ ' || id WHERE left_at IS NULL")
    some = sql("SELECT id, name, display_name FROM users WHERE id > ? AND left_at IS NULL ORDER BY id LIMIT ?")
    change = sql("UPDATE users SET skeleton = ?, display_skeleton = ? WHERE id = ?")
    cursor.execute(some, (-1, _ROWS_AT_ONCE))
    while rows := cursor.fetchall():
        # Their tables of letters take memory that a new site doesn't need.
        from accounts.people.looks import display_look, look

        looks = {user_id: look(name) for user_id, name, _ in rows}
        taken = _stored(cursor, sql, set(looks.values()))
        for user_id, name, display_name in rows:
            key = looks[user_id]
            own = f"{key} {user_id}" if key in taken else key
            taken.add(key)
            cursor.execute(change, (own, display_look(display_name or name), user_id))
        cursor.execute(some, (rows[-1][0], _ROWS_AT_ONCE))


def _stored(cursor: Any, sql: Any, looks: set[str]) -> set[str]:
    """Which of these keys somebody has."""
    signs = ", ".join("?" * len(looks))
    cursor.execute(sql(f"SELECT skeleton FROM users WHERE skeleton IN ({signs})"), sorted(looks))  # noqa: S608
    return {row[0] for row in cursor.fetchall()}


steps = [step(renew)]
