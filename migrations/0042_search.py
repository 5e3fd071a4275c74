"""The index of posts for the search. chat/search/indexer.py fills it in the background, also with
what was written before.

`search_lines.id` grows with the time of the post: the newest posts have the highest ids."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0033_feed_undo"}

_INDEXES = {
    "sqlite3": [
        """
        CREATE VIRTUAL TABLE search_text USING fts5 (
            text, tokens, content='', tokenize='trigram case_sensitive 1'
        )""",
    ],
    "psycopg": [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "ALTER TABLE search_lines ADD COLUMN words TSVECTOR "
        "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(tokens, ' '))) STORED",
        "CREATE INDEX search_lines_text ON search_lines USING gin (text gin_trgm_ops)",
        "CREATE INDEX search_lines_words ON search_lines USING gin (words)",
    ],
}


def _create_indexes(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    for sql in _INDEXES[module]:
        connection.cursor().execute(sql)


steps = [
    statement("""
        CREATE TABLE search_lines (
            id BIGINT NOT NULL PRIMARY KEY,
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
