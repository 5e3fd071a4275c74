"""Pictures of posts, in each size that is shown; and what tells that a form was sent twice.

A post that is deleted loses its pictures in the same statement, whoever deletes it: the database sees to that."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0012_feed"}


def removed_with_posts(connection: Any) -> None:
    cursor = connection.cursor()
    remove = "DELETE FROM feed_pictures WHERE post_id = NEW.id"
    when = "AFTER UPDATE OF deleted_at ON feed_posts FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL)"
    if type(connection).__module__.partition(".")[0] == "sqlite3":
        cursor.execute(f"CREATE TRIGGER feed_pictures_removed {when} BEGIN {remove}; END")
    else:
        body = f"BEGIN {remove}; RETURN NULL; END"
        cursor.execute(f"CREATE FUNCTION feed_pictures_removed() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        cursor.execute(f"CREATE TRIGGER feed_pictures_removed {when} EXECUTE FUNCTION feed_pictures_removed()")


steps = [
    statement("""
        CREATE TABLE feed_pictures (
            id {identity},
            post_id BIGINT NOT NULL REFERENCES feed_posts (id) ON DELETE CASCADE,
            place SMALLINT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            alt TEXT NOT NULL,
            UNIQUE (post_id, place)
        )"""),
    statement("""
        CREATE TABLE feed_picture_files (
            picture_id BIGINT NOT NULL REFERENCES feed_pictures (id) ON DELETE CASCADE,
            size SMALLINT NOT NULL,
            data {bytes} NOT NULL,
            PRIMARY KEY (picture_id, size)
        )"""),
    step(removed_with_posts),
    statement("ALTER TABLE feed_posts ADD COLUMN nonce TEXT"),
    statement("CREATE UNIQUE INDEX feed_posts_nonces ON feed_posts (author_id, nonce) WHERE nonce IS NOT NULL"),
    statement("ALTER TABLE feed_comments ADD COLUMN nonce TEXT"),
    statement("CREATE UNIQUE INDEX feed_comments_nonces ON feed_comments (author_id, nonce) WHERE nonce IS NOT NULL"),
]
