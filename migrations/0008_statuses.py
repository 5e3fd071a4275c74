"""What people say of themselves: that they are away, or don't want to be disturbed. Who says nothing has no row."""

from helpers.migrations import statement

__depends__ = {"0005_changing_messages"}

steps = [
    statement("""
        CREATE TABLE statuses (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            status TEXT NOT NULL,
            text TEXT NOT NULL,
            until BIGINT
        )"""),
]
