"""Who is named at one worker is who they are at the other: a name that somebody gets or gives up, a
member who leaves, an account that is deleted at the same moment. And groups are mentioned across
workers."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from helpers.remembering import FOUND_SECONDS
from tests.chat.actions.test_mentions import calls
from tests.conftest import server_env, unique
from tests.operations.workers.test_workers import QUICK
from tests.support.accounts import accounts_of
from tests.support.people import PASSWORD, PATIENCE, JsonObject, Listener, Person
from tests.support.servers import Aiochat, Postgres, Redis


@pytest.fixture(scope="module")
def workers(own_servers: None, postgres: Postgres, redis: Redis) -> Iterator[tuple[Aiochat, Aiochat]]:
    """Two on one database and one Redis. Each of them remembers names for a minute."""
    env = server_env(postgres, redis, "named")
    with Aiochat(env=env, timings=QUICK) as one, Aiochat(env=env, timings=QUICK) as two:
        yield one, two


@pytest.fixture
async def alice(workers: tuple[Aiochat, Aiochat]) -> AsyncIterator[Person]:
    """At the first worker."""
    someone = await Person(workers[0].url, unique("alice")).joins()
    yield someone
    await someone.close()


@pytest.fixture
async def room(alice: Person) -> str:
    name = unique("Hall")
    await alice.creates(name)
    return name


async def posted(listener: Listener, text: str) -> JsonObject:
    number = (await listener.says(text))["number"]
    return await listener.hears("message", number=number)


async def mentions_until(listener: Listener, text: str, expected: list[str] | None) -> JsonObject:
    """Posts until it mentions these: what the other worker did arrives a moment later."""
    async with asyncio.timeout(PATIENCE):
        while (found := await posted(listener, text)).get("mentions") != expected:
            await asyncio.sleep(0.02)
    return found


async def test_who_registers_at_the_other_worker_has_a_name_at_once(
    workers: tuple[Aiochat, Aiochat], alice: Person, room: str
) -> None:
    at_alice = await alice.enters(room)
    bob = Person(workers[1].url, unique("bob"))
    try:
        # Nobody has this name, and for seconds that would be remembered.
        assert "html" not in await posted(at_alice, f"@{bob.name} one")
        await bob.registers()
        await bob.enters(room)
        found = await mentions_until(at_alice, f"@{bob.name} two", [bob.name])
        assert f'href="/users/{bob.name}"' in found["html"]
    finally:
        await bob.close()


async def test_who_leaves_at_the_other_worker_is_not_called(
    workers: tuple[Aiochat, Aiochat], alice: Person, room: str
) -> None:
    at_alice = await alice.enters(room)
    accounts_of(workers[0].url).add(name := unique("bob"))
    bob = await Person(workers[1].url, name).returns()
    at_bob = await bob.enters(room)
    assert (await posted(at_alice, f"@{name} one"))["mentions"] == [name]
    await at_bob.types("/leave")
    assert await at_bob.ends() == 4502
    # The statement itself looks who is a member: no word of the bus is waited for.
    found = await posted(at_alice, f"@{name} two")
    assert "mentions" not in found
    assert f'href="/users/{name}"' in found["html"], "a person still"
    await bob.close()


async def test_who_is_deleted_at_the_other_worker_has_no_name(
    workers: tuple[Aiochat, Aiochat], alice: Person, room: str
) -> None:
    at_alice = await alice.enters(room)
    accounts_of(workers[0].url).add(name := unique("bob"))
    bob = await Person(workers[1].url, name).returns()
    await bob.enters(room)
    assert (await posted(at_alice, f"@{name} one"))["mentions"] == [name]
    # While it is deleted Alice goes on naming them: each post is stored, and none breaks.
    deleting = asyncio.create_task(bob.submits("/accounts/delete", password=PASSWORD, messages="keep"))
    said = [await posted(at_alice, f"@{name} {turn}") for turn in range(30)]
    assert (await deleting).status == 303
    assert len(said) == 30
    found = await mentions_until(at_alice, f"@{name} two", None)
    # Sooner than what is remembered ends by itself.
    async with asyncio.timeout(FOUND_SECONDS / 2):
        while "html" in found:
            found = await posted(at_alice, f"@{name} three")
    # Nobody is shown as mentioned who isn't there any more, and their rows are erased.
    lines = [line for line in await alice.history(room) if line.get("number")]
    assert not [line for line in lines if "mentions" in line]
    accounts = accounts_of(workers[0].url)
    async with asyncio.timeout(PATIENCE):
        while accounts.mention_rows(room):
            await asyncio.sleep(0.1)
    await bob.close()


async def test_groups_are_mentioned_across_workers(
    workers: tuple[Aiochat, Aiochat], alice: Person, room: str
) -> None:
    accounts_of(workers[0].url).add(name := unique("bob"))
    bob = await Person(workers[1].url, name).returns()
    elsewhere = unique("Attic")
    await alice.creates(elsewhere)
    at_alice = await alice.enters(room)
    await bob.enters(room)
    in_attic = await bob.enters(elsewhere)
    await in_attic.hears("unread", whole=True)
    async with asyncio.timeout(PATIENCE):
        # The other worker knows of him a moment later.
        while not any(
            one["present"]
            for one in (await alice.gets(f"/rooms/{room}/members"))["members"]
            if one["name"] == name
        ):
            await asyncio.sleep(0.05)
    for count, text in enumerate(("@all", "@here"), 1):
        await at_alice.says(text)
        assert await calls(bob, room) == count
        while not any(
            one.get("mentions") == count
            for one in (await in_attic.hears("unread"))["rooms"]
            if one["name"] == room
        ):
            pass
    await bob.close()
