"""Mail: what waits to be sent, links that confirm an address, and what the site knows of people's addresses
and languages."""

from helpers.migrations import statement

__depends__ = {"0042_search"}

steps = [
    statement("""
        CREATE TABLE mails (
            id {identity},
            kind TEXT NOT NULL,
            user_id BIGINT NOT NULL,
            language TEXT NOT NULL,
            details TEXT NOT NULL,
            at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0
        )"""),
    statement("CREATE INDEX mails_due ON mails (due_at, id)"),
    statement("CREATE INDEX mails_of_people ON mails (user_id) WHERE user_id > 0"),
    statement("""
        CREATE TABLE email_links (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            address TEXT NOT NULL,
            token_hash TEXT NOT NULL UNIQUE,
            until BIGINT NOT NULL
        )"""),
    statement("ALTER TABLE users ADD COLUMN email_verified_at BIGINT"),
    statement("ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT ''"),
]
