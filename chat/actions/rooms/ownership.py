"""Rooms that nobody owns: finding them, and giving them an owner. Leaving and being removed has an
heir where there is one (chat/actions/membership.py)."""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from accounts.models import User
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from accounts.signin.suspension import is_suspended
from chat.actions.order.moderation import change, change_role, check_reason, numbered
from chat.actions.order.site_powers import require_site
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.acts import record_act
from chat.history.writing.restrictions import banned_until, lift_ban
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, DELETED_KIND, Member, Room
from chat.requests import new_nonce
from chat.roles import Role
from helpers.security_log import note

MAX_LISTED = 50
LOOKED_AT = 1000
"""Rooms in one statement, of each of which the index tells whether it has an owner."""

MOST_LOOKED_AT = 20_000
"""Rooms for one page, so that the cost of a page is bounded however few of them have none."""

_IS_ROOM = Room.kind.not_in((*CONVERSATIONS, DELETED_KIND))


@dataclass(frozen=True)
class Ownerless:
    """`owner` is the one whose account is suspended, None where there is no owner at all."""

    id: int
    name: str
    title: str
    kind: str
    owner: str | None


async def rooms_without_owner(after: int = 0) -> tuple[list[Ownerless], int | None]:
    """The next rooms, by id, that have no owner or only a suspended one; and after which id to go on,
    None where there are no more."""
    found: list[Ownerless] = []
    for _ in range(MOST_LOOKED_AT // LOOKED_AT):
        query = Room.select(Room.id).where(Room.id > after).order_by(Room.id).limit(LOOKED_AT)
        ids = [room_id for (room_id,) in await query.tuples().aio_execute()]
        if not ids:
            return found, None
        here = Room.id.between(ids[0], ids[-1]) & _IS_ROOM
        is_owner = (Member.room == Room.id) & (Member.role == Role.OWNER)
        acting = Member.select(Member.user).join(User, on=(User.id == Member.user))
        acting = acting.where(is_owner, ~_is_away())
        owner = Member.select(User.name).join(User, on=(User.id == Member.user)).where(is_owner).limit(1)
        columns = (Room.id, Room.name, fn.COALESCE(Room.title, Room.name), Room.kind, owner)
        rooms = Room.select(*columns).where(here, ~fn.EXISTS(acting)).order_by(Room.id)
        rows = list(await rooms.limit(MAX_LISTED + 1 - len(found)).tuples().aio_execute())
        found += [Ownerless(*row) for row in rows]
        if len(found) > MAX_LISTED:
            return found[:MAX_LISTED], found[MAX_LISTED - 1].id
        after = ids[-1]
    return found, after


def _is_away() -> Any:
    return User.left_at.is_null(False) | is_suspended()


async def give_owner(
    engine: Engine, room_id: int, by: SiteActor, user: User, nonce: str, reason: str = ""
) -> Receipt:
    """Makes somebody the owner of a room, who becomes a member where they aren't one yet. Who was
    it becomes a moderator. For those who run the site."""
    check_reason(reason)
    target = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        person = await require_site(by, SitePermission.KEEP_ROOMS)
        if room.kind in (*CONVERSATIONS, DELETED_KIND):
            raise ActionError("refused", "This has no owner.")
        if await User.select(User.id).where(User.id == user.id, _is_away()).tuples().aio_execute():
            raise ActionError("refused", "{name} can’t sign in.", name=user.called)
        standing = await room.standing(target.id)
        if standing.role is Role.OWNER:
            raise ActionError("refused", "{name} is the owner already.", name=user.called)
        former = await room.owner()
        role = standing.role or Role.MEMBER
        if not standing.is_member:
            if await banned_until(room, target.id):
                lift_ban(room, target.id)
            await room.add_member(target.id, Role.MEMBER, is_admin=user.is_admin)
            room.record("joined", target, f"{target.name} joined the room", new_nonce())
            standing = await room.standing(target.id)
        receipt = change_role(room, person, target, standing, Role.OWNER, nonce)
        if former is not None:
            change_role(*(room, person, former, await room.standing(former.id), Role.MODERATOR, new_nonce()))
        before = {"role": role, "owner": former.id if former else None}
        done = await record_act(
            *(room, "owner", person),
            target=target,
            reason=reason,
            before=before,
            after={"role": Role.OWNER},
        )
        await record_site_act("give_owner", by, target_id=target.id, room_id=room_id, reason=reason)
        return numbered(receipt, done)

    receipt = await change(engine, room_id, Person(by.user_id or 0, "?"), nonce, apply)
    note("give_owner", "ok", who=str(by.user_id or by.shell), whence="site", room=room_id, target=user.name)
    return receipt
