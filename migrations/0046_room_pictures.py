"""Pictures of rooms, in each size that is shown. `rooms.picture` is the version of the one that is shown, 0 where there is none; former
versions are kept for an undo."""

from helpers.migrations import statement

__depends__ = {"0042_search"}

steps = [
    statement("ALTER TABLE rooms ADD COLUMN picture BIGINT NOT NULL DEFAULT 0"),
    statement("""
        CREATE TABLE room_pictures (
            room_id BIGINT NOT NULL REFERENCES rooms (id),
            version BIGINT NOT NULL,
            size SMALLINT NOT NULL,
            data {bytes} NOT NULL,
            PRIMARY KEY (room_id, version, size)
        )"""),
]
