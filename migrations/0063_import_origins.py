"""Which account and which room somebody or something of another chat became: so an archive that is imported
again, or a later one of the same chat, makes nothing twice. `origin` is a digest; it says nothing of who it
was."""

from helpers.migrations import statement

__depends__ = {"0060_kept_pictures"}

steps = [
    statement("""
        CREATE TABLE import_origins (
            origin TEXT NOT NULL PRIMARY KEY,
            user_id BIGINT,
            room_id BIGINT
        )"""),
    statement("CREATE INDEX import_origins_of_rooms ON import_origins (room_id) WHERE room_id IS NOT NULL"),
]
