"""What takes its time with the usual times of the engine: the shared servers have shorter ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from chat.timings import DEFAULT
from tests.chat.delivery.test_unread import news, whole
from tests.conftest import LIMITS_OFF, unique
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat


@pytest.fixture(scope="module")
def usual_chat(own_servers: None) -> Iterator[Aiochat]:
    with Aiochat(env=LIMITS_OFF) as server:
        yield server


@pytest.fixture
async def alice(usual_chat: Aiochat) -> AsyncIterator[Person]:
    found = await Person(usual_chat.url, unique("alice")).joins()
    yield found
    await found.close()


@pytest.fixture
async def bob(usual_chat: Aiochat) -> AsyncIterator[Person]:
    found = await Person(usual_chat.url, unique("bob")).joins()
    yield found
    await found.close()


async def test_many_messages_are_one_frame_a_second(alice: Person, bob: Person) -> None:
    lobby, cellar = unique("Lobby"), unique("Cellar")
    await alice.creates(lobby)
    await alice.creates(cellar)
    at_alice, at_bob = await alice.enters(cellar), await bob.enters(lobby)
    await (await alice.enters(lobby)).close()
    await whole(at_alice)
    began = asyncio.get_running_loop().time()
    for number in range(60):
        await at_bob.says(str(number))
    await news(at_alice, lobby, last_number=60)
    took = asyncio.get_running_loop().time() - began
    assert len(at_alice.heard("unread")) <= 2 + took / DEFAULT.unread_round


async def test_a_mark_is_stored_by_itself(alice: Person, bob: Person) -> None:
    lobby = unique("Lobby")
    await alice.creates(lobby)
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).says("hello")
    await at_alice.hears("message", number=1)
    await at_alice.ws.send_json({"type": "read", "number": 1})
    async with asyncio.timeout(PATIENCE):
        while (await alice.gets("/rooms?only=own"))["rooms"][0]["unread"]:
            await asyncio.sleep(0.05)


async def test_who_is_away_for_the_grace_is_offline(alice: Person, bob: Person) -> None:
    lobby = unique("Lobby")
    await alice.creates(lobby)
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    began = asyncio.get_running_loop().time()
    await at_alice.hears("message", kind="went")
    assert asyncio.get_running_loop().time() - began > DEFAULT.grace - 1
