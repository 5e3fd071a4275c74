"""Blocks, private profiles with those who ask to follow them, and posts that an administrator removed.

Blocks are asked for pair by pair, from both ends; requests are listed by whom they are for. `removed_by` is who removed a post that
wasn't theirs: of such posts there are few, and their authors are told."""

from helpers.migrations import statement

__depends__ = {"0012_feed"}

steps = [
    statement("ALTER TABLE users ADD COLUMN is_private BOOLEAN NOT NULL DEFAULT FALSE"),
    statement("""
        CREATE TABLE blocks (
            blocker_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            blocked_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            at BIGINT NOT NULL,
            PRIMARY KEY (blocker_id, blocked_id)
        )"""),
    statement("CREATE INDEX blocks_by_blocked ON blocks (blocked_id, blocker_id)"),
    statement("""
        CREATE TABLE follow_requests (
            follower_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            followed_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            at BIGINT NOT NULL,
            PRIMARY KEY (follower_id, followed_id)
        )"""),
    statement("CREATE INDEX follow_requests_by_followed ON follow_requests (followed_id, at, follower_id)"),
    statement("ALTER TABLE feed_posts ADD COLUMN removed_by BIGINT"),
    statement("CREATE INDEX feed_posts_removed ON feed_posts (author_id, id) WHERE removed_by IS NOT NULL"),
]
