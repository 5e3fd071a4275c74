"""Rooms, their members and their history.

A message refers to its author and room without a foreign key: the check would lock and read a row for each message, and neither
users nor rooms are ever deleted from under their history."""

from helpers.migrations import statement

__depends__ = {"0001_accounts"}

steps = [
    statement("""
        CREATE TABLE rooms (
            id {identity},
            name TEXT NOT NULL,
            slug TEXT NOT NULL UNIQUE,
            topic TEXT NOT NULL,
            kind TEXT NOT NULL,
            last_seq BIGINT NOT NULL,
            posts BIGINT NOT NULL,
            cleared_seq BIGINT NOT NULL,
            cleared_number BIGINT NOT NULL,
            created_at BIGINT NOT NULL
        )"""),
    statement("""
        CREATE TABLE members (
            room_id BIGINT NOT NULL REFERENCES rooms (id),
            user_id BIGINT NOT NULL REFERENCES users (id),
            role SMALLINT NOT NULL,
            present BOOLEAN NOT NULL,
            read_number BIGINT NOT NULL,
            joined_at BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX members_by_user ON members (user_id)"),
    statement("CREATE INDEX members_present ON members (room_id, user_id) WHERE present"),
    statement("""
        CREATE TABLE messages (
            room_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            changed_seq BIGINT NOT NULL,
            number BIGINT,
            kind TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            target_id BIGINT,
            nonce TEXT NOT NULL,
            text TEXT NOT NULL,
            html TEXT,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, seq)
        )"""),
    statement("CREATE UNIQUE INDEX messages_changes ON messages (room_id, changed_seq)"),
    statement("CREATE UNIQUE INDEX messages_numbers ON messages (room_id, number) WHERE number IS NOT NULL"),
    statement("CREATE UNIQUE INDEX messages_nonces ON messages (author_id, nonce)"),
]
