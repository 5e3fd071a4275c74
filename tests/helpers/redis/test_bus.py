"""What the parts of a process hear over its one bus, by one Redis or a cluster, and that there is one
connection for all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis as Client

from accounts.keys import SESSION_ENDED
from accounts.signin.sessions import end_session
from app import create_app
from helpers.keys import SITE
from helpers.redis.bus import BUS, Bus, RedisBus, make_bus
from settings import Settings
from tests.conftest import unique
from tests.support.databases import new_sqlite
from tests.support.servers import Redis, RedisCluster

PATIENCE = 20


@pytest.fixture(scope="module")
def cluster(own_servers: None) -> Iterator[RedisCluster]:
    with RedisCluster() as found:
        yield found


@pytest.fixture(scope="module")
def own_redis(own_servers: None) -> Iterator[Redis]:
    """One that no other test is connected to."""
    with Redis() as found:
        yield found


@pytest.fixture(params=["own_redis", "cluster"])
def url(own_servers: None, request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param).url)


@pytest.fixture
async def buses(url: str) -> AsyncIterator[tuple[Bus, Bus]]:
    """Those of two processes."""
    one, two = make_bus(url), make_bus(url)
    try:
        await one.open("site")
        await two.open("site")
        yield one, two
    finally:
        await one.close()
        await two.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


class Part:
    """Subscribes to a prefix, and notes what it hears."""

    def __init__(self, bus: Bus, prefix: bytes) -> None:
        self.heard: list[tuple[bytes, bytes]] = []
        self.gaps = 0
        self.leave = bus.subscribe(prefix, lambda *heard: self.heard.append(heard), self._gap)

    def _gap(self) -> None:
        self.gaps += 1

    async def hears(self, *heard: tuple[bytes, bytes]) -> None:
        await until(lambda: self.heard == list(heard))


async def test_each_part_hears_what_it_subscribed_to(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    top = unique("top").encode()
    both, first, second, other = (
        Part(two, prefix) for prefix in (top, top + b":1", top + b":2", unique("other").encode())
    )
    for name in (b":1", b":2"):
        await two.follow(top + name)
    own = Part(one, top)
    await one.follow(top + b":1")
    one.publish(top + b":1", b"a")
    one.wake(top + b":2", lambda: b"b")
    one.publish_transient(top + b":2", b"c")
    await first.hears((top + b":1", b"a"))
    await second.hears((top + b":2", b"b"), (top + b":2", b"c"))
    await until(lambda: len(both.heard) == 3)
    assert not own.heard, "oneself is told nothing"
    assert not other.heard


async def test_who_came_late_hears_and_who_has_left_does_not(buses: tuple[Bus, Bus]) -> None:
    one, two = buses
    channel = unique("channel").encode()
    first = Part(two, channel)
    await two.follow(channel)
    one.publish(channel, b"1")
    await first.hears((channel, b"1"))
    second = Part(two, channel)
    first.leave()
    one.publish(channel, b"2")
    await second.hears((channel, b"2"))
    assert first.heard == [(channel, b"1")]


async def test_what_fails_in_one_part_keeps_no_other_from_hearing(
    buses: tuple[Bus, Bus], caplog: pytest.LogCaptureFixture
) -> None:
    one, two = buses
    channel = unique("channel").encode()

    def fails(channel: bytes, payload: bytes) -> None:
        raise ValueError("unreadable")

    two.subscribe(channel, fails)
    part = Part(two, channel)
    await two.follow(channel)
    for payload in (b"1", b"2"):
        one.publish(channel, payload)
    await part.hears((channel, b"1"), (channel, b"2"))
    assert not part.gaps, "the connection is still the same"
    assert caplog.text.count("can't be used") == 2


async def test_all_parts_are_told_of_a_gap(own_servers: None) -> None:
    with Redis() as server:
        bus = make_bus(server.url)
        await bus.open("site")
        try:
            parts = [Part(bus, unique("part").encode()) for _ in range(2)]
            await bus.follow(b"channel")
            server.kill()
            server.start()
            await until(lambda: all(part.gaps for part in parts))
        finally:
            await bus.close()


async def test_without_redis_nothing_is_heard() -> None:
    bus = make_bus("")
    assert not bus.remote
    await bus.open("site")
    part = Part(bus, b"")
    await bus.follow(b"channel")
    bus.publish(b"channel", b"1")
    bus.wake(b"channel", lambda: pytest.fail("nobody is there to be woken"))
    bus.publish_transient(b"channel", b"2")
    part.leave()
    await bus.close()
    assert not part.heard


@pytest.fixture
async def app(own_redis: Redis, tmp_path: Path) -> AsyncIterator[web.Application]:
    """A process of a site, inside this one."""
    settings = Settings(
        database_url=new_sqlite(tmp_path / "chat.db"), redis_url=own_redis.url, rate_limits="off", debug=True
    )
    app = await create_app(settings)
    async with TestServer(app):
        yield app


@pytest.fixture
async def other(app: web.Application, own_redis: Redis) -> AsyncIterator[Bus]:
    """The bus of another process of the same site."""
    bus = make_bus(own_redis.url)
    await bus.open(app[SITE])
    yield bus
    await bus.close()


async def test_a_process_has_one_connection_for_all_its_parts(app: web.Application, own_redis: Redis) -> None:
    assert isinstance(app[BUS], RedisBus)
    async with Client.from_url(own_redis.url) as client:
        names = [found["name"] for found in await client.client_list()]
    assert names.count("aiochat-bus") == 1


async def test_sessions_that_end_are_told_at_once(app: web.Application, other: Bus) -> None:
    """By the channel and the payloads that the version before knows: in a rolling restart both run
    side by side."""
    told: list[str] = []
    app[SESSION_ENDED].append(lambda session_id, _: told.append(session_id))
    part = Part(other, b"control")
    await other.follow(b"control")
    await end_session(app, "here")
    assert told == ["here"]
    await part.hears((b"control", b"here"))
    other.publish(b"control", b'{"user_id":1,"data":"e30=","is_away":true}')
    other.publish(b"control", b"there")
    await until(lambda: told == ["here", "there"])


async def test_sites_on_one_redis_do_not_hear_each_other(own_redis: Redis) -> None:
    """Redis has the same channels for all its numbered databases."""
    sites = {"one": 5, "other": 6}
    tellers = {site: make_bus(own_redis.numbered(number)) for site, number in sites.items()}
    hearers = {site: make_bus(own_redis.numbered(number)) for site, number in sites.items()}
    parts = {site: Part(bus, b"room:") for site, bus in hearers.items()}
    for buses in (tellers, hearers):
        for site, bus in buses.items():
            await bus.open(site)
            await bus.follow(b"room:1")
    for place, site in enumerate(("one", "other", "one", "other")):
        tellers[site].publish(b"room:1", b"%s %d" % (site.encode(), place))
    await parts["other"].hears((b"room:1", b"other 1"), (b"room:1", b"other 3"))
    await parts["one"].hears((b"room:1", b"one 0"), (b"room:1", b"one 2"))
    for bus in (*tellers.values(), *hearers.values()):
        await bus.close()
