"""Indices for rooms with thousands of members, and for thousands of rooms: each list is read in its order, as far as it is shown."""

from helpers.migrations import statement

__depends__ = {"0002_rooms"}

steps = [
    statement("CREATE INDEX members_by_standing ON members (room_id, present DESC, role DESC, user_id)"),
    statement("CREATE INDEX rooms_by_kind ON rooms (kind, slug)"),
]
