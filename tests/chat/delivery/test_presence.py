"""Leases over a real Redis: seen by all processes, gone with the process that held them, and cheap,
however many there are."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis as Client
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisAway

from chat.delivery.bus import Listener, RoomBus
from chat.delivery.leases import LocalLeases, RedisLeases
from helpers.redis.bus import make_bus
from helpers.redis.client import open_redis
from tests.support.in_process import Site, Tab, services_of
from tests.support.people import PATIENCE
from tests.support.servers import Redis
from timings import DEFAULT, Timings

ALICE, BOB = 1, 2


@pytest.fixture(scope="module")
def own_redis(own_servers: None) -> Iterator[Redis]:
    """One that these stories may empty."""
    with Redis() as server:
        yield server


@pytest.fixture
async def client(own_redis: Redis) -> AsyncIterator[Client]:
    found = open_redis(own_redis.url)
    assert found is not None
    await found.flushall()
    yield found
    await found.aclose()


@pytest.fixture
async def one(client: Client) -> RedisLeases:
    found = RedisLeases(client, "aiochat:site:")
    assert await found.renew(), "who begins compares"
    return found


@pytest.fixture
async def two(client: Client, one: RedisLeases) -> RedisLeases:
    found = RedisLeases(client, "aiochat:site:")
    assert await found.renew()
    return found


async def commands(client: Client) -> int:
    """How many Redis has been asked to do so far."""
    stats = await client.info("stats")
    return int(stats["total_commands_processed"])


async def end_of(client: Client, leases: RedisLeases) -> None:
    """What Redis does when a process has been dead for the lease's time."""
    assert 0 < await client.pttl(leases._key) <= DEFAULT.lease * 1000, "its leases end by themselves"
    await client.delete(leases._key)


async def test_a_lease_is_seen_by_every_process(one: RedisLeases, two: RedisLeases) -> None:
    await one.hold([ALICE])
    assert await one.held([ALICE, BOB]) == await two.held([ALICE, BOB]) == {ALICE}
    await one.release([ALICE])
    assert await one.held([ALICE]) == await two.held([ALICE]) == set()


async def test_a_process_that_nobody_has_heard_of_is_seen_with_its_first_lease(
    one: RedisLeases, client: Client
) -> None:
    await RedisLeases(client, "aiochat:site:").hold([ALICE])
    assert await one.held([ALICE]) == {ALICE}


async def test_who_is_at_two_processes_stays_until_the_last_goes(one: RedisLeases, two: RedisLeases) -> None:
    await one.hold([ALICE])
    await two.hold([ALICE])
    await one.release([ALICE])
    assert await one.held([ALICE]) == {ALICE}
    await two.release([ALICE])
    assert await one.held([ALICE]) == set()


async def test_the_end_of_a_process_ends_its_leases_and_one_of_the_others_notices(
    one: RedisLeases, two: RedisLeases, client: Client
) -> None:
    three = RedisLeases(client, "aiochat:site:")
    await three.renew()
    await one.hold([ALICE])
    assert not await two.renew()
    await end_of(client, one)
    assert await two.held([ALICE]) == set()
    assert sorted([await two.renew(), await three.renew()]) == [False, True]
    assert not await two.renew(), "once"


async def test_who_was_only_paused_is_back(one: RedisLeases, two: RedisLeases, client: Client) -> None:
    await one.hold([ALICE])
    await end_of(client, one)
    await two.renew()
    assert await one.renew(), "others may have been told that its people went"
    assert await two.held([ALICE]) == {ALICE}
    assert not await one.renew()


async def test_a_redis_that_was_emptied_is_filled_again(
    one: RedisLeases, two: RedisLeases, client: Client
) -> None:
    everyone = list(range(1, 1202))
    await asyncio.gather(*[one.hold([lease]) for lease in everyone])
    await client.flushall()
    await one.hold([1])
    assert await one.renew()
    assert await two.held(everyone) == set(everyone)
    assert not await one.renew()


async def test_what_an_emptied_redis_does_not_hold_says_nothing(client: Client) -> None:
    leases = RedisLeases(client, "aiochat:site:", Timings(compare_after=0.0))
    assert not await leases.are_complete(), "it has just begun"
    await leases.renew()
    assert await leases.are_complete()
    await client.flushall()
    assert not await leases.are_complete()
    await leases.hold([ALICE])
    assert not await leases.are_complete(), "what it writes by the way isn't all"
    assert await leases.renew()
    assert await leases.are_complete()


