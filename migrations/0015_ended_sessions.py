"""Sessions that the command line ended: whoever serves reads what is new there, and closes what is open for them."""

from helpers.migrations import statement

__depends__ = {"0012_feed"}

steps = [
    statement("CREATE TABLE ended_sessions (id {identity}, session_id TEXT NOT NULL, at BIGINT NOT NULL)"),
]
