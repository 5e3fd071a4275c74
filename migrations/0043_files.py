"""Files of messages: contents in the store (blobs), the files themselves, uploads that are under way with
the parts that came, and how much each person has. What refers to a blob, and what people and the site
have, is counted by the database itself, whoever adds or deletes it; `owner_id` 0 is the site."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0042_search"}

_TAKE = "UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob_id"
_GIVE = "UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob_id"
_USE = """
    INSERT INTO file_usage (owner_id, bytes, files) VALUES (NEW.owner_id, NEW.size, 1)
    ON CONFLICT (owner_id) DO UPDATE SET bytes = file_usage.bytes + NEW.size, files = file_usage.files + 1"""
_FREE = "UPDATE file_usage SET bytes = bytes - OLD.size, files = files - 1 WHERE owner_id = OLD.owner_id"
_USE_SITE = """
    INSERT INTO file_usage (owner_id, bytes, files) VALUES (0, NEW.size, 1)
    ON CONFLICT (owner_id) DO UPDATE SET bytes = file_usage.bytes + NEW.size, files = file_usage.files + 1"""
_FREE_SITE = "UPDATE file_usage SET bytes = bytes - OLD.size, files = files - 1 WHERE owner_id = 0"

_TRIGGERS = [
    ("files_added", "INSERT", "files", f"{_TAKE}; {_USE}"),
    ("files_deleted", "DELETE", "files", f"{_GIVE}; {_FREE}"),
    ("blobs_added", "INSERT", "blobs", _USE_SITE),
    ("blobs_deleted", "DELETE", "blobs", _FREE_SITE),
]


def _create_triggers(connection: Any) -> None:
    is_sqlite = type(connection).__module__.startswith("sqlite3")
    for name, event, table, body in _TRIGGERS:
        head = f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW"
        if is_sqlite:
            connection.cursor().execute(f"{head} BEGIN {body}; END")
        else:
            connection.cursor().execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body}; RETURN NULL; END$$"
            )
            connection.cursor().execute(f"{head} EXECUTE FUNCTION {name}()")


steps = [
    statement("""
        CREATE TABLE blobs (
            id {identity},
            sha256 TEXT NOT NULL,
            key TEXT NOT NULL,
            size BIGINT NOT NULL,
            variants TEXT NOT NULL,
            state TEXT NOT NULL,
            refs BIGINT NOT NULL,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE UNIQUE INDEX blobs_by_content ON blobs (sha256) WHERE state = 'stored'"),
    statement("CREATE INDEX blobs_unused ON blobs (id) WHERE refs = 0"),
    statement("""
        CREATE TABLE files (
            id TEXT NOT NULL PRIMARY KEY,
            owner_id BIGINT NOT NULL,
            blob_id BIGINT NOT NULL,
            room_id BIGINT,
            seq BIGINT,
            place BIGINT NOT NULL,
            name TEXT NOT NULL,
            type TEXT NOT NULL,
            kind TEXT NOT NULL,
            size BIGINT NOT NULL,
            width BIGINT,
            height BIGINT,
            until BIGINT,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX files_of_messages ON files (room_id, seq)"),
    statement("CREATE INDEX files_of_people ON files (owner_id, at, id)"),
    statement("CREATE INDEX files_of_blobs ON files (blob_id)"),
    statement("CREATE INDEX files_to_end ON files (until) WHERE until IS NOT NULL"),
    statement("""
        CREATE TABLE uploads (
            id TEXT NOT NULL PRIMARY KEY,
            owner_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            size BIGINT NOT NULL,
            came BIGINT NOT NULL,
            parts TEXT NOT NULL,
            state TEXT NOT NULL,
            error TEXT NOT NULL,
            looked_until BIGINT NOT NULL,
            until BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX uploads_of_people ON uploads (owner_id, until)"),
    statement("CREATE INDEX uploads_to_end ON uploads (until)"),
    statement("""
        CREATE TABLE file_usage (
            owner_id BIGINT NOT NULL PRIMARY KEY,
            bytes BIGINT NOT NULL,
            files BIGINT NOT NULL
        )"""),
    step(_create_triggers),
    statement("ALTER TABLE messages ADD COLUMN files TEXT"),
    statement("ALTER TABLE held_posts ADD COLUMN files TEXT"),
    # A post of files alone has no text to erase.
    statement("""
        CREATE INDEX messages_files_to_purge ON messages (deleted_at, room_id, seq)
        WHERE deleted_at IS NOT NULL AND files IS NOT NULL"""),
]
