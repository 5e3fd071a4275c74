"""Filters of messages, of rooms and of the site, and the posts that wait for a moderator.

The site's filters have the room 0. `held_posts` keeps what wasn't let through, so that sending it again
doesn't ask anew."""

from helpers.migrations import statement

__depends__ = {"0034_reports"}

steps = [
    statement("""
        CREATE TABLE filters (
            id {identity},
            room_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            pattern TEXT NOT NULL,
            action TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE UNIQUE INDEX filters_once ON filters (room_id, kind, pattern)"),
    statement("""
        CREATE TABLE held_posts (
            id {identity},
            room_id BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            nonce TEXT NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            reply_to BIGINT,
            why TEXT NOT NULL,
            at BIGINT NOT NULL,
            answered_at BIGINT,
            answered_by BIGINT,
            answer TEXT
        )"""),
    statement("CREATE UNIQUE INDEX held_posts_once ON held_posts (author_id, nonce)"),
    statement("CREATE INDEX held_posts_open ON held_posts (room_id, id) WHERE answered_at IS NULL"),
    statement("CREATE INDEX held_posts_to_erase ON held_posts (answered_at) WHERE answered_at IS NOT NULL"),
]
