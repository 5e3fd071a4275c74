"""Reads pending invitations, for their guests and for those who may invite."""

from collections.abc import Iterable
from typing import Any

from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.models import Invitation
from chat.waiting_views import InvitationView
from helpers.clock import iso, now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

INVITED_SECONDS = 30 * 24 * 3600
"""After this time an invitation ends that wasn't answered. One that was declined is kept from its
guest for longer, and ends then too for all others."""

MAX_PENDING = 50
"""Invitations of one guest. Further ones are refused rather than older ones dropped: so nobody can
push out what somebody else has sent."""

MAX_OF_ONE_INVITER = 5
"""Invitations of one guest by the same person. A stranger can fill a tenth of the places."""

MAX_LISTED = 100
"""Names of people who are invited to one room."""


class PendingInvitations:
    """Those that their guests have to answer, for many guests by one statement."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._invitations = Bulk(
            database,
            """
            SELECT invitation.user_id, room.name, COALESCE(room.title, room.name), room.topic, room.kind,
                inviter.name, invitation.at
            FROM {given} JOIN invitations AS invitation ON invitation.user_id = given.user_id
                JOIN rooms AS room ON room.id = invitation.room_id
                JOIN users AS inviter ON inviter.id = invitation.inviter_id AND inviter.left_at IS NULL
            WHERE NOT invitation.declined AND invitation.until > given.now AND NOT EXISTS (
                SELECT 1 FROM blocks AS block
                WHERE block.blocker_id = invitation.user_id AND block.blocked_id = invitation.inviter_id
                    OR block.blocker_id = invitation.inviter_id AND block.blocked_id = invitation.user_id)
            ORDER BY invitation.at DESC, invitation.room_id""",
            given={"user_id": "bigint", "now": "bigint"},
        )

    async def of(self, user_ids: Iterable[int]) -> dict[int, list[InvitationView]]:
        """The newest first. Those of people between whom and the guest a block stands are left
        out."""
        found: dict[int, list[InvitationView]] = {user_id: [] for user_id in user_ids}
        if not found:
            return found
        now = now_ms()
        statement = self._invitations.bind([(user_id, now) for user_id in sorted(found)])
        rows = await fetch(self._database, statement.sql, *statement.params)
        for user_id, name, title, topic, kind, inviter, at in rows:
            if len(found[user_id]) < MAX_PENDING:
                found[user_id].append(InvitationView(name, title, topic, kind, inviter, iso(at)))
        return found


async def invited_to(room_id: int) -> list[str]:
    """User.called of those who are invited to a room, as those see it who may invite: also who has
    declined."""
    # Looked up one by one: the index gives the invitations in this order.
    name, display_name = (
        User.select(column).where(User.id == Invitation.user_id) for column in (User.name, User.display_name)
    )
    query = Invitation.select(name, display_name).where(
        Invitation.room_id == room_id, Invitation.inviter_id.is_null(False), _is_recent()
    )
    rows = await query.order_by(Invitation.user_id).limit(MAX_LISTED).tuples().aio_execute()
    return sorted((User(name=one, display_name=shown).called for one, shown in rows), key=str.lower)


async def count_pending(user_id: int) -> int:
    """How many invitations this guest has to answer."""
    query = Invitation.select().where(Invitation.user_id == user_id, _is_pending())
    return int(await query.aio_count())


async def count_by(inviter_id: int, user_id: int) -> int:
    """How many invitations of this guest by one inviter there are. Those that were declined count:
    else the inviter would learn of it."""
    is_theirs = (Invitation.user_id == user_id) & (Invitation.inviter_id == inviter_id)
    query = Invitation.select().where(is_theirs, _is_recent())
    return int(await query.aio_count())


def _is_pending() -> Any:
    return ~Invitation.declined & Invitation.inviter_id.is_null(False) & (Invitation.until > now_ms())


def _is_recent() -> Any:
    return Invitation.at > now_ms() - INVITED_SECONDS * 1000


async def guests_of(inviter_id: int, room_id: int | None = None) -> list[int]:
    """The ids of those whom this person has invited, to one room or to any."""
    query = Invitation.select(Invitation.user_id).where(Invitation.inviter_id == inviter_id).distinct()
    if room_id is not None:
        query = query.where(Invitation.room_id == room_id)
    return [user_id for (user_id,) in await query.tuples().aio_execute()]


async def guests_in(room_id: int) -> list[int]:
    """The ids of those who have an invitation to this room."""
    query = Invitation.select(Invitation.user_id).where(Invitation.room_id == room_id)
    return [user_id for (user_id,) in await query.tuples().aio_execute()]


def ending(inviter_id: int, *where: Any) -> list[Any]:
    """The statements that end those invitations of one inviter for which all of `where` holds. What
    was declined keeps its guest from being asked again."""
    is_theirs = (Invitation.inviter_id == inviter_id, *where)
    return [
        Invitation.delete().where(*is_theirs, ~Invitation.declined),
        Invitation.update(inviter_id=None).where(*is_theirs),
    ]
