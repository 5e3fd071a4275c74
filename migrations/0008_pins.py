"""An index for the pinned posts of a room, which are few among very many.

It is over an expression, so that no other index serves for what is asked in its words: SQLite, once it has been told of the sizes
of tables, would rather read all posts of a room by their numbers."""

from helpers.migrations import statement

__depends__ = {"0005_changing_messages"}

steps = [
    statement("CREATE INDEX messages_pins ON messages ((room_id + 0), number) WHERE pinned AND deleted_at IS NULL"),
]
