"""Accounts that are deleted, what is still to be taken away of them, and downloads of one's own data.

The indices find what somebody wrote, reacted to and was named in, however much others did."""

from helpers.migrations import statement

__depends__ = {"0012_feed"}

steps = [
    statement("ALTER TABLE users ADD COLUMN left_at BIGINT"),
    statement("CREATE INDEX users_admins ON users (id) WHERE is_admin"),
    statement("""
        CREATE TABLE leavings (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            name TEXT NOT NULL,
            removes BOOLEAN NOT NULL,
            at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            taken_by TEXT NOT NULL,
            taken_until BIGINT NOT NULL
        )"""),
    statement("""
        CREATE TABLE downloads (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            until BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX messages_targets ON messages (target_id, room_id, seq) WHERE target_id IS NOT NULL"),
    statement("CREATE INDEX reactions_by_user ON reactions (user_id, room_id, seq, emoji)"),
    statement("DROP INDEX members_by_user"),
    statement("CREATE INDEX members_by_user_and_room ON members (user_id, room_id)"),
    statement("DROP INDEX feed_likes_by_user"),
    statement("CREATE INDEX feed_likes_by_user_and_post ON feed_likes (user_id, post_id)"),
    statement("DROP INDEX feed_comments_by_author"),
    statement("CREATE INDEX feed_comments_by_author_and_id ON feed_comments (author_id, id)"),
]
