"""The devices that are told of messages by Web Push."""

from helpers.migrations import statement

__depends__ = {"0051_mail"}

steps = [
    statement("""
        CREATE TABLE push_devices (
            id {identity},
            user_id BIGINT NOT NULL REFERENCES users (id),
            session_id TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            endpoint_hash TEXT NOT NULL UNIQUE,
            browser_key TEXT NOT NULL,
            auth TEXT NOT NULL,
            name TEXT NOT NULL,
            made_at BIGINT NOT NULL,
            used_at BIGINT NOT NULL,
            told_at BIGINT,
            refused INTEGER NOT NULL DEFAULT 0
        )"""),
    statement("CREATE INDEX push_devices_of_person ON push_devices (user_id, id)"),
    statement("CREATE INDEX push_devices_of_session ON push_devices (session_id)"),
]
