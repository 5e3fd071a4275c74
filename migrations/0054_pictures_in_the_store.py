"""Pictures of people, rooms, posts of the feed and previews are in the store of files, as files of messages are.

`blob_id` refers to the content (migration 0043); the database counts, whoever adds, changes and deletes what refers to it. What is there
already stays in its column until the server has moved it, in the background (helpers/storage/moving.py); the column is empty then.
`blobs.until`: for so long a content stays though nothing refers to it yet."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0044_file_lists", "0045_previews", "0046_room_pictures"}

_KEYS = {
    "pictures": "user_id, size",
    "room_pictures": "room_id, version, size",
    "feed_picture_files": "picture_id, size",
    "preview_pictures": "id",
    "linked_pages": "address",
}
_TAKE = "UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id"
_GIVE = "UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id"
_EVENTS = {"INSERT": _TAKE, "UPDATE OF blob_id": f"{_TAKE}; {_GIVE}", "DELETE": _GIVE}


def _create_triggers(connection: Any) -> None:
    is_sqlite = type(connection).__module__.startswith("sqlite3")
    cursor = connection.cursor()
    for event, body in _EVENTS.items():
        kind = event.split()[0].lower()
        if not is_sqlite:
            cursor.execute(
                f"CREATE FUNCTION blob_refs_{kind}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body}; RETURN NULL; END$$"
            )
        for table in _KEYS:
            head = f"CREATE TRIGGER {table}_blobs_{kind} AFTER {event} ON {table} FOR EACH ROW"
            cursor.execute(f"{head} BEGIN {body}; END" if is_sqlite else f"{head} EXECUTE FUNCTION blob_refs_{kind}()")


steps = [
    statement("ALTER TABLE blobs ADD COLUMN until BIGINT NOT NULL DEFAULT 0"),
    *(statement(f"ALTER TABLE {table} ADD COLUMN blob_id BIGINT") for table in _KEYS),
    *(
        statement(f"CREATE INDEX {table}_to_move ON {table} ({key}) WHERE blob_id IS NULL")
        for table, key in _KEYS.items()
        if table != "linked_pages"
    ),
    step(_create_triggers),
]
