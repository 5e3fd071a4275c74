"""Lists of files: those of a room by kind and by person, and who has the most of them."""

from helpers.migrations import statement

__depends__ = {"0043_files"}

steps = [
    statement("CREATE INDEX files_by_kind ON files (room_id, kind, seq)"),
    statement("CREATE INDEX files_by_person ON files (room_id, owner_id, seq)"),
    statement("CREATE INDEX file_usage_most ON file_usage (bytes)"),
]
