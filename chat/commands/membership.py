"""Commands about the members of a room."""

from accounts.models import User
from chat.actions import membership
from chat.actions.member_lists import members_in
from chat.commands.registry import Answer, Call, command
from chat.models import Room
from chat.roles import Permission


@command()
async def who(call: Call) -> Answer:
    """Lists who is here, and who else is a member."""
    members = await members_in(call.engine, await Room.aio_get(Room.id == call.room_id))
    t = call.language.t
    here = [
        f"{member.name} ({t(member.role)})" if member.role != "member" else member.name
        for member in members
        if member.present
    ]
    away = [member.name for member in members if not member.present]
    lines = [t("Here: {names}", names=", ".join(here)) if here else t("Here: nobody")]
    return "\n".join([*lines, t("Away: {names}", names=", ".join(away))] if away else lines)


@command(needs=Permission.INVITE_TO_OPEN)
async def invite(call: Call, user: User) -> Answer:
    """Makes someone a member of this room."""
    return await membership.invite(call.engine, call.room_id, call.person, user, call.nonce)


@command(needs=Permission.LEAVE)
async def leave(call: Call) -> Answer:
    """Ends your membership of this room."""
    return await membership.leave(call.engine, call.room_id, call.person, call.nonce)
