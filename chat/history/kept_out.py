"""Who is kept out of a room, and who only reads there, for those who keep order."""

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from chat.models import FOR_GOOD, Ban, Timeout

MAX_LISTED = 200


@dataclass(frozen=True)
class Restricted:
    """`until` is in milliseconds since 1970, None for good."""

    name: str
    until: int | None


async def banned_from(room_id: int, at: int) -> list[Restricted]:
    """Who can't come to the room at this time, the longest first, at most MAX_LISTED."""
    return await _listed(Ban, room_id, at)


async def timed_out_in(room_id: int, at: int) -> list[Restricted]:
    """The same of who only reads."""
    return await _listed(Timeout, room_id, at)


async def _listed(table: Any, room_id: int, at: int) -> list[Restricted]:
    rows = await (
        table.select(User.name, table.until)
        .join(User, on=(User.id == table.user_id))
        .where(table.room_id == room_id, table.until > at)
        .order_by(table.until.desc(), User.name)
        .limit(MAX_LISTED)
        .tuples()
        .aio_execute()
    )
    return [Restricted(name, None if until == FOR_GOOD else until) for name, until in rows]
