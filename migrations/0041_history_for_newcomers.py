"""Whether who comes to a room reads what was there before, and from where each member reads: lines before `first_seq` are hidden from
them, and `hidden_number` is the last hidden post. Whoever was a member before reads all."""

from helpers.migrations import statement

__depends__ = {"0038_deleted_rooms", "0040_room_rights"}

steps = [
    statement("ALTER TABLE rooms ADD COLUMN hides_past BOOLEAN NOT NULL DEFAULT FALSE"),
    statement("ALTER TABLE members ADD COLUMN first_seq BIGINT NOT NULL DEFAULT 0"),
    statement("ALTER TABLE members ADD COLUMN hidden_number BIGINT NOT NULL DEFAULT 0"),
    statement("ALTER TABLE former_members ADD COLUMN first_seq BIGINT NOT NULL DEFAULT 0"),
    statement("ALTER TABLE former_members ADD COLUMN hidden_number BIGINT NOT NULL DEFAULT 0"),
]
