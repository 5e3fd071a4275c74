"""What frames and actions cost, in tokens."""

from helpers.limits import Rule

BYTES_PER_TOKEN = 4096
"""A frame of 64 KB costs 17 tokens, one of a hundred characters one."""

COMMAND_TOKENS = 3
"""Beside those of its frame: a command asks the database for several things."""

MENTIONS_FREE = 5
"""In one frame. Each further `@` is counted, as it may be a mention."""

MENTIONS_PER_SECOND = 0.5
MENTIONS_AT_ONCE = 200.0
"""Per person: two messages to a hundred people at once."""

ROOMS = Rule("rooms", 1 / 120, 30.0)
"""New rooms per person: a list of all rooms has them all."""

RENAMES = Rule("renames", 1 / 60, 20.0)
"""New titles and addresses of rooms, per person: the lists of all members are read anew."""

INVITATIONS = Rule("invitations", 1 / 20, 60.0)
"""Per person: everybody whom they invite to a room, and the people of their new conversations."""

GROUP_MENTIONS = Rule("group_mentions", 1 / 60, 5.0)
"""Per person: messages that mention all members of a room, or those who are online."""

REPORTS = Rule("reports", 1 / 60, 10.0)
"""Per person: messages that they report."""


def frame_cost(frame: str) -> float:
    """The tokens of a text frame, known before it is read."""
    return 1 + len(frame) // BYTES_PER_TOKEN


def mention_cost(frame: str) -> float:
    """The tokens of the mentions that a frame may hold."""
    found = frame.count("@")
    return found if found > MENTIONS_FREE else 0
