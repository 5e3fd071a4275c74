"""The log of the site and of all rooms is read by time; what is set on the site's own pages."""

from helpers.migrations import statement

__depends__ = {"0036_site_roles"}

steps = [
    statement("CREATE INDEX acts_by_time ON acts (at, room_id, number)"),
    statement("CREATE INDEX site_acts_by_time ON site_acts (at, number)"),
    statement("""
        CREATE TABLE site_settings (
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        )"""),
]
