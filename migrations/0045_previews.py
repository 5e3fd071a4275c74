"""Previews of the pages to which posts link.

`messages.previews` has a post's cards as JSON. `preview_jobs` are posts whose links are to be looked at: the
database itself notes them, where a post with a link is stored or edited. `linked_pages` keeps for a day
what was fetched, by the SHA-256 of its address. `preview_pictures` belong to a post, and go with it."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0042_search"}

_HAS_LINK = """NEW.number IS NOT NULL AND NEW.html LIKE '%<a href="%'"""
_POSTED = f"AFTER INSERT ON messages FOR EACH ROW WHEN ({_HAS_LINK})"
_EDITED = f"AFTER UPDATE OF text ON messages FOR EACH ROW WHEN (NEW.text <> OLD.text AND NEW.text <> '' AND {_HAS_LINK})"
_NOTE = (
    "INSERT INTO preview_jobs (author_id, room_id, seq, at) "
    "VALUES (NEW.author_id, NEW.room_id, NEW.seq, COALESCE(NEW.edited_at, NEW.at))"
)
_ERASED = "AFTER UPDATE OF text ON messages FOR EACH ROW WHEN (NEW.text = '' AND OLD.previews IS NOT NULL)"
_REMOVED = "AFTER DELETE ON messages FOR EACH ROW WHEN (OLD.previews IS NOT NULL)"
_FORGET = "DELETE FROM preview_pictures WHERE room_id = OLD.room_id AND seq = OLD.seq"
_EMPTY = "UPDATE messages SET previews = NULL WHERE room_id = OLD.room_id AND seq = OLD.seq"

_TRIGGERS = {
    "sqlite3": [
        f"CREATE TRIGGER previews_posted {_POSTED} BEGIN {_NOTE}; END",
        f"CREATE TRIGGER previews_edited {_EDITED} BEGIN {_NOTE}; END",
        f"CREATE TRIGGER previews_erased {_ERASED} BEGIN {_FORGET}; {_EMPTY}; END",
        f"CREATE TRIGGER previews_removed {_REMOVED} BEGIN {_FORGET}; END",
    ],
    "psycopg": [
        f"CREATE FUNCTION previews_note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {_NOTE}; RETURN NULL; END$$",
        f"CREATE FUNCTION previews_erase() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {_FORGET}; {_EMPTY}; "
        "RETURN NULL; END$$",
        f"CREATE FUNCTION previews_forget() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {_FORGET}; RETURN NULL; END$$",
        f"CREATE TRIGGER previews_posted {_POSTED} EXECUTE FUNCTION previews_note()",
        f"CREATE TRIGGER previews_edited {_EDITED} EXECUTE FUNCTION previews_note()",
        f"CREATE TRIGGER previews_erased {_ERASED} EXECUTE FUNCTION previews_erase()",
        f"CREATE TRIGGER previews_removed {_REMOVED} EXECUTE FUNCTION previews_forget()",
    ],
}


def _create_triggers(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    for sql in _TRIGGERS[module]:
        # psycopg takes a text without parameters as it is.
        connection.cursor().execute(sql)


steps = [
    statement("ALTER TABLE messages ADD COLUMN previews TEXT"),
    statement("ALTER TABLE rooms ADD COLUMN hides_previews BOOLEAN NOT NULL DEFAULT FALSE"),
    statement("""
        CREATE TABLE preview_jobs (
            id {identity},
            author_id BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX preview_jobs_turns ON preview_jobs (author_id, id)"),
    statement("CREATE INDEX preview_jobs_of_room ON preview_jobs (room_id, id)"),
    statement("CREATE INDEX preview_jobs_by_age ON preview_jobs (at)"),
    statement("""
        CREATE TABLE linked_pages (
            address TEXT NOT NULL PRIMARY KEY,
            until BIGINT NOT NULL,
            card TEXT,
            width BIGINT,
            height BIGINT,
            picture {bytes}
        )"""),
    statement("CREATE INDEX linked_pages_by_age ON linked_pages (until)"),
    statement("""
        CREATE TABLE preview_pictures (
            id TEXT NOT NULL PRIMARY KEY,
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            picture {bytes} NOT NULL
        )"""),
    statement("CREATE INDEX preview_pictures_of_line ON preview_pictures (room_id, seq)"),
    step(_create_triggers),
]
