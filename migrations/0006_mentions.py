"""Whom a post calls. `mentions` of a message names them by their ids, divided by commas; the table is for counting those not yet seen.

A row is there while the post is: a deletion takes it away, and taking that back brings it again."""

from helpers.migrations import statement

__depends__ = {"0005_changing_messages"}

steps = [
    statement("ALTER TABLE messages ADD COLUMN mentions TEXT"),
    statement("""
        CREATE TABLE mentions (
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            PRIMARY KEY (user_id, room_id, number)
        )"""),
]
