"""Reads which names and titles rooms have. Nothing here writes."""

from collections.abc import Collection

from chat.models import Room, RoomName
from helpers.db.compiled import CompiledSelect


async def taken_slugs(slugs: Collection[str], but_room_id: int = 0) -> set[str]:
    """Those of the lower-case names that another room has, or has had."""
    given = list(slugs)
    now = Room.select(Room.slug).where(Room.slug.in_(given), Room.id != but_room_id)
    ever = RoomName.select(RoomName.slug).where(RoomName.slug.in_(given), RoomName.room != but_room_id)
    return {slug for query in (now, ever) for (slug,) in await query.tuples().aio_execute()}


async def open_room_like(key: str, but_room_id: int = 0) -> str | None:
    """The title of another open room that looks like this one, by its key."""
    if not key:
        return None
    is_like = (Room.kind == "open") & (Room.title_key == key) & (Room.id != but_room_id)
    rows = await Room.select(Room.title, Room.name).where(is_like).tuples().aio_execute()
    return next((title or name for title, name in rows), None)


_names = CompiledSelect(
    lambda room_id: (
        RoomName.select(RoomName.name).where(RoomName.room == room_id).order_by(RoomName.at, RoomName.slug)
    )
)


async def names_of(room_id: int) -> list[str]:
    """All names that a room has had and has, the first one first. Empty for a conversation."""
    return [name for (name,) in await _names.rows(room_id)]
