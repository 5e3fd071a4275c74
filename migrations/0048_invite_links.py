"""Links by which people are invited: to the site, or to rooms. Of the code in a link only the hash is
stored. Who came by it is kept for as long as the link is."""

from helpers.migrations import statement

__depends__ = {"0042_search"}

steps = [
    statement("""
        CREATE TABLE invite_links (
            id {identity},
            code_hash TEXT NOT NULL UNIQUE,
            maker_id BIGINT NOT NULL REFERENCES users (id),
            to_site BOOLEAN NOT NULL,
            uses BIGINT,
            used BIGINT NOT NULL,
            made_at BIGINT NOT NULL,
            until BIGINT NOT NULL,
            revoked_at BIGINT
        )"""),
    statement("CREATE INDEX invite_links_by_maker ON invite_links (maker_id, id)"),
    statement("CREATE INDEX invite_links_by_end ON invite_links (until)"),
    statement("""
        CREATE TABLE invite_link_uses (
            link_id BIGINT NOT NULL REFERENCES invite_links (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (link_id, user_id)
        )"""),
    statement("CREATE INDEX invite_link_uses_by_time ON invite_link_uses (link_id, at)"),
    statement("CREATE INDEX invite_link_uses_by_user ON invite_link_uses (user_id)"),
    statement("""
        CREATE TABLE invite_link_rooms (
            link_id BIGINT NOT NULL REFERENCES invite_links (id) ON DELETE CASCADE,
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            PRIMARY KEY (link_id, room_id)
        )"""),
    statement("CREATE INDEX invite_link_rooms_by_room ON invite_link_rooms (room_id, link_id)"),
]
