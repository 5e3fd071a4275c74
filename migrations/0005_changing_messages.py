"""What may be done to a post: answered, edited, deleted, reacted to and pinned. It is in its row, but for who reacted and former texts.

`reactions` of a message counts them, so that nobody looks for those of a message that has none."""

from helpers.migrations import statement

__depends__ = {"0004_standings_seq"}

steps = [
    statement("ALTER TABLE messages ADD COLUMN reply_to BIGINT"),
    statement("ALTER TABLE messages ADD COLUMN edited_at BIGINT"),
    statement("ALTER TABLE messages ADD COLUMN deleted_at BIGINT"),
    statement("ALTER TABLE messages ADD COLUMN deleted_by BIGINT"),
    statement("ALTER TABLE messages ADD COLUMN pinned BOOLEAN NOT NULL DEFAULT FALSE"),
    statement("ALTER TABLE messages ADD COLUMN reactions BIGINT NOT NULL DEFAULT 0"),
    statement("""
        CREATE TABLE reactions (
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            emoji TEXT NOT NULL,
            added_seq BIGINT NOT NULL,
            PRIMARY KEY (room_id, seq, user_id, emoji)
        )"""),
    statement("""
        CREATE TABLE message_versions (
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            replaced_seq BIGINT NOT NULL,
            text TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, seq, replaced_seq)
        )"""),
]
