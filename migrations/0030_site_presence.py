"""Who is connected to the site. Until now it was recorded for each room, in `members.present`, which
nothing reads any more: it stays for processes of the former version, and a later one drops it."""

from helpers.migrations import statement

__depends__ = {"0029_read_marks_back"}

steps = [
    statement("""
        CREATE TABLE presence (
            user_id BIGINT NOT NULL PRIMARY KEY,
            online BOOLEAN NOT NULL,
            version BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX presence_changes ON presence (version, user_id)"),
    statement("CREATE INDEX presence_online ON presence (user_id) WHERE online"),
    statement("CREATE TABLE presence_clock (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)"),
    statement("INSERT INTO presence_clock (id, version) VALUES (1, 0)"),
    statement("CREATE INDEX members_by_role ON members (room_id, role DESC, user_id)"),
    statement("DROP INDEX members_by_standing"),
    statement("DROP INDEX members_present"),
    statement("DROP INDEX members_present_anywhere"),
]
