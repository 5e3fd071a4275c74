"""The members of a room, and which of them are connected."""

import contextlib
from dataclasses import replace

import peewee
from redis.exceptions import RedisError

from accounts.models import User
from chat.engine import Engine
from chat.history.members import MemberView, members_of
from chat.models import Member, Room


async def members_in(engine: Engine, room: Room) -> list[MemberView]:
    """The members in the order of `members_of`. In a conversation all have the same role, and a
    member is present who is connected to any room."""
    found = await members_of(room.id)
    if not room.is_conversation:
        return found
    present = await _connected(engine, room.id)
    return [replace(view, role="member", present=view.name in present) for view in found]


async def _connected(engine: Engine, room_id: int) -> set[str]:
    elsewhere = Member.alias()
    is_elsewhere = peewee.fn.EXISTS(
        elsewhere.select(1).where(elsewhere.user == Member.user, elsewhere.present)
    )
    name = User.select(User.name).where(User.id == Member.user)
    rows = (
        await Member.select(Member.user, name, is_elsewhere)
        .where(Member.room == room_id)
        .tuples()
        .aio_execute()
    )
    here: set[tuple[int, int]] = set()
    with contextlib.suppress(RedisError, OSError):
        here = await engine.leases.held([(room_id, user_id) for user_id, _, _ in rows])
    return {name for user_id, name, is_present in rows if is_present or (room_id, user_id) in here}
