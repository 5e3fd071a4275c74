"""What was read and is still shown on devices."""

from helpers.migrations import statement

__depends__ = {"0056_notices", "0058_push"}

steps = [
    statement("""
        CREATE TABLE push_closings (
            user_id BIGINT NOT NULL,
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            PRIMARY KEY (user_id, room_id)
        )"""),
    statement("CREATE INDEX push_closings_due ON push_closings (due_at)"),
]
