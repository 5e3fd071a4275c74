"""The site's picture, in each size that is shown. Its colour is a setting like others."""

from helpers.migrations import statement

__depends__ = {"0037_site_log", "0052_kept_records"}

steps = [
    statement("""
        CREATE TABLE site_logo (
            size SMALLINT NOT NULL PRIMARY KEY,
            version BIGINT NOT NULL,
            data {bytes} NOT NULL
        )"""),
]
