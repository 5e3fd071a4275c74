"""What is still to be erased of messages that were deleted, or cleared away; and claims of processes to such tasks.

A history that was cleared before is erased a day after this migration at the latest."""

from helpers.migrations import statement

__depends__ = {"0017_deleted_posts"}

steps = [
    statement("CREATE TABLE leases (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL)"),
    statement("""
        CREATE TABLE clearings (
            room_id BIGINT NOT NULL,
            before_seq BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            done_seq BIGINT NOT NULL,
            PRIMARY KEY (room_id, before_seq)
        )"""),
    statement("""
        INSERT INTO clearings (room_id, before_seq, due_at, done_seq)
        SELECT room.id, room.cleared_seq, line.at + 86400000, 0 FROM rooms AS room
        JOIN messages AS line ON line.room_id = room.id AND line.seq = room.cleared_seq"""),
    statement("""
        CREATE INDEX messages_to_purge ON messages (deleted_at, room_id, seq)
        WHERE deleted_at IS NOT NULL AND text <> ''"""),
]
