"""People mentioned in texts: `@name`, in any case."""

import functools
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import NamedTuple

from aiohttp import web

from accounts.people.directory import users_by_keys
from accounts.people.names import BadName, name_key
from helpers.redis.bus import Bus
from helpers.remembering import RememberingLoader

CHANNEL = b"names"
"""Carries the key of a name that somebody got or gave up, in UTF-8."""


class NamedPerson(NamedTuple):
    id: int
    name: str


class NamedPeople:
    """Finds people by the names in texts, without a read where they were named lately.

    Whoever creates or ends an account calls `name_changed` after the commit: then no process
    remembers who has this name."""

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus or Bus()
        self._people: RememberingLoader[str, NamedPerson] = RememberingLoader(_read)

    async def follow(self) -> Callable[[], None]:
        """Learns what other processes change, until the returned function is called. The bus must be
        open."""
        unsubscribe = self._bus.subscribe(CHANNEL, self._on_changed, self._people.forget_all)
        await self._bus.follow(CHANNEL)
        return unsubscribe

    def known(self, names: Collection[str]) -> dict[str, NamedPerson] | None:
        """Returns the existing people by the name as it was written; None if they have to be looked
        up."""
        keys = _keys(names)
        people = self._people.known(keys.values())
        return None if people is None else _by_name(keys, people)

    async def find(self, names: Iterable[str]) -> dict[str, NamedPerson]:
        """Returns the same, and looks up whom it doesn't know. Concurrent lookups share one
        statement."""
        keys = _keys(names)
        return _by_name(keys, await self._people.get_all(keys.values()))

    def name_changed(self, name: str) -> None:
        """Somebody got this name, or gave it up."""
        key = name_key(name)
        self._people.forget([key])
        self._bus.publish(CHANNEL, key.encode())

    def _on_changed(self, channel: bytes, payload: bytes) -> None:
        self._people.forget([payload.decode()])


def _keys(names: Iterable[str]) -> dict[str, str]:
    return {name: key for name in names if (key := _key(name)) is not None}


def _by_name(keys: dict[str, str], people: dict[str, NamedPerson]) -> dict[str, NamedPerson]:
    return {name: people[key] for name, key in keys.items() if key in people}


async def _read(name_keys: list[str]) -> dict[str, NamedPerson]:
    users = await users_by_keys(name_keys)
    return {key: NamedPerson(user.id, user.name) for key, user in users.items()}


@functools.lru_cache(maxsize=10_000)
def _key(name: str) -> str | None:
    """The mapping of PRECIS takes longer than to parse the text."""
    try:
        return name_key(name)
    except BadName:
        return None


NAMED_PEOPLE = web.AppKey("named_people", NamedPeople)


async def follow_names(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    unfollow = await app[NAMED_PEOPLE].follow()
    yield
    unfollow()
