"""The members of a room, and which of them are online."""

from dataclasses import replace

from chat.engine import Engine
from chat.history.members import MemberView, members_of
from chat.models import Room


async def members_in(engine: Engine, room: Room, *, is_arrival_enough: bool = False) -> list[MemberView]:
    """The members in the order of `members_of`. In a conversation all have the same role.

    `is_arrival_enough`: who is connected to this process is online also before that is recorded,
    and told to others."""

    def is_online(user_id: int) -> bool:
        is_here = is_arrival_enough and engine.hub.is_connected(user_id)
        return is_here or engine.presence.is_online(user_id)

    found = await members_of(room.id, is_online)
    return [replace(view, role="member") for view in found] if room.is_conversation else found
