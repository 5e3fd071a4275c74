"""Who comes and goes is recorded once, a crowd by a few statements, and nobody as gone who is still
here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from chat.actions.presence import PresenceTracker
from chat.engine import Engine, open_engine
from chat.models import Room
from chat.roles import Role
from helpers.db.database import fetch, open_database
from helpers.redis.bus import Bus
from helpers.rendering import Renderer
from tests.chat.delivery.test_channel import FakeClient
from tests.support.databases import new_sqlite
from tests.support.in_process import BOB, Site, until
from tests.support.people import PATIENCE
from timings import Timings

HALL = 1
CROWD = 1000
QUICK = Timings(grace=0.0, presence_tick=0.001, presence_gather=0.001, compare_after=0.0, renew_leases=0.0)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A hall with a thousand members, all of whom are recorded as online."""
    database = open_database(new_sqlite(tmp_path / "test.db"))
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number", "created_at"), 0)
    await Room.insert(id=HALL, name="Hall", slug="hall", topic="", kind="open", **counters).aio_execute()
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {CROWD})"
    for statement in (
        f"INSERT INTO users (id, name, name_key, skeleton, password_hash, is_admin, created_at) {series} "
        "SELECT n, 'p' || n, 'p' || n, 'p' || n, '', FALSE, 0 FROM series",
        f"INSERT INTO members (room_id, user_id, role, present, read_number, joined_at) {series} "
        f"SELECT {HALL}, n, {Role.MEMBER:d}, FALSE, 0, 0 FROM series",
        f"INSERT INTO presence (user_id, online, version) {series} SELECT n, TRUE, 1 FROM series",
        "UPDATE presence_clock SET version = 1",
    ):
        await fetch(database, statement)
    async with open_engine(database, None, Bus(), "site", "epoch", Renderer(), timings=QUICK) as found:
        yield found
    await database.aio_close()


async def online(engine: Engine) -> list[int]:
    rows = await fetch(engine.database, "SELECT user_id FROM presence WHERE online ORDER BY user_id")
    return [user_id for (user_id,) in rows]


@pytest.fixture
def recorded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """How many people each call of the store was about, and whether they came."""
    found: list[tuple[int, bool]] = []
    record = engine.presence._store.record

    async def noted(user_ids: Collection[int], *, online: bool) -> bool:
        found.append((len(user_ids), online))
        return await record(user_ids, online=online)

    monkeypatch.setattr(engine.presence._store, "record", noted)
    return found


async def is_here(engine: Engine, presence: PresenceTracker, client: FakeClient) -> None:
    engine.hub.admit(client)
    presence.connected(client.user_id)
    await presence._record_arrived()


async def test_a_crowd_that_was_lost_is_recorded_at_once(
    engine: Engine, recorded: list[tuple[int, bool]]
) -> None:
    presence = PresenceTracker(engine)
    client = FakeClient(user_id=7)
    await is_here(engine, presence, client)
    await presence._compare()
    await presence._record_due()
    assert recorded == [(CROWD - 1, False)], "who was online all the time isn't recorded again"
    assert await online(engine) == [7]
    await engine.presence.catch_up()
    assert engine.presence.online_ids == [7]
    engine.hub.dismiss(client)


async def test_a_crowd_that_comes_back_costs_nothing(
    engine: Engine, recorded: list[tuple[int, bool]]
) -> None:
    """After a restart all connect again, and are recorded as online already."""
    presence = PresenceTracker(engine)
    clients = [FakeClient(user_id=number) for number in range(1, 301)]
    for client in clients:
        engine.hub.admit(client)
        presence.connected(client.user_id)
    await presence._record_arrived()
    assert recorded == []
    for client in clients:
        engine.hub.dismiss(client)


async def test_a_crowd_that_comes_is_recorded_and_told_at_once(
    engine: Engine, recorded: list[tuple[int, bool]]
) -> None:
    presence = PresenceTracker(engine)
    await presence._compare()
    await presence._record_due()
    await engine.presence.catch_up()
    recorded.clear()
    clients = [FakeClient(user_id=number) for number in range(1, 301)]
    for client in clients:
        await engine.hub.register(client)
        channel = engine.hub._channels[HALL]
        channel._behind.pop(client)
        channel._live.add(client)
        engine.hub.admit(client)
        presence.connected(client.user_id)
    await presence._tick()
    assert recorded == [(300, True)]
    await until(lambda: all(client.lines for client in clients))
    for client in clients:
        told = [event for event in client.lines if event["type"] == "online"]
        assert [len(event["names"]) for event in told] == [300], "one event for each connection"
        engine.hub.leave(client)
        engine.hub.dismiss(client)


