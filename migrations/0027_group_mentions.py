"""Rows of those whom `@here` of a post mentions are marked, and found by the post: they go when it is
deleted, and nothing else names them. `@all` has one row, of the user -1."""

from helpers.migrations import statement

__depends__ = {"0006_mentions"}

steps = [
    statement("ALTER TABLE mentions ADD COLUMN of_group BOOLEAN NOT NULL DEFAULT FALSE"),
    statement("CREATE INDEX mentions_of_groups ON mentions (room_id, number) WHERE of_group"),
]
