"""An index for the deleted posts of a room, which are few: they don't count as unread.

It is over an expression, so that no other index serves for what is asked in its words: see 0008_pins."""

from helpers.migrations import statement

__depends__ = {"0008_pins"}

steps = [
    statement("CREATE INDEX messages_deleted ON messages ((room_id + 0), number) WHERE deleted_at IS NOT NULL"),
]
