"""Reads which names and titles rooms have. Nothing here writes."""

from collections.abc import Collection
from typing import Any

from chat.models import DELETED_KIND, DeletedRoom, Room, RoomName
from helpers.db.compiled import CompiledForMany, CompiledSelect

_TAKEN = (
    CompiledForMany(lambda slugs: Room.select(Room.slug, Room.id).where(Room.slug.in_(slugs))),
    CompiledForMany(
        lambda slugs: RoomName.select(RoomName.slug, RoomName.room_id).where(RoomName.slug.in_(slugs))
    ),
)
"""Those of today, and those that there ever were."""


async def taken_slugs(slugs: Collection[str], but_room_id: int = 0) -> set[str]:
    """Those of the lower-case names that another room has, or has had."""
    return {
        slug for query in _TAKEN for slug, room_id in await query.rows(list(slugs)) if room_id != but_room_id
    }


def _like(is_open: Any) -> CompiledSelect:
    return CompiledSelect(
        lambda key, but_room_id: Room.select(Room.title, Room.name).where(
            Room.title_key == key, Room.id != but_room_id, is_open
        )
    )


_was_open = DeletedRoom.select(DeletedRoom.room_id).where(DeletedRoom.kind == "open")
_LIKE = (_like(Room.kind == "open"), _like((Room.kind == DELETED_KIND) & Room.id.in_(_was_open)))
"""The open rooms of today, and deleted ones."""


async def open_room_like(key: str, but_room_id: int = 0) -> str | None:
    """The title of another open room that looks like this one, by its key; also of a deleted one
    that may still be restored."""
    if not key:
        return None
    for query in _LIKE:
        for title, name in await query.rows(key, but_room_id):
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
