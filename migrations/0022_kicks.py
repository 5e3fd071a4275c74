"""Until when a person who was removed from a room can't come back. A room of which somebody is
removed again loses its ended rows; a deleted account loses its own."""

from helpers.migrations import statement

__depends__ = {"0020_purge"}

steps = [
    statement("""
        CREATE TABLE kicks (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            until BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX kicks_by_user ON kicks (user_id)"),
]
