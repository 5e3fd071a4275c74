"""Lists of files: those of a room by kind and by person, and who has the most of them. A post is found by the names
of its files, which the index of the search loses as soon as they are erased."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0043_files"}

_ERASED = (
    "CREATE TRIGGER messages_files_erased AFTER UPDATE OF files ON messages "
    "FOR EACH ROW WHEN (NEW.files IS NULL AND OLD.files IS NOT NULL)"
)


def _create_trigger(connection: Any) -> None:
    is_sqlite = type(connection).__module__.startswith("sqlite3")
    forget = "DELETE FROM search_lines WHERE room_id = OLD.room_id AND seq = OLD.seq"
    connection.cursor().execute(
        f"{_ERASED} BEGIN {forget}; END" if is_sqlite else f"{_ERASED} EXECUTE FUNCTION search_forget()"
    )


steps = [
    statement("CREATE INDEX files_by_kind ON files (room_id, kind, seq)"),
    statement("CREATE INDEX files_by_person ON files (room_id, owner_id, seq)"),
    step(_create_trigger),
    statement("CREATE INDEX file_usage_most ON file_usage (bytes)"),
]
