"""Rooms that were deleted and can be restored for a time: what kind they were, and who was in them.
A deleted room has the kind `deleted` and no members, so that no door leads into it."""

from helpers.migrations import statement

__depends__ = {"0031_acts"}

steps = [
    statement("""
        CREATE TABLE deleted_rooms (
            room_id BIGINT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            deleted_by BIGINT NOT NULL,
            deleted_at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            act BIGINT NOT NULL,
            erasing BOOLEAN NOT NULL
        )"""),
    statement("CREATE INDEX deleted_rooms_by_person ON deleted_rooms (deleted_by, deleted_at)"),
    statement("CREATE INDEX deleted_rooms_due ON deleted_rooms (due_at)"),
    statement("""
        CREATE TABLE former_members (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            role SMALLINT NOT NULL,
            read_number BIGINT NOT NULL,
            times_back BIGINT NOT NULL,
            joined_at BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX former_members_by_user ON former_members (user_id)"),
    # The title of an open room is reserved while the room can be restored.
    statement("CREATE INDEX rooms_deleted_titles ON rooms (title_key) WHERE kind = 'deleted'"),
    # Which rooms have an owner.
    statement("CREATE INDEX members_owners ON members (room_id) WHERE role = 3"),
]
