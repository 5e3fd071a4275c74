"""What people tell of themselves. Whoever tells nothing has empty texts."""

from helpers.migrations import statement

__depends__ = {"0008_statuses"}

steps = [
    statement(f"ALTER TABLE users ADD COLUMN {column} TEXT NOT NULL DEFAULT ''") for column in ("display_name", "bio", "place", "time_zone")
]
