"""What is kept of whoever, or of the room that, is held, where something else than a message is erased or
overwritten: the database itself puts it aside, whatever erases it. A row for each hold that asks for it."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0039_retention", "0044_file_lists", "0046_room_pictures", "0051_mail"}

_PERSON = "(kind = 'person' AND subject_id = OLD.{0})"
_ROOM = "(kind = 'room' AND subject_id = OLD.room_id)"
_ON_POST = "(kind = 'person' AND subject_id = (SELECT author_id FROM feed_posts WHERE id = OLD.post_id))"
_NOW = {
    "sqlite3": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "psycopg": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
}
_JSON = {"sqlite3": "json_object({0})", "psycopg": "json_build_object({0})::text"}
_HAS_CHANGED = {"sqlite3": "OLD.{0} IS NOT NEW.{0}", "psycopg": "OLD.{0} IS DISTINCT FROM NEW.{0}"}


class _Keeps:
    """A trigger: what of the row is kept under which name, and by which holds. `changed` are the columns whose
    change overwrites something; without them it is the end of the row. `also` narrows the rows, `data` is
    binary."""

    def __init__(
        self, table: str, what: str, held_by: list[str], columns: list[str], changed: tuple[str, ...] = (), *,
        also: str = "", data: str = "NULL",
    ) -> None:
        self.name = f"keeps_{table}_{'changed' if changed else 'ended'}"
        self.table, self.what, self.held_by, self.changed = table, what, held_by, changed
        self.columns, self.also, self.data = columns, also, data

    def statements(self, module: str) -> list[str]:
        fields = ", ".join(f"'{column}', OLD.{column}" for column in self.columns)
        what = f"'{self.what}', {_JSON[module].format(fields)}, {self.data}, {_NOW[module]}"
        found = f"SELECT holds.kind, holds.subject_id, {what} FROM holds WHERE ({' OR '.join(self.held_by)})"  # noqa: S608 - words of our own
        keep = f"INSERT INTO kept_records (hold_kind, subject_id, what, record, data, at) {found}"
        if self.changed:
            conditions = [" OR ".join(_HAS_CHANGED[module].format(column) for column in self.changed)]
            when = f"BEFORE UPDATE OF {', '.join(self.changed)} ON {self.table} FOR EACH ROW"
            row = "NEW"
        else:
            conditions = []
            when, row = f"BEFORE DELETE ON {self.table} FOR EACH ROW", "OLD"
        conditions += [self.also] * bool(self.also)
        if conditions:
            when += f" WHEN ({' AND '.join(f'({one})' for one in conditions)})"
        if module == "sqlite3":
            return [f"CREATE TRIGGER {self.name} {when} BEGIN {keep}; END"]
        return [
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {keep}; RETURN {row}; END$$",
            f"CREATE TRIGGER {self.name} {when} EXECUTE FUNCTION {self.name}()",
        ]


_PROFILE = ["name", "display_name", "email", "bio", "place", "time_zone"]
_POST = ["id", "author_id", "text", "at", "edited_at"]
_COMMENT = ["id", "post_id", "author_id", "text", "at", "edited_at"]
_HELD = ["id", "room_id", "author_id", "text", "reply_to", "files", "why", "at", "answer"]
_REASON = ["report_id", "room_id", "number", "user_id", "reason", "at"]
_OF_POST, _OF_COMMENT = [_PERSON.format("author_id")], [_PERSON.format("author_id"), _ON_POST]
_IN_ROOM = [_PERSON.format("author_id"), _ROOM]
_REPORTER = [_PERSON.format("user_id"), _ROOM]
_HAS_TEXT = "OLD.text <> ''"
_LARGEST = "(SELECT data FROM feed_picture_files WHERE picture_id = OLD.id ORDER BY size DESC LIMIT 1)"

_TRIGGERS = [
    _Keeps("reactions", "reaction", [_PERSON.format("user_id"), _ROOM], ["room_id", "seq", "user_id", "emoji", "added_seq"]),
    _Keeps("users", "profile", [_PERSON.format("id")], _PROFILE, tuple(_PROFILE)),
    # The smaller sizes are drawn from it.
    _Keeps("pictures", "picture", [_PERSON.format("user_id")], ["user_id", "version", "size"], also="OLD.size = 256", data="OLD.data"),
    _Keeps("room_pictures", "room_picture", [_ROOM], ["room_id", "version", "size"], also="OLD.size = 256", data="OLD.data"),
    _Keeps("feed_posts", "post", _OF_POST, _POST, ("text",), also=_HAS_TEXT),
    _Keeps("feed_pictures", "post_picture", [_ON_POST], ["id", "post_id", "place", "alt"], data=_LARGEST),
    _Keeps("feed_comments", "comment", _OF_COMMENT, _COMMENT),
    _Keeps("feed_comments", "comment", _OF_COMMENT, _COMMENT, ("text",)),
    _Keeps("feed_likes", "like", [_PERSON.format("user_id"), _ON_POST], ["post_id", "user_id", "at"]),
    _Keeps("held_posts", "held_post", _IN_ROOM, _HELD, also=_HAS_TEXT),
    _Keeps("held_posts", "held_post", _IN_ROOM, _HELD, ("text",), also=_HAS_TEXT),
    _Keeps("report_reasons", "report", _REPORTER, _REASON),
    _Keeps("report_reasons", "report", _REPORTER, _REASON, ("reason",)),
]


def _create_triggers(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    for trigger in _TRIGGERS:
        for sql in trigger.statements(module):
            # psycopg takes a text without parameters as it is.
            connection.cursor().execute(sql)


steps = [
    statement("""
        CREATE TABLE kept_records (
            id {identity},
            hold_kind TEXT NOT NULL,
            subject_id BIGINT NOT NULL,
            what TEXT NOT NULL,
            record TEXT NOT NULL,
            data {bytes},
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX kept_records_of ON kept_records (hold_kind, subject_id, id)"),
    step(_create_triggers),
]
