"""The people and rooms that texts name. Nothing here writes."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from accounts.people.mentions import NamedPeople
from chat.drafts import Mentioned
from chat.history.access import RoomAccessReader

MAX_MENTIONS = 100
"""Mentions counted for one room; a higher number is shown as this."""


class Named(NamedTuple):
    """The people and rooms in a text that exist: by the name as typed, the person, or the spelling
    of the room's name."""

    people: dict[str, Mentioned]
    rooms: dict[str, str]


class Directory:
    """Finds people and open rooms by name: one statement for all requests at the same time."""

    def __init__(self, access: RoomAccessReader) -> None:
        self._access = access
        self._people = NamedPeople()

    async def find(self, names: Iterable[str], rooms: Iterable[str]) -> Named:
        """The people with these names, in any case, and the open rooms with these names."""
        people, open_rooms = await asyncio.gather(self._find_people(names), self._find_rooms(rooms))
        return Named(people, open_rooms)

    async def _find_people(self, names: Iterable[str]) -> dict[str, Mentioned]:
        return {
            name: Mentioned(user.id, user.name) for name, user in (await self._people.find(names)).items()
        }

    async def _find_rooms(self, rooms: Iterable[str]) -> dict[str, str]:
        slugs = {name: name.lower() for name in rooms}
        found = await self._access.rooms(set(slugs.values()))
        return {
            name: found[slug].name for name, slug in slugs.items() if slug in found and found[slug].is_open
        }
