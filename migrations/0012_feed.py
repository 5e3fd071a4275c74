"""Posts, comments and likes, and what happened to them in order.

The database itself counts the likes and comments of a post, by triggers: whoever adds or takes away one, the count is right.
`feed_clock` has one row, which every change of the feed locks last: so the ids of `feed_events` are in the order of the commits."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0011_following"}


def counted(table: str, column: str) -> list[Any]:
    """Triggers that keep `column` of feed_posts at the number of the post's rows in `table`."""

    def update(row: str, by: str) -> str:
        return f"UPDATE feed_posts SET {column} = {column} {by} WHERE id = {row}.post_id"  # noqa: S608 - names of our own

    def apply(connection: Any) -> None:
        cursor = connection.cursor()
        changes = (("added", "INSERT", update("NEW", "+ 1")), ("removed", "DELETE", update("OLD", "- 1")))
        for name, event, change in changes:
            if type(connection).__module__.partition(".")[0] == "sqlite3":
                cursor.execute(f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} BEGIN {change}; END")
            else:
                body = f"BEGIN {change}; RETURN NULL; END"
                cursor.execute(f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
                cursor.execute(f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()")

    return [step(apply)]


steps = [
    statement("""
        CREATE TABLE feed_posts (
            id {identity},
            author_id BIGINT NOT NULL REFERENCES users (id),
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            edited_at BIGINT,
            deleted_at BIGINT,
            likes BIGINT NOT NULL DEFAULT 0,
            comments BIGINT NOT NULL DEFAULT 0
        )"""),
    statement("CREATE INDEX feed_posts_by_author ON feed_posts (author_id, id) WHERE deleted_at IS NULL"),
    statement("""
        CREATE TABLE feed_comments (
            id {identity},
            post_id BIGINT NOT NULL REFERENCES feed_posts (id),
            author_id BIGINT NOT NULL REFERENCES users (id),
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            edited_at BIGINT
        )"""),
    statement("CREATE INDEX feed_comments_by_post ON feed_comments (post_id, id)"),
    statement("CREATE INDEX feed_comments_by_author ON feed_comments (author_id)"),
    statement("""
        CREATE TABLE feed_likes (
            post_id BIGINT NOT NULL REFERENCES feed_posts (id),
            user_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (post_id, user_id)
        )"""),
    statement("CREATE INDEX feed_likes_by_user ON feed_likes (user_id)"),
    *counted("feed_likes", "likes"),
    *counted("feed_comments", "comments"),
    statement("CREATE TABLE feed_clock (id BIGINT NOT NULL PRIMARY KEY, last BIGINT NOT NULL)"),
    statement("INSERT INTO feed_clock (id, last) VALUES (1, 0)"),
    statement("""
        CREATE TABLE feed_events (
            id BIGINT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            change TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            post_id BIGINT NOT NULL,
            comment_id BIGINT,
            user_id BIGINT NOT NULL
        )"""),
]
