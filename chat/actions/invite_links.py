"""Links that invite to rooms: making, following and revoking them.

A link is as good as its maker's right is now: whoever may not invite to a room any more, is suspended or
has left the site leads nobody there. Each of it is looked at in the transaction in which somebody joins."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import InviteLink, User
from accounts.people.site_roles import SitePermission, site_may
from accounts.relations.visibility import is_block_between
from accounts.signin.invite_links import (
    LINKS,
    able_maker,
    came_lately,
    dead_link,
    find_invite_link,
    forget_old_links,
    is_used_up,
    links_of_newcomer,
    make_invite_link,
    may_invite_to_site,
    revoke_invite_link,
    take_use,
)
from accounts.site_settings import SiteSettings
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, barred, kicked
from chat.events import Receipt
from chat.history.access import RoomAccess
from chat.history.invite_links import rooms_of_links
from chat.history.writing.journal import Change
from chat.history.writing.restrictions import banned_until
from chat.history.writing.transaction import RoomTransaction
from chat.models import InviteLinkRoom, Room
from chat.requests import new_nonce
from chat.roles import Permission, Role, Standing
from helpers.clock import now_ms
from helpers.errors import charge

MAX_ROOMS = 10
"""Rooms of one link."""


@dataclass(frozen=True)
class FollowedLink:
    """A link that is good at the moment: `rooms` are those to which its maker may invite now."""

    link: InviteLink
    maker: User
    rooms: list[Room]
    admits: bool
    """Whether its maker may invite people who have no account."""


async def make_link(
    engine: Engine,
    maker: User,
    found: Sequence[RoomAccess],
    uses: int | None,
    days: int,
    *,
    may_to_site: bool = False,
) -> tuple[InviteLink, str]:
    """Makes a link to these rooms, or without any to the site, for who `may_to_site`. Returns it and its
    code. Raises ActionError."""
    if not found and not may_to_site:
        raise ActionError("forbidden", "Only the site’s administrators invite people to the site.")
    for one in found:
        if bar := one.standing.bar(Permission.INVITE_TO_OPEN, now_ms()):
            raise barred(bar, one.standing.timeout_until - now_ms())
        if not one.standing.may_invite:
            raise ActionError("forbidden", "You may not invite to {room}.", room=f"#{one.room.shown}")
    await charge(engine.limiter, LINKS, maker.id)
    # One after the other, since a person's links are counted.
    async with engine.guests.of(maker.id), engine.database.aio_atomic():
        link, code = await make_invite_link(maker.id, uses, days, to_site=not found)
        rows = [{"link_id": link.id, "room_id": one.room.id} for one in found]
        if rows:
            await InviteLinkRoom.insert_many(rows).aio_execute()
        await forget_old_links()
    return link, code


async def follow(engine: Engine, now: SiteSettings, code: str, user: User | None = None) -> FollowedLink:
    """What the link with this code leads to now. Raises dead_link."""
    link, maker = await find_invite_link(code)
    if is_used_up(link) and not (user and await came_lately(link.id, user.id)):
        raise dead_link()
    return await _followed(engine, now, link, maker)


async def join_after_waiting(engine: Engine, now: SiteSettings, user: User) -> None:
    """Lets somebody whose account was approved into the rooms to which they were invited. What has ended
    meanwhile leads nowhere."""
    for link, maker in await links_of_newcomer(user.id):
        with contextlib.suppress(ActionError):
            await join_by_link(engine, await _followed(engine, now, link, maker), user)


async def _followed(engine: Engine, now: SiteSettings, link: InviteLink, maker: User) -> FollowedLink:
    rooms = (await rooms_of_links([link.id]))[link.id]
    reached = [
        room
        for room in rooms
        if may_lead_to(room, await engine.access.standing_of(room.id, maker.id), now_ms())
    ]
    admits = may_invite_to_site(maker, now)
    if not (admits if link.to_site else reached):
        raise dead_link()
    return FollowedLink(link, maker, reached, admits)


def may_lead_to(room: Room, maker: Standing, at: int) -> bool:
    return (
        room.kind in ("open", "closed") and maker.may_invite and not maker.bar(Permission.INVITE_TO_OPEN, at)
    )


async def join_by_link(engine: Engine, followed: FollowedLink, user: User) -> list[Room]:
    """Makes the person a member of the link's rooms. Returns those of which they are one now. Raises
    ActionError where there is none, and dead_link where the link has ended meanwhile."""
    joined: list[Room] = []
    refused: ActionError | None = None
    for room in followed.rooms:
        try:
            await _join(engine, followed, room, user)
            joined.append(room)
        except ActionError as error:
            if error.retry_after:
                raise
            refused = error
    if not joined and refused is not None:
        raise refused
    return joined


async def _join(engine: Engine, followed: FollowedLink, room: Room, user: User) -> None:
    person, link, maker_id = Person(user.id, user.name), followed.link, followed.maker.id

    async def apply(room: RoomTransaction) -> Receipt:
        if (await room.standing(user.id)).is_member:
            return Receipt("", room.last_seq)
        maker = await room.standing(maker_id)
        if (
            room.kind not in ("open", "closed")
            or not maker.may_invite
            or maker.bar(Permission.INVITE_TO_OPEN, room.at)
            or await able_maker(maker_id) is None
            or await is_block_between(user.id, maker_id)
        ):
            raise dead_link()
        if until := await banned_until(room, user.id):
            raise kicked(until - room.at)
        # Last of all that may refuse: other entries are committed together with this one.
        if not await take_use(link.id, user.id):
            raise dead_link()
        await room.add_member(user.id, Role.MEMBER, is_admin=user.is_admin)
        return room.record("joined", person, f"{person.name} joined the room", change.nonce)

    change = Change(room.id, person, new_nonce(), apply)
    await engine.journal.change(change)


async def revoke(engine: Engine, user: User, link_id: int, room: RoomAccess | None = None) -> None:
    """Ends a link: one's own, or any as one who runs the site. A moderator of `room` ends that it leads
    there. Raises ActionError."""
    rows = await InviteLink.select().where(InviteLink.id == link_id).aio_execute()
    link = rows[0] if rows else None
    if link is not None and (link.maker_id == user.id or site_may(user, SitePermission.KEEP_ROOMS)):
        await revoke_invite_link(link.id)
        return
    if link is None or room is None or not room.standing.may(Permission.KILL):
        raise ActionError("no_invitation", "There is no such invitation any more.")
    async with engine.database.aio_atomic():
        is_there = InviteLinkRoom.link_id == link_id
        ended = InviteLinkRoom.delete().where(is_there, InviteLinkRoom.room_id == room.room.id)
        if not await ended.aio_execute():
            raise ActionError("no_invitation", "There is no such invitation any more.")
        if not await InviteLinkRoom.select().where(is_there).aio_exists():
            # Without rooms it would be one to the site.
            await revoke_invite_link(link_id)
