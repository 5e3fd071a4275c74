"""The site's picture is in the store of files, as all pictures are (migration 0054). And indices for what counts the pictures that refer to
a content."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0053_site_logo", "0054_pictures_in_the_store"}

_TAKE = "UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id"
_GIVE = "UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id"
_EVENTS = {"INSERT": _TAKE, "UPDATE OF blob_id": f"{_TAKE}; {_GIVE}", "DELETE": _GIVE}


def _create_triggers(connection: Any) -> None:
    is_sqlite = type(connection).__module__.startswith("sqlite3")
    for event, body in _EVENTS.items():
        kind = event.split()[0].lower()
        head = f"CREATE TRIGGER site_logo_blobs_{kind} AFTER {event} ON site_logo FOR EACH ROW"
        connection.cursor().execute(
            f"{head} BEGIN {body}; END" if is_sqlite else f"{head} EXECUTE FUNCTION blob_refs_{kind}()"
        )


steps = [
    statement("ALTER TABLE site_logo ADD COLUMN blob_id BIGINT"),
    statement("CREATE INDEX site_logo_to_move ON site_logo (size) WHERE blob_id IS NULL"),
    step(_create_triggers),
    *(
        statement(f"CREATE INDEX {table}_of_blobs ON {table} (blob_id) WHERE blob_id IS NOT NULL")
        for table in ("pictures", "room_pictures", "feed_picture_files", "preview_pictures", "linked_pages", "site_logo")
    ),
]
