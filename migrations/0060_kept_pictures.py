"""Pictures that are kept for a hold (migration 0052) are in the store of files since migration 0054: `kept_records` refers to their contents,
and the database counts it."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0053_site_logo", "0054_pictures_in_the_store"}

_LARGEST = "(SELECT {0} FROM feed_picture_files WHERE picture_id = OLD.id ORDER BY size DESC LIMIT 1)"
_OF_PERSON = "(kind = 'person' AND subject_id = OLD.user_id)"
_OF_ROOM = "(kind = 'room' AND subject_id = OLD.room_id)"
_OF_POST = "(kind = 'person' AND subject_id = (SELECT author_id FROM feed_posts WHERE id = OLD.post_id))"
_NOW = {
    "sqlite3": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "psycopg": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
}
_JSON = {"sqlite3": "json_object({0})", "psycopg": "json_build_object({0})::text"}

_KEPT = [
    ("pictures", "picture", _OF_PERSON, ("user_id", "version", "size"), "OLD.data", "OLD.blob_id", "OLD.size = 256"),
    ("room_pictures", "room_picture", _OF_ROOM, ("room_id", "version", "size"), "OLD.data", "OLD.blob_id", "OLD.size = 256"),
    ("feed_pictures", "post_picture", _OF_POST, ("id", "post_id", "place", "alt"), _LARGEST.format("data"), _LARGEST.format("blob_id"), ""),
]
"""The table, what is kept, for whom, its columns, the bytes, the content in the store, and of which rows."""


def _create_triggers(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    is_sqlite = module == "sqlite3"
    cursor = connection.cursor()
    for table, what, held_by, columns, data, blob, only in _KEPT:
        name = f"keeps_{table}_ended"
        fields = _JSON[module].format(", ".join(f"'{column}', OLD.{column}" for column in columns))
        kept = f"'{what}', {fields}, {data}, {blob}, {_NOW[module]}"
        found = f"SELECT holds.kind, holds.subject_id, {kept} FROM holds WHERE {held_by}"  # noqa: S608 - words of our own
        keep = f"INSERT INTO kept_records (hold_kind, subject_id, what, record, data, blob_id, at) {found}"
        if is_sqlite:
            when = f"BEFORE DELETE ON {table} FOR EACH ROW" + (f" WHEN ({only})" if only else "")
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(f"CREATE TRIGGER {name} {when} BEGIN {keep}; END")
        else:
            # The trigger is as it was.
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {keep}; RETURN OLD; END$$"
            )
    counted = {
        "insert": "UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id",
        "delete": "UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id",
    }
    for event, body in counted.items():
        head = f"CREATE TRIGGER kept_records_blobs_{event} AFTER {event.upper()} ON kept_records FOR EACH ROW"
        # The functions are those of migration 0054.
        cursor.execute(f"{head} BEGIN {body}; END" if is_sqlite else f"{head} EXECUTE FUNCTION blob_refs_{event}()")


steps = [
    statement("ALTER TABLE kept_records ADD COLUMN blob_id BIGINT"),
    step(_create_triggers),
]
