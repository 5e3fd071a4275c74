"""The site's picture, in each size that is shown. Its colour is a setting like others. And indices for what is
looked for on the site's pages: acts of one kind, and archived rooms."""

from helpers.migrations import statement

__depends__ = {"0037_site_log", "0052_kept_records"}

steps = [
    statement("""
        CREATE TABLE site_logo (
            size SMALLINT NOT NULL PRIMARY KEY,
            version BIGINT NOT NULL,
            data {bytes} NOT NULL
        )"""),
    statement("CREATE INDEX acts_by_kind ON acts (act, at, room_id, number)"),
    statement("CREATE INDEX site_acts_by_kind ON site_acts (act, at, number)"),
    statement("CREATE INDEX rooms_archived ON rooms (id) WHERE archived_at IS NOT NULL"),
]
