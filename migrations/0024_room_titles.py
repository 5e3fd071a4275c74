"""The titles of rooms, and all names under which each room can be found.

`title_key` is the title as it is searched, the same for titles that look alike; an open room shares
it with no other open one. Of earlier rooms whose names look alike the first has the key."""

from helpers.migrations import statement

__depends__ = {"0023_invitations"}

KEY = "REPLACE(REPLACE(REPLACE(REPLACE(LOWER(name), '_', '-'), 'i', 'l'), '1', 'l'), '0', 'o')"

steps = [
    statement("ALTER TABLE rooms ADD COLUMN title TEXT"),
    statement("ALTER TABLE rooms ADD COLUMN title_key TEXT"),
    statement(f"UPDATE rooms SET title = name, title_key = {KEY} WHERE kind IN ('open', 'closed')"),  # noqa: S608
    statement("CREATE INDEX rooms_by_title ON rooms (title_key, id)"),
    statement("""
        UPDATE rooms SET title_key = title_key || '#' || id
        WHERE kind = 'open' AND EXISTS (
            SELECT 1 FROM rooms AS other
            WHERE other.title_key = rooms.title_key AND other.kind = 'open' AND other.id < rooms.id)"""),
    statement("DROP INDEX rooms_by_title"),
    statement("CREATE UNIQUE INDEX rooms_open_titles ON rooms (title_key) WHERE kind = 'open'"),
    statement("""
        CREATE TABLE room_names (
            slug TEXT PRIMARY KEY,
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX room_names_by_room ON room_names (room_id, at)"),
    statement("""
        INSERT INTO room_names (slug, room_id, name, at)
        SELECT slug, id, name, created_at FROM rooms WHERE kind IN ('open', 'closed')"""),
]
