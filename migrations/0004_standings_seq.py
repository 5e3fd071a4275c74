"""When a room's standings changed last: what a process remembers of them is true as long as this hasn't grown."""

from helpers.migrations import statement

__depends__ = {"0003_long_lists"}

steps = [
    statement("ALTER TABLE rooms ADD COLUMN standings_seq BIGINT NOT NULL DEFAULT 0"),
    # Whoever was removed before this must not be remembered as a member.
    statement("UPDATE rooms SET standings_seq = last_seq"),
]
