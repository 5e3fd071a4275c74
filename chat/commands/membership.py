"""Commands about the members of a room."""

from typing import Literal

from accounts.models import User
from accounts.signin.invite_links import DEFAULT_DAYS
from chat.actions import invitations, invite_links, membership
from chat.actions.member_lists import members_in
from chat.commands.registry import Answer, Call, command
from chat.history.access import RoomAccess
from chat.history.invitations import invited_to
from chat.models import Room
from chat.roles import Permission
from helpers.clock import iso


@command()
async def who(call: Call) -> Answer:
    """Lists who is online, who else is a member, and for those who may invite who is invited."""
    room = await Room.aio_get(Room.id == call.room_id)
    members = await members_in(call.engine, room, is_arrival_enough=True)
    t = call.language.t
    online = [
        f"{member.called} ({t(member.role)})" if member.role != "member" else member.called
        for member in members
        if member.present
    ]
    offline = [member.called for member in members if not member.present]
    lines = [t("Online: {names}", names=", ".join(online)) if online else t("Online: nobody")]
    if offline:
        lines.append(t("Offline: {names}", names=", ".join(offline)))
    if call.standing.may_invite and (invited := await invited_to(room.id)):
        lines.append(t("Invited: {names}", names=", ".join(invited)))
    return "\n".join(lines)


@command(needs=Permission.INVITE_TO_OPEN)
async def invite(call: Call, user: User | None = None) -> Answer:
    """Invites someone to this room, who accepts or declines; without a name it shows you a link by which
    others come."""
    if user is None:
        return await _link(call)
    return await invitations.invite(call.engine, call.room_id, call.person, user, call.nonce)


async def _link(call: Call) -> str:
    """A new link to the room. The answer is for who asked alone, and is stored nowhere."""
    room = await Room.aio_get(Room.id == call.room_id)
    found = RoomAccess(room, call.standing, None, 0)
    link, code = await invite_links.make_link(call.engine, call.user, [found], None, DEFAULT_DAYS)
    return call.language.t(
        "Whoever follows this link comes here, until {until}: {url}",
        until=call.language.moment(iso(link.until)),
        url=f"{call.engine.address}/join/{code}",
    )


@command(needs=Permission.INVITE_TO_OPEN)
async def uninvite(call: Call, user: User) -> Answer:
    """Withdraws an invitation: your own, or as a moderator anybody’s."""
    await invitations.withdraw(call.engine, call.room_id, call.person, user)
    return call.language.t("{name} isn’t invited any more.", name=user.called)


@command(needs=Permission.LEAVE, destroys=True)
async def leave(call: Call, sure: Literal["anyway"] | None = None) -> Answer:
    """Ends your membership of this room; with “anyway” also where it leaves the room without its owner,
    or empty."""
    return await membership.leave(
        call.engine, call.room_id, call.person, call.nonce, is_sure=sure is not None
    )
