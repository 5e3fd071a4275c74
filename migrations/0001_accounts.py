"""People, their sessions, and what the site itself remembers."""

from helpers.migrations import statement

steps = [
    statement("""
        CREATE TABLE users (
            id {identity},
            name TEXT NOT NULL,
            name_key TEXT NOT NULL UNIQUE,
            skeleton TEXT NOT NULL UNIQUE,
            email TEXT UNIQUE,
            password_hash TEXT NOT NULL,
            is_admin BOOLEAN NOT NULL,
            created_at BIGINT NOT NULL
        )"""),
    statement("""
        CREATE TABLE sessions (
            token_hash TEXT PRIMARY KEY,
            data TEXT NOT NULL,
            expires_at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX sessions_expiry ON sessions (expires_at)"),
    statement("""
        CREATE TABLE site (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        )"""),
]
