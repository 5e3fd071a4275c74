"""Reads which names and titles rooms have. Nothing here writes."""

from collections.abc import Collection

from chat.models import DELETED_KIND, DeletedRoom, Room, RoomName
from helpers.db.compiled import CompiledSelect


async def taken_slugs(slugs: Collection[str], but_room_id: int = 0) -> set[str]:
    """Those of the lower-case names that another room has, or has had."""
    given = list(slugs)
    now = Room.select(Room.slug).where(Room.slug.in_(given), Room.id != but_room_id)
    ever = RoomName.select(RoomName.slug).where(RoomName.slug.in_(given), RoomName.room != but_room_id)
    return {slug for query in (now, ever) for (slug,) in await query.tuples().aio_execute()}


async def open_room_like(key: str, but_room_id: int = 0) -> str | None:
    """The title of another open room that looks like this one, by its key; also of a deleted one
    that may still be restored."""
    if not key:
        return None
    is_like = (Room.title_key == key) & (Room.id != but_room_id)
    was_open = DeletedRoom.select(DeletedRoom.room_id).where(DeletedRoom.kind == "open")
    for is_open in (Room.kind == "open", (Room.kind == DELETED_KIND) & Room.id.in_(was_open)):
        rows = await Room.select(Room.title, Room.name).where(is_like, is_open).tuples().aio_execute()
        for title, name in rows:
            return str(title or name)
    return None


_names = CompiledSelect(
    lambda room_id: (
        RoomName.select(RoomName.name).where(RoomName.room == room_id).order_by(RoomName.at, RoomName.slug)
    )
)


async def names_of(room_id: int) -> list[str]:
    """All names that a room has had and has, the first one first. Empty for a conversation."""
    return [name for (name,) in await _names.rows(room_id)]
