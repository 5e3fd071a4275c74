"""For how many days a room keeps its messages, from which line on it has them, and what is looked
through again for lines that aren't kept; and who or which room is held: nothing of theirs is erased."""

from helpers.migrations import statement

__depends__ = {"0038_deleted_rooms"}

steps = [
    statement("ALTER TABLE rooms ADD COLUMN retention_days BIGINT"),
    statement("ALTER TABLE rooms ADD COLUMN retention_since BIGINT NOT NULL DEFAULT 0"),
    statement("ALTER TABLE rooms ADD COLUMN keeps_pinned BOOLEAN NOT NULL DEFAULT FALSE"),
    statement("ALTER TABLE rooms ADD COLUMN kept_seq BIGINT NOT NULL DEFAULT 0"),
    statement("ALTER TABLE rooms ADD COLUMN kept_number BIGINT NOT NULL DEFAULT 0"),
    statement("CREATE INDEX rooms_retention ON rooms (id) WHERE retention_days IS NOT NULL"),
    statement("CREATE TABLE sweeps (room_id BIGINT NOT NULL PRIMARY KEY, done_seq BIGINT NOT NULL)"),
    statement("""
        CREATE TABLE holds (
            kind TEXT NOT NULL,
            subject_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            reason TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (kind, subject_id)
        )"""),
]
