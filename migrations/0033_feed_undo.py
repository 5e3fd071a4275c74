"""What was deleted in the feed can be taken back for a minute: a post keeps its text and pictures until `undo_until`, and a comment
waits in a table of its own. Without that time a deleted post loses its pictures at once, as before: the database sees to it."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0016_post_pictures", "0029_read_marks_back"}


def removed_when_erased(connection: Any) -> None:
    cursor = connection.cursor()
    remove = "DELETE FROM feed_pictures WHERE post_id = NEW.id"
    when = "AFTER UPDATE OF deleted_at, undo_until ON feed_posts FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL AND NEW.undo_until IS NULL)"
    if type(connection).__module__.partition(".")[0] == "sqlite3":
        cursor.execute("DROP TRIGGER feed_pictures_removed")
        cursor.execute(f"CREATE TRIGGER feed_pictures_removed {when} BEGIN {remove}; END")
    else:
        cursor.execute("DROP TRIGGER feed_pictures_removed ON feed_posts")
        cursor.execute(f"CREATE TRIGGER feed_pictures_removed {when} EXECUTE FUNCTION feed_pictures_removed()")


steps = [
    statement("ALTER TABLE feed_posts ADD COLUMN undo_until BIGINT"),
    statement("CREATE INDEX feed_posts_undo ON feed_posts (undo_until) WHERE undo_until IS NOT NULL"),
    step(removed_when_erased),
    statement("""
        CREATE TABLE feed_deleted_comments (
            id BIGINT NOT NULL PRIMARY KEY,
            post_id BIGINT NOT NULL REFERENCES feed_posts (id),
            author_id BIGINT NOT NULL REFERENCES users (id),
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            edited_at BIGINT,
            nonce TEXT,
            deleted_by BIGINT NOT NULL,
            undo_until BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX feed_deleted_comments_undo ON feed_deleted_comments (undo_until)"),
    statement("CREATE INDEX feed_deleted_comments_by_author ON feed_deleted_comments (author_id)"),
]
