"""Bob writes a long room by a program, and Alice reads it in Chromium."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import unique
from tests.support.pages.browser import Profiles
from tests.support.pages.timeline import Reader, Reads, readers_of
from tests.support.people import Listener, Person
from tests.support.servers import Aiochat


@pytest.fixture
async def bob(sqlite_chat: Aiochat) -> AsyncIterator[Person]:
    """Bob writes, by a program."""
    found = await Person(sqlite_chat.url, unique("bob")).joins()
    yield found
    await found.close()


@pytest.fixture
async def room(bob: Person) -> str:
    name = unique("Library")
    await bob.creates(name)
    return name


@pytest.fixture
async def pen(bob: Person, room: str) -> Listener:
    return await bob.enters(room)


@pytest.fixture
async def reads(profiles: Profiles, sqlite_chat: Aiochat, room: str) -> AsyncIterator[Reads]:
    async with readers_of(profiles, sqlite_chat.url, room) as make:
        yield make


@pytest.fixture
async def alice(reads: Reads, room: str) -> Reader:
    """Alice, who is a member of the room since before anything was said."""
    reader = await reads()
    await (await reader.person.enters(room)).close()
    return reader