async def test_an_answer_of_redis_that_is_under_way_is_waited_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that makes the key anew knows by its answer that it was gone."""
    leases = RedisLeases(client, "aiochat:site:", Timings(compare_after=0.0))
    await leases.renew()
    await client.flushall()
    answered, is_read = asyncio.Event(), asyncio.Event()
    execute = Pipeline.execute

    async def slowly(pipeline: Pipeline, *args: Any) -> Any:
        answer = await execute(pipeline, *args)
        answered.set()
        await is_read.wait()
        return answer

    monkeypatch.setattr(Pipeline, "execute", slowly)
    holding = asyncio.create_task(leases.hold([ALICE]))
    await answered.wait()
    asked = asyncio.create_task(leases.are_complete())
    for _ in range(50):
        await client.ping()
    is_read.set()
    assert not await asked
    await holding


async def test_the_others_have_time_to_write_what_redis_lost(client: Client) -> None:
    leases = RedisLeases(client, "aiochat:site:", Timings(compare_after=3600.0))
    await leases.renew()
    assert not await leases.are_complete()


async def test_an_emptied_redis_makes_nobody_offline(client: Client, site: Site) -> None:
    """Bob closes one of two tabs, at two processes. Redis is emptied before his grace has ended."""
    timings = Timings(grace=0.0, compare_after=0.0, renew_leases=3600.0)
    one, two = (
        services_of(replace(engine, leases=RedisLeases(client, "aiochat:site:", timings), timings=timings))
        for engine in (site.engine, site.there)
    )
    tabs = [Tab(services, site.bob, site.room) for services in (one, two)]
    for tab, services in zip(tabs, (one, two), strict=True):
        await tab.hears("caught_up")
        await services.presence._tick()
    tabs[0].close()
    await client.flushall()
    await one.presence._tick()
    assert await site.is_online()
    assert await two.engine.leases.renew()
    assert await one.engine.leases.renew()
    await one.presence._tick()
    assert await site.is_online()
    tabs[1].close()
    async with asyncio.timeout(PATIENCE):
        while await site.is_online():
            await two.presence._tick()
    for services in (one, two):
        await services.keep_alive.close()


async def test_while_redis_is_away_nobody_is_recorded_as_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others would only record them as offline again."""
    await site.entered()
    presence = site.here.presence
    await presence._tick()

    async def away() -> bool:
        raise RedisAway("gone")

    with monkeypatch.context() as patch:
        patch.setattr(site.engine.leases, "renew", away)
        with pytest.raises(RedisAway):
            await presence._tick()
        await site.there.presence.record([BOB], online=False)
        await site.engine.presence.catch_up()
        with pytest.raises(RedisAway):
            await presence._tick()
        assert not await site.is_online()
    await presence._tick()
    assert await site.is_online()


async def test_what_could_not_be_written_is_written_later(
    one: RedisLeases, two: RedisLeases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.hold([BOB])
    with monkeypatch.context() as patch:

        async def fail(*_: Any, **__: Any) -> None:
            raise RedisAway("gone")

        patch.setattr("redis.asyncio.client.Pipeline.execute", fail)
        for change in (one.hold([ALICE]), one.release([BOB]), one.renew()):
            with pytest.raises(RedisAway):
                await change
    assert not await one.renew()
    assert await two.held([ALICE, BOB]) == {ALICE}


async def test_thousands_cost_no_more_than_one(one: RedisLeases, two: RedisLeases, client: Client) -> None:
    before = await commands(client)
    await asyncio.gather(*[one.hold([user]) for user in range(10_000)])
    assert await commands(client) - before < 100, "who comes at once is written at once"
    before = await commands(client)
    await one.renew()
    assert await commands(client) - before < 10
    before = await commands(client)
    assert len(await two.held(range(10_000))) == 10_000
    assert await commands(client) - before < 50


async def test_without_redis_who_begins_compares() -> None:
    leases = LocalLeases()
    assert [await leases.renew(), await leases.renew()] == [True, False]
    await leases.hold([ALICE])
    assert await leases.held([ALICE, BOB]) == {ALICE}
    await leases.release([ALICE])
    assert await leases.held([ALICE]) == set()


async def test_another_process_hears_at_once_that_something_was_recorded(own_redis: Redis) -> None:
    """And not at its next look."""
    heard = asyncio.Event()

    def nothing(*_: object) -> None: ...

    buses = [make_bus(own_redis.url) for _ in range(2)]
    here, there = (
        RoomBus(bus, Listener(*(nothing,) * 4, on_presence, *(nothing,) * 3))
        for bus, on_presence in zip(buses, (nothing, heard.set), strict=True)
    )
    for bus, rooms in zip(buses, (here, there), strict=True):
        await bus.open("site")
        await rooms.open()
    try:
        async with asyncio.timeout(PATIENCE):
            while not heard.is_set():
                here.publish_presence()
                await asyncio.sleep(0.05)
    finally:
        for bus, rooms in zip(buses, (here, there), strict=True):
            rooms.close()
            await bus.close()
