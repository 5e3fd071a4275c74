"""Invitations to rooms: one for each room and guest, until it is accepted, withdrawn or over. One
that was declined stays until its end as well, so that its guest isn't asked again at once; without
an inviter it was withdrawn after that.

Who was invited before this is a member and stays one."""

from helpers.migrations import statement

__depends__ = {"0022_kicks"}

steps = [
    statement("""
        CREATE TABLE invitations (
            room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            inviter_id BIGINT,
            at BIGINT NOT NULL,
            until BIGINT NOT NULL,
            declined BOOLEAN NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX invitations_by_user ON invitations (user_id, room_id)"),
    statement("CREATE INDEX invitations_by_inviter ON invitations (inviter_id, user_id, room_id)"),
    statement("CREATE INDEX invitations_by_end ON invitations (until)"),
]
