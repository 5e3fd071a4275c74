"""Who follows whom. Read from both ends: whom somebody follows, and who follows somebody."""

from helpers.migrations import statement

__depends__ = {"0008_statuses"}

steps = [
    statement("""
        CREATE TABLE follows (
            follower_id BIGINT NOT NULL REFERENCES users (id),
            followed_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (follower_id, followed_id)
        )"""),
    statement("CREATE INDEX follows_by_followed ON follows (followed_id, follower_id)"),
]
