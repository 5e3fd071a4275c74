"""The people who run the site: their roles, who is suspended, links for a new password, and the log of what was done.

The number of the last act of the site is a fact of its own, which is locked by whoever records the next: the numbers have no
holes, and are in the order of the commits."""

from helpers.migrations import statement

__depends__ = {"0031_acts", "0033_feed_undo"}

steps = [
    statement("ALTER TABLE users ADD COLUMN site_role SMALLINT NOT NULL DEFAULT 0"),
    statement("UPDATE users SET site_role = 3 WHERE is_admin"),
    statement("CREATE INDEX users_by_site_role ON users (site_role, id) WHERE site_role > 0"),
    statement("ALTER TABLE users ADD COLUMN suspended_until BIGINT"),
    statement("ALTER TABLE users ADD COLUMN suspended_for TEXT NOT NULL DEFAULT ''"),
    statement("CREATE INDEX users_suspended ON users (id) WHERE suspended_until IS NOT NULL"),
    statement("""
        CREATE TABLE site_acts (
            number BIGINT NOT NULL PRIMARY KEY,
            act TEXT NOT NULL,
            author_id BIGINT,
            shell TEXT NOT NULL,
            target_id BIGINT,
            room_id BIGINT,
            reason TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX site_acts_by_author ON site_acts (author_id, number) WHERE author_id IS NOT NULL"),
    statement("CREATE INDEX site_acts_by_target ON site_acts (target_id, number) WHERE target_id IS NOT NULL"),
    statement("CREATE INDEX site_acts_by_room ON site_acts (room_id, number) WHERE room_id IS NOT NULL"),
    statement("INSERT INTO site (name, value) VALUES ('site_acts', '0')"),
    statement("""
        CREATE TABLE password_links (
            user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
            token_hash TEXT NOT NULL UNIQUE,
            until BIGINT NOT NULL
        )"""),
]
