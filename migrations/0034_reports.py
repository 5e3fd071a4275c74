"""Reports of messages: a report is of one post, with the lines around it as they were when it was first
reported, and each of its reporters has a row. Whom somebody ignores.

Of a post there is one open report at most. A reporter's `outcome` waits until they have seen it."""

from helpers.migrations import statement

__depends__ = {"0031_acts"}

steps = [
    statement("""
        CREATE TABLE reports (
            id {identity},
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            answered_at BIGINT,
            answered_by BIGINT,
            answer TEXT,
            act BIGINT
        )"""),
    statement("CREATE UNIQUE INDEX reports_open ON reports (room_id, number) WHERE answered_at IS NULL"),
    statement("CREATE INDEX reports_by_room ON reports (room_id, id)"),
    statement("CREATE INDEX reports_by_author ON reports (author_id)"),
    statement("CREATE INDEX reports_to_erase ON reports (answered_at) WHERE answered_at IS NOT NULL"),
    statement("""
        CREATE TABLE report_lines (
            report_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            author_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (report_id, number)
        )"""),
    statement("CREATE INDEX report_lines_by_author ON report_lines (author_id)"),
    statement("""
        CREATE TABLE report_reasons (
            report_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            reason TEXT NOT NULL,
            at BIGINT NOT NULL,
            outcome TEXT,
            PRIMARY KEY (report_id, user_id)
        )"""),
    statement("CREATE INDEX report_reasons_by_user ON report_reasons (user_id, room_id, number)"),
    statement("CREATE INDEX report_reasons_to_tell ON report_reasons (user_id) WHERE outcome IS NOT NULL"),
    # Who keeps order in a room: few among its members.
    statement("CREATE INDEX members_in_charge ON members (room_id) WHERE role >= 2"),
    statement("""
        CREATE TABLE ignored (
            user_id BIGINT NOT NULL,
            ignored_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (user_id, ignored_id)
        )"""),
    statement("CREATE INDEX ignored_by ON ignored (ignored_id)"),
]
