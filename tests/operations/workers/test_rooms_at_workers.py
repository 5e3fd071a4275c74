"""A room that is deleted at one worker is gone at the other, and restored there too; and messages that
are too old go at both."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from tests.chat.order.test_deleted_rooms import deletes, members, names, restores
from tests.conftest import server_env, unique
from tests.operations.workers.test_workers import QUICK
from tests.support.deleted_accounts import change
from tests.support.people import Person
from tests.support.servers import Aiochat, Postgres, Redis

DAY = 86_400_000


@pytest.fixture(scope="module")
def workers(own_servers: None, postgres: Postgres, redis: Redis) -> Iterator[tuple[Aiochat, Aiochat]]:
    env, timings = server_env(postgres, redis, "rooms"), replace(QUICK, retention=0.3)
    with Aiochat(env=env, timings=timings) as one, Aiochat(env=env, timings=timings) as two:
        yield one, two


@pytest.fixture
async def alice(workers: tuple[Aiochat, Aiochat]) -> AsyncIterator[Person]:
    someone = await Person(workers[0].url, unique("alice")).joins()
    yield someone
    await someone.close()


@pytest.fixture
async def bob(workers: tuple[Aiochat, Aiochat]) -> AsyncIterator[Person]:
    """At the other worker."""
    someone = await Person(workers[1].url, unique("bob")).joins()
    yield someone
    await someone.close()


@pytest.fixture
async def room(alice: Person) -> str:
    name = unique("Hall")
    await alice.creates(name)
    return name


async def test_gone_and_back_at_both(alice: Person, bob: Person, room: str) -> None:
    at_alice, at_bob = await alice.enters(room), await bob.enters(room)
    bobs = await bob.connects()
    await at_bob.says("hello")
    await deletes(at_alice, room)
    assert await at_bob.ends() == 4505
    told = await bobs.hears("unread", whole=True)
    assert room not in {one["name"] for one in told["rooms"]}
    assert room not in await names(bob)
    assert (await restores(alice, room))[0] == 200
    told = await bobs.hears("unread", whole=True)
    assert room in {one["name"] for one in told["rooms"]}
    assert await members(bob, room) == {alice.name: "owner", bob.name: "member"}
    assert (await (await bob.enters(room)).says("again"))["type"] == "receipt"


async def test_too_old_at_both(
    workers: tuple[Aiochat, Aiochat], alice: Person, bob: Person, room: str
) -> None:
    at_alice, at_bob = await alice.enters(room), await bob.enters(room)
    for number in range(1, 5):
        await at_alice.says(f"text {number}")
    here = f"room_id = (SELECT id FROM rooms WHERE slug = '{room.lower()}')"
    change(workers[0], f"UPDATE messages SET at = at - {40 * DAY} WHERE {here} AND seq <= 4")
    change(workers[0], f"UPDATE rooms SET retention_days = 30 WHERE slug = '{room.lower()}'")
    told = [await listener.hears("expired") for listener in (at_alice, at_bob)]
    assert told[0] == told[1]
    until_gone = [line["number"] for line in await bob.history(room) if "number" in line]
    assert min(until_gone) == told[0]["number"] + 1
    assert (await at_bob.says("after it"))["number"] == 5
    assert (await at_alice.hears("message", number=5))["text"] == "after it"
