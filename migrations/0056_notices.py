"""Notices: what people are told of what concerns them, how each wants it, and how far each room's history is
decided.

A room's level, for each member, is in the row of the membership: it ends with it. `notice_progress` begins
at the end of the rooms that there are: nobody is called for what is past."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0051_mail"}

_REMOVED = "AFTER DELETE ON notices FOR EACH ROW"
_FORGET = "DELETE FROM notice_deliveries WHERE notice_id = OLD.id"
_ROOM_REMOVED = "AFTER DELETE ON rooms FOR EACH ROW"
_FORGET_ROOM = "DELETE FROM notice_progress WHERE room_id = OLD.id"

_TRIGGERS = {
    "sqlite3": [
        f"CREATE TRIGGER notices_removed {_REMOVED} BEGIN {_FORGET}; END",
        f"CREATE TRIGGER notices_room_removed {_ROOM_REMOVED} BEGIN {_FORGET_ROOM}; END",
    ],
    "psycopg": [
        f"CREATE FUNCTION notices_forget() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {_FORGET}; RETURN NULL; END$$",
        f"CREATE TRIGGER notices_removed {_REMOVED} EXECUTE FUNCTION notices_forget()",
        "CREATE FUNCTION notices_forget_room() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$BEGIN {_FORGET_ROOM}; RETURN NULL; END$$",
        f"CREATE TRIGGER notices_room_removed {_ROOM_REMOVED} EXECUTE FUNCTION notices_forget_room()",
    ],
}


def _create_triggers(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    for sql in _TRIGGERS[module]:
        connection.cursor().execute(sql)


steps = [
    statement("""
        CREATE TABLE notices (
            id {identity},
            user_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            room_id BIGINT,
            seq BIGINT,
            number BIGINT,
            post_id BIGINT,
            comment_id BIGINT,
            by_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            rule TEXT NOT NULL,
            word TEXT NOT NULL DEFAULT '',
            ways TEXT NOT NULL DEFAULT '{}',
            listed BOOLEAN NOT NULL DEFAULT TRUE,
            read_at BIGINT
        )"""),
    # Once for each person and subject. The subject is first, so that all of one are found.
    statement("CREATE UNIQUE INDEX notices_once ON notices (subject, user_id)"),
    statement("CREATE INDEX notices_of_person ON notices (user_id, id)"),
    statement("CREATE INDEX notices_unread ON notices (user_id, room_id, number) WHERE read_at IS NULL"),
    statement("CREATE INDEX notices_of_room ON notices (room_id, seq) WHERE room_id IS NOT NULL"),
    statement("CREATE INDEX notices_by ON notices (by_id, id)"),
    statement("CREATE INDEX notices_by_age ON notices (at)"),
    statement("""
        CREATE TABLE notice_deliveries (
            id {identity},
            notice_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            way TEXT NOT NULL,
            due_at BIGINT NOT NULL,
            state TEXT NOT NULL DEFAULT 'waiting',
            detail TEXT,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX notice_deliveries_due ON notice_deliveries (way, due_at, id) WHERE state = 'waiting'"),
    statement("CREATE INDEX notice_deliveries_of_notice ON notice_deliveries (notice_id)"),
    statement("CREATE INDEX notice_deliveries_of_person ON notice_deliveries (user_id, id)"),
    statement("""
        CREATE TABLE notice_settings (
            user_id BIGINT NOT NULL PRIMARY KEY,
            ways TEXT NOT NULL DEFAULT '',
            quiet_from INTEGER,
            quiet_until INTEGER,
            zone TEXT NOT NULL DEFAULT '',
            mail_minutes INTEGER NOT NULL DEFAULT 15,
            focus_until BIGINT,
            changed_at BIGINT NOT NULL
        )"""),
    statement("""
        CREATE TABLE notice_keywords (
            user_id BIGINT NOT NULL,
            word TEXT NOT NULL,
            folded TEXT NOT NULL,
            begins TEXT NOT NULL,
            PRIMARY KEY (user_id, folded)
        )"""),
    statement("CREATE INDEX notice_keywords_begin ON notice_keywords (begins, user_id)"),
    statement("""
        CREATE TABLE notice_progress (
            room_id BIGINT NOT NULL PRIMARY KEY,
            seq BIGINT NOT NULL,
            after_id BIGINT NOT NULL DEFAULT 0
        )"""),
    statement("INSERT INTO notice_progress (room_id, seq) SELECT id, last_seq FROM rooms"),
    statement("ALTER TABLE members ADD COLUMN notify TEXT NOT NULL DEFAULT ''"),
    statement("ALTER TABLE members ADD COLUMN notify_until BIGINT"),
    statement("ALTER TABLE members ADD COLUMN notify_at BIGINT"),
    statement("CREATE INDEX members_hearing_all ON members (room_id, user_id) WHERE notify = 'all'"),
    # The sum keeps PostgreSQL from choosing it for a room's other posts.
    statement(
        "CREATE INDEX messages_answers ON messages ((room_id + 0), reply_to, number) WHERE reply_to IS NOT NULL"
    ),
    step(_create_triggers),
]
