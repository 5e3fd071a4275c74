"""The people and rooms that texts name. Nothing here writes."""

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple

from accounts.people.mentions import NamedPeople, NamedPerson
from chat.drafts import Mentioned
from chat.history.access import RoomAccessReader
from helpers.redis.bus import Bus
from helpers.remembering import RememberingLoader

MAX_MENTIONS = 100
"""Mentions counted for one room; a higher number is shown as this."""

CHANNEL = b"roomnames"
"""Carries the lower-case name of a room that is new, or that is another's now."""


class Named(NamedTuple):
    """The people and rooms in a text that exist: by the name as typed, the person, or the spelling
    of the room's name."""

    people: dict[str, Mentioned]
    rooms: dict[str, str]


class Directory:
    """Finds people and open rooms by name, without a read where they were named lately: one
    statement for all requests at the same time.

    Whoever creates a room, or changes its name or kind, calls `room_changed` after the commit: then
    no process remembers it."""

    def __init__(self, access: RoomAccessReader, people: NamedPeople, bus: Bus) -> None:
        self._access = access
        self._people = people
        self._bus = bus
        self._rooms: RememberingLoader[str, str] = RememberingLoader(self._read_rooms)

    async def follow(self) -> None:
        """Learns from now on what other processes change, until `close`. The bus must be open."""
        self._unsubscribe = self._bus.subscribe(CHANNEL, self._on_changed, self._rooms.forget_all)
        await self._bus.follow(CHANNEL)

    def close(self) -> None:
        self._unsubscribe()

    def known(self, names: Collection[str], rooms: Collection[str]) -> Named | None:
        """The people with these names, in any case, and the open rooms with these names; None if
        they have to be looked up."""
        people = self._people.known(names)
        if people is None:
            return None
        slugs = {name: name.lower() for name in rooms}
        open_rooms = self._rooms.known(slugs.values())
        return None if open_rooms is None else _named(people, slugs, open_rooms)

    async def find(self, names: Collection[str], rooms: Collection[str]) -> Named:
        """Returns the same, and looks up what it doesn't know."""
        slugs = {name: name.lower() for name in rooms}
        people, open_rooms = await asyncio.gather(
            self._people.find(names), self._rooms.get_all(set(slugs.values()))
        )
        return _named(people, slugs, open_rooms)

    def room_changed(self, slug: str) -> None:
        """There is a room with this lower-case name now, or none or another one."""
        self._rooms.forget([slug])
        self._bus.publish(CHANNEL, slug.encode())

    def _on_changed(self, channel: bytes, payload: bytes) -> None:
        self._rooms.forget([payload.decode()])

    async def _read_rooms(self, slugs: list[str]) -> dict[str, str]:
        found = await self._access.rooms(slugs)
        return {slug: room.name for slug, room in found.items() if room.is_open}


def _named(
    people: Mapping[str, NamedPerson], slugs: Mapping[str, str], open_rooms: Mapping[str, str]
) -> Named:
    return Named(
        {typed: Mentioned(person.id, person.name) for typed, person in people.items()},
        {typed: open_rooms[slug] for typed, slug in slugs.items() if slug in open_rooms},
    )