async def test_who_comes_back_in_time_was_never_gone(
    engine: Engine, recorded: list[tuple[int, bool]]
) -> None:
    presence = PresenceTracker(engine)
    await presence._compare()
    client = FakeClient(user_id=7)
    await is_here(engine, presence, client)
    await presence._record_due()
    assert await online(engine) == [7]
    engine.hub.dismiss(client)


async def test_one_of_two_tabs_is_not_a_going(engine: Engine) -> None:
    presence = PresenceTracker(engine)
    tabs = [FakeClient(user_id=7), FakeClient(user_id=7)]
    for tab in tabs:
        await is_here(engine, presence, tab)
    for tab, is_online in zip(tabs, (True, False), strict=True):
        engine.hub.dismiss(tab)
        presence.disconnected(7)
        await presence._record_arrived()
        await presence._record_due()
        assert (7 in await online(engine)) == is_online


async def test_whoever_cannot_be_recorded_now_is_recorded_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = PresenceTracker(engine)
    await presence._compare()

    async def away(*_: Any, **__: Any) -> bool:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(engine.presence._store, "record", away)
        with pytest.raises(ConnectionError):
            await presence._record_due()
    assert len(await online(engine)) == CROWD
    await presence._record_due()
    assert await online(engine) == []
    await engine.presence.catch_up()
    client = FakeClient(user_id=7)
    with monkeypatch.context() as patch:
        patch.setattr(engine.presence._store, "record", away)
        with pytest.raises(ConnectionError):
            await is_here(engine, presence, client)
    await presence._tick()
    assert await online(engine) == [7]
    engine.hub.dismiss(client)


async def test_the_loop_compares_at_the_start_and_then_no_more(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = PresenceTracker(engine)
    compared = []

    async def compare() -> None:
        compared.append(True)

    monkeypatch.setattr(presence, "_compare", compare)
    renewed = asyncio.Event()
    renew, times = engine.leases.renew, []

    async def noted() -> bool:
        times.append(True)
        if len(times) == 10:
            renewed.set()
        if len(times) == 5:
            raise ConnectionError("Redis is away")
        return await renew()

    monkeypatch.setattr(engine.leases, "renew", noted)
    task = asyncio.create_task(presence.run())
    await asyncio.wait_for(renewed.wait(), PATIENCE)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(compared) == 2, "at the start, and after Redis was away"


async def test_who_connects_as_their_going_is_recorded_is_online(site: Site) -> None:
    """Another process found no lease, and its record is committed after they came."""
    tab = await site.entered()
    await site.here.presence._tick()
    await tab.hears("online", names=["bob"])
    await site.there.presence.record([BOB.id], online=False)
    assert not await site.is_online()
    site.finds()
    await tab.hears("online", offline=["bob"])
    await online_again(site)
    await until(lambda: len(tab.heard("online")) == 3)
    assert tab.code is None
    told = [(event.get("names"), event.get("offline")) for event in tab.heard("online")]
    assert told[-2:] == [(None, ["bob"]), (["bob"], None)], "what was wrong is told, and mended"


async def test_who_was_wrongly_recorded_is_found_though_no_word_of_it_comes(site: Site) -> None:
    """By the comparison: the one that is here is online, the other isn't."""
    await site.entered()
    await site.there.presence.record([1], online=True)
    await site.there.presence.record([BOB.id], online=False)
    await online_again(site)
    assert not await site.there.presence._store.record([1], online=False), "Alice is offline"


async def online_again(site: Site) -> None:
    """What the engine here does by itself makes Bob online, and nobody else."""
    running = asyncio.create_task(site.here.presence.run())
    site.finds()

    async def holds() -> bool:
        rows = await fetch(site.engine.database, "SELECT user_id FROM presence WHERE online")
        return rows == [(BOB.id,)]

    await true_in_the_end(holds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def true_in_the_end(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.001)
