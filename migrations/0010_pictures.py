"""People's pictures, in each size that is shown, where every worker finds them.

`users.picture` is the version of one's own, 0 where there is none."""

from helpers.migrations import statement

__depends__ = {"0010_profiles"}

steps = [
    statement("ALTER TABLE users ADD COLUMN picture BIGINT NOT NULL DEFAULT 0"),
    statement("""
        CREATE TABLE pictures (
            user_id BIGINT NOT NULL REFERENCES users (id),
            size SMALLINT NOT NULL,
            version BIGINT NOT NULL,
            data {bytes} NOT NULL,
            PRIMARY KEY (user_id, size)
        )"""),
]
