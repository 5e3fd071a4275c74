"""The index of posts for the search. chat/search/indexer.py fills it in the background, also with
what was written before.

`search_lines.id` grows with the time of the post: the newest posts have the highest ids. The database
itself takes out of it whose text is erased, whoever erases it."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0033_feed_undo"}

_TOKENS = "CASE WHEN {row}.tokens = '' THEN '' ELSE '  ' || replace({row}.tokens, ' ', '  ') || ' ' END"
_NEW, _OLD = _TOKENS.format(row="NEW"), _TOKENS.format(row="OLD")
_FORGET = "DELETE FROM search_lines WHERE room_id = OLD.room_id AND seq = OLD.seq"
_ERASED = "AFTER UPDATE OF text ON messages FOR EACH ROW WHEN (NEW.text = '' AND OLD.text <> '')"
_REMOVED = "AFTER DELETE ON messages FOR EACH ROW"
_FORGET_ROOM = "DELETE FROM search_progress WHERE room_id = OLD.id"
_ROOM_REMOVED = "AFTER DELETE ON rooms FOR EACH ROW"

_OWN = {
    "sqlite3": [
        """
        CREATE VIRTUAL TABLE search_text USING fts5 (
            text, tokens, content='', tokenize='trigram case_sensitive 1'
        )""",
        f"""
        CREATE TRIGGER search_lines_added AFTER INSERT ON search_lines BEGIN
            INSERT INTO search_text (rowid, text, tokens) VALUES (NEW.id, NEW.text, {_NEW});
        END""",  # noqa: S608 - our own words
        f"""
        CREATE TRIGGER search_lines_removed AFTER DELETE ON search_lines BEGIN
            INSERT INTO search_text (search_text, rowid, text, tokens) VALUES ('delete', OLD.id, OLD.text, {_OLD});
        END""",  # noqa: S608 - our own words
        f"CREATE TRIGGER messages_erased {_ERASED} BEGIN {_FORGET}; END",
        f"CREATE TRIGGER messages_removed {_REMOVED} BEGIN {_FORGET}; END",
        f"CREATE TRIGGER rooms_removed {_ROOM_REMOVED} BEGIN {_FORGET_ROOM}; END",
    ],
    "psycopg": [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "ALTER TABLE search_lines ADD COLUMN words TSVECTOR "
        "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(tokens, ' '))) STORED",
        "CREATE INDEX search_lines_text ON search_lines USING gin (text gin_trgm_ops)",
        "CREATE INDEX search_lines_words ON search_lines USING gin (words)",
        f"CREATE FUNCTION search_forget() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {_FORGET}; RETURN NULL; END$$",
        f"CREATE TRIGGER messages_erased {_ERASED} EXECUTE FUNCTION search_forget()",
        f"CREATE TRIGGER messages_removed {_REMOVED} EXECUTE FUNCTION search_forget()",
        "CREATE FUNCTION search_forget_room() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$BEGIN {_FORGET_ROOM}; RETURN NULL; END$$",
        f"CREATE TRIGGER rooms_removed {_ROOM_REMOVED} EXECUTE FUNCTION search_forget_room()",
    ],
}


def _create_indexes(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    for sql in _OWN[module]:
        connection.cursor().execute(sql)


steps = [
    # SQLite's own number of a row is this id.
    statement("""
        CREATE TABLE search_lines (
            id {number} NOT NULL PRIMARY KEY,
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            has_link BOOLEAN NOT NULL,
            text TEXT NOT NULL,
            tokens TEXT NOT NULL
        )"""),
    statement("CREATE UNIQUE INDEX search_lines_of_room ON search_lines (room_id, seq)"),
    statement("CREATE INDEX search_lines_newest_of_room ON search_lines (room_id, id)"),
    statement("CREATE INDEX search_lines_newest_of_author ON search_lines (author_id, id)"),
    statement("CREATE TABLE search_progress (room_id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)"),
    step(_create_indexes),
]
