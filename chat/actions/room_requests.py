"""Asking to be let into a closed room whose address one knows. Who asks is told the same whether there
is such a room or not; those who may invite to it see who asks, and invite them or don't."""

from accounts.models import User
from accounts.relations.visibility import blocked_among
from chat.actions.invitations import invite
from chat.actions.membership import find_room
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.history.reports import in_charge_of, site_staff
from chat.history.waiting import ASKED_KEPT_MS, MAX_ASKING
from chat.history.writing.restrictions import stored_ban
from chat.models import RoomRequest
from chat.requests import new_nonce
from chat.roles import Standing
from chat.room_names import NAME
from helpers.clock import now_ms
from helpers.errors import charge
from helpers.limits import Rule

ASKS = Rule("room-asks", 1 / 300, 10.0)
"""Per person. Those who keep order in a room aren't troubled by one."""

MAX_ASKED = 20
"""Rooms that one person has asked for at a time: the oldest is forgotten for a further one."""


async def ask(engine: Engine, slug: str, user: User) -> None:
    """Does nothing that can be told where there is no such room, where it is open to the user anyway,
    or where they are banned from it. Raises ActionError for who asks too often."""
    await charge(engine.limiter, ASKS, user.id)
    if not NAME.fullmatch(slug) or await find_room(engine, slug, user) is not None:
        return
    found = await engine.access.find(slug.lower(), user)
    if found is None or found.room.kind != "closed":
        return
    if await stored_ban(found.room.id, user.id) > now_ms():
        return
    row = {"room_id": found.room.id, "user_id": user.id, "at": now_ms()}
    async with engine.database.aio_atomic():
        await RoomRequest.insert(row).on_conflict_ignore().aio_execute()
        query = RoomRequest.select(RoomRequest.at).where(RoomRequest.user_id == user.id)
        rows = await query.order_by(RoomRequest.at.desc()).offset(MAX_ASKED).limit(1).tuples().aio_execute()
        if rows:
            is_old = (RoomRequest.user_id == user.id) & (RoomRequest.at <= rows[0][0])
            await RoomRequest.delete().where(is_old).aio_execute()
    engine.unread.note_standings(await in_charge_of(found.room.id))


async def asking(room_id: int, reader: User) -> list[User]:
    """Who asks to be let into a room, the earliest first, without those between whom and the reader a
    block stands."""
    query = RoomRequest.select(RoomRequest.user_id).where(
        RoomRequest.room_id == room_id, RoomRequest.at > now_ms() - ASKED_KEPT_MS
    )
    rows = await query.order_by(RoomRequest.at).limit(MAX_ASKING).tuples().aio_execute()
    ids = [user_id for (user_id,) in rows]
    found: dict[int, User] = {}
    for start in range(0, len(ids), 20):
        some = User.select().where(User.id.in_(ids[start : start + 20]), User.left_at.is_null())
        found |= {user.id: user for user in await some.aio_execute()}
    hidden = await blocked_among(reader.id, list(found))
    return [found[user_id] for user_id in ids if user_id in found and user_id not in hidden]


async def count_asking(room_id: int) -> int:
    """How many wait, up to MAX_ASKING."""
    query = RoomRequest.select(RoomRequest.user_id).where(
        RoomRequest.room_id == room_id, RoomRequest.at > now_ms() - ASKED_KEPT_MS
    )
    return len(await query.limit(MAX_ASKING).tuples().aio_execute())


async def answer(
    engine: Engine, room_id: int, standing: Standing, person: Person, asker: User, *, lets_in: bool
) -> None:
    """Invites who has asked, by all the rules of inviting, or forgets that they have. Raises
    ActionError."""
    if not standing.may_invite:
        raise ActionError("forbidden", "Only moderators invite to a closed room.")
    is_theirs = (RoomRequest.room_id == room_id) & (RoomRequest.user_id == asker.id)
    if not await RoomRequest.select().where(is_theirs).aio_exists():
        raise ActionError("refused", "{name} doesn’t ask to be let in any more.", name=asker.called)
    if lets_in:
        await invite(engine, room_id, person, asker, new_nonce())
    await RoomRequest.delete().where(is_theirs).aio_execute()
    engine.unread.note_standings(await in_charge_of(room_id))


async def tell_staff(engine: Engine) -> None:
    """The accounts that wait for approval are others."""
    engine.unread.note_standings(await site_staff())
