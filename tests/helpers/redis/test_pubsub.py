"""What processes tell each other by Redis: heard in order, said only when somebody else listens,
and back after every outage."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import pytest
from redis.exceptions import RedisError

from helpers.redis import pubsub
from helpers.redis.pubsub import MAX_WAITING, PubSub
from tests.conftest import unique
from tests.support.people import PATIENCE
from tests.support.servers import Postgres, Redis, RedisCluster


class Process:
    """One that follows channels, and what it has heard."""

    def __init__(self, url: str, *seconds: float) -> None:
        self.heard: list[tuple[bytes, bytes]] = []
        self.gaps = 0
        self.said: list[bytes] = []
        self.pubsub = PubSub(
            url, lambda channel, payload: self.heard.append((channel, payload)), self._gap, *seconds
        )

    def _gap(self) -> None:
        self.gaps += 1

    def wake(self, channel: bytes, payload: bytes) -> None:
        """Wakes whoever follows, and notes in `said` whether the payload was asked for."""

        def make() -> bytes:
            self.said.append(payload)
            return payload

        self.pubsub.wake(channel, make)

    async def hears(self, channel: bytes, payload: bytes, seconds: float = 60) -> None:
        await _until(lambda: (channel, payload) in self.heard, seconds)


async def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


async def answered(process: Process, channel: bytes) -> None:
    """All that the process asked Redis about the channel has been answered: what it asks the same
    server now is answered after it."""
    await process.pubsub.follow(b"{%s}%d" % (channel, next(_turns)))


_turns = itertools.count()


@contextlib.asynccontextmanager
async def processes(url: str, *seconds: float, count: int = 2) -> AsyncIterator[list[Process]]:
    async with contextlib.AsyncExitStack() as stack:
        made = [Process(url, *seconds) for _ in range(count)]
        for process in made:
            stack.push_async_callback(process.pubsub.close)
            await process.pubsub.open()
        yield made


@pytest.fixture(scope="module")
def small_cluster(own_servers: None) -> Iterator[RedisCluster]:
    with RedisCluster() as cluster:
        yield cluster


@pytest.fixture(params=["redis", "small_cluster"])
def url(own_servers: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a Redis that answers: whoever follows waits for it, however busy the machine is."""
    monkeypatch.setattr(pubsub, "FOLLOW_SECONDS", PATIENCE)
    return str(request.getfixturevalue(request.param).url)


@pytest.fixture
def channel() -> bytes:
    return unique("channel").encode()


async def test_others_hear_and_oneself_does_not(url: str, channel: bytes) -> None:
    async with processes(url, PATIENCE, PATIENCE, count=3) as (one, two, three):
        await one.pubsub.follow(channel)
        await two.pubsub.follow(channel)
        payloads = [b"", b"\r\n$5\r\n", b"\xff" * 300_000, *(b"%d" % number for number in range(1000))]
        for payload in payloads:
            one.pubsub.publish(channel, b"." + payload)
        await two.hears(channel, b".999")
        assert two.heard == [(channel, b"." + payload) for payload in payloads]
        assert one.heard == three.heard == []
        two.pubsub.unfollow(channel)
        await answered(two, channel)
        one.pubsub.publish(channel, b"after")
        await answered(one, channel)
        await two.pubsub.follow(channel)
        one.pubsub.publish(channel, b"again")
        await two.hears(channel, b"again")
        assert (channel, b"after") not in two.heard


async def test_many_channels_at_once(url: str) -> None:
    names = [unique("channel").encode() for _ in range(500)]
    async with processes(url, PATIENCE, PATIENCE) as (one, two):
        await asyncio.gather(*(two.pubsub.follow(name) for name in names))
        for name in names:
            one.pubsub.publish(name, name)
        await _until(lambda: len(two.heard) == 500)
        assert {name for name, _ in two.heard} == set(names)


async def test_nothing_is_said_while_nobody_else_is_there(url: str, channel: bytes) -> None:
    async with processes(url, PATIENCE, PATIENCE) as (one, two):
        await one.pubsub.follow(channel)
        one.wake(channel, b"1")
        await answered(one, channel)  # that nobody was there
        for number in (b"2", b"3", b"4"):
            one.wake(channel, number)
        assert one.said == [b"1"]
        await two.pubsub.follow(channel)
        await two.hears(channel, b"4")
        assert one.said == [b"1", b"4"], "who comes hears the last, and asks the database for those before"
        one.wake(channel, b"5")
        await two.hears(channel, b"5")
        two.pubsub.unfollow(channel)
        await answered(two, channel)
        one.wake(channel, b"6")
        await answered(one, channel)
        one.wake(channel, b"7")
        assert one.said[-1] == b"6"


async def test_a_mention_is_for_who_is_there(url: str, channel: bytes) -> None:
    async with processes(url, PATIENCE, PATIENCE) as (one, two):
        await one.pubsub.follow(channel)
        one.pubsub.publish_transient(channel, b"1")
        await answered(one, channel)  # that nobody was there
        one.pubsub.publish_transient(channel, b"2")
        one.wake(channel, b"3")
        assert one.said == [], "a mention tells as well that nobody is there"
        await two.pubsub.follow(channel)
        await two.hears(channel, b"3")
        one.pubsub.publish_transient(channel, b"4")
        await two.hears(channel, b"4")
        assert [payload for _, payload in two.heard] == [b"3", b"4"]


async def test_a_mention_does_not_outlive_an_outage(own_servers: None, channel: bytes) -> None:
    with Redis() as server:
        async with processes(server.url) as (one, two):
            for process in (one, two):
                await process.pubsub.follow(channel)
            before = (one.gaps, two.gaps)
            await asyncio.to_thread(server.kill)
            await _until(lambda: not one.pubsub.is_open)
            one.pubsub.publish_transient(channel, b"stale")
            assert not one.pubsub._queue, "nothing waits for its return"
            await asyncio.to_thread(server.restart)
            await _until(lambda: one.gaps > before[0] and two.gaps > before[1])
            one.pubsub.publish_transient(channel, b"fresh")
            await two.hears(channel, b"fresh")
            assert two.heard == [(channel, b"fresh")]


async def test_who_comes_never_misses_the_last(url: str, channel: bytes) -> None:
    """One commits numbers and wakes; the other follows, and then reads the last number. It must
    have that or hear of a later one."""
    async with processes(url, PATIENCE, PATIENCE) as (one, two):
        await one.pubsub.follow(channel)
        committed = 0
        for turn in range(150):
            following = asyncio.create_task(two.pubsub.follow(channel))
            for _ in range(turn % 7):
                committed += 1
                one.wake(channel, b"%d" % committed)
                await asyncio.sleep(0.0002 * (turn % 3))
            await following
            read = committed
            for _ in range(turn % 3):
                committed += 1
                one.wake(channel, b"%d" % committed)
            if committed > read:
                await two.hears(channel, b"%d" % committed, 1)
            two.pubsub.unfollow(channel)
            if turn % 2:
                # Now and then he is known to be gone.
                await answered(two, channel)
                one.wake(channel, b"%d" % committed)
                await answered(one, channel)
        assert len(one.said) < committed + 75, "and some were left unsaid"


async def test_whoever_leaves_says_what_was_left_unsaid(url: str, channel: bytes) -> None:
    """The other has subscribed already, and its word that it did hasn't arrived."""
    async with processes(url, PATIENCE, PATIENCE) as (one, two):
        await one.pubsub.follow(channel)
        one.wake(channel, b"1")
        await answered(one, channel)
        one.wake(channel, b"2")
        following = asyncio.create_task(two.pubsub.follow(channel))
        one.pubsub.unfollow(channel)
        await following
        assert one.said == [b"1", b"2"]


async def test_a_redis_that_is_killed_and_comes_back(own_servers: None, channel: bytes) -> None:
    with Redis() as redis:
        async with processes(redis.url) as (one, two):
            await one.pubsub.follow(channel)
            await two.pubsub.follow(channel)
            gaps = two.gaps
            await asyncio.to_thread(redis.kill)
            for number in range(MAX_WAITING + 10):
                one.pubsub.publish(channel, b"%d" % number)
            later = unique("later").encode()
            async with asyncio.timeout(PATIENCE):
                await two.pubsub.follow(later)  # nobody waits for a Redis that is away
            await asyncio.to_thread(redis.start)
            await _until(lambda: two.gaps > gaps)
            one.pubsub.publish(later, b"back")
            one.pubsub.publish(channel, b"back")
            await two.hears(channel, b"back")
            await two.hears(later, b"back")
            assert len(two.heard) <= MAX_WAITING + 2


async def test_a_redis_that_hangs_is_left_and_found_again(own_servers: None, channel: bytes) -> None:
    with Redis() as redis:
        async with processes(redis.url, 0.5, 0.5) as (one, two):
            await two.pubsub.follow(channel)
            gaps = two.gaps
            redis.pause()
            await _until(lambda: not one.pubsub.is_open and not two.pubsub.is_open)
            redis.resume()
            await _until(lambda: two.gaps > gaps)
            one.pubsub.publish(channel, b"back")
            await two.hears(channel, b"back")


async def test_passwords(own_servers: None, channel: bytes) -> None:
    with Redis(options=("--requirepass", "s3:c/ret")) as redis:
        url = f"redis://:s3%3Ac%2Fret@127.0.0.1:{redis.port}/0"
        async with processes(url, PATIENCE, PATIENCE) as (one, two):
            await two.pubsub.follow(channel)
            one.pubsub.publish(channel, b"hello")
            await two.hears(channel, b"hello")
        for wrong in (redis.url, f"redis://:wrong@127.0.0.1:{redis.port}/0"):
            with pytest.raises(RedisError):
                await Process(wrong).pubsub.open()


async def test_a_local_socket(own_servers: None, channel: bytes) -> None:
    with Redis() as plain:
        path = plain.folder / "socket"
        with Redis(options=("--unixsocket", str(path))) as redis:
            assert redis.running
            async with processes(f"unix://{path}") as (one, two):
                await two.pubsub.follow(channel)
                one.pubsub.publish(channel, b"hello")
                await two.hears(channel, b"hello")


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_what_is_no_redis_is_refused(scheme: str, postgres: Postgres, redis: Redis) -> None:
    wrong = [
        f"{scheme}://127.0.0.1:{postgres.port}",
        f"{scheme}://127.0.0.1:1",
        f"{scheme}://no.such.host.invalid:1",
    ]
    if scheme == "redis+cluster":
        wrong.append(f"redis+cluster://127.0.0.1:{redis.port}")
    for url in wrong:
        with pytest.raises(RedisError):
            await Process(url).pubsub.open()


async def test_one_living_seed_is_enough(small_cluster: RedisCluster, channel: bytes) -> None:
    async with processes(f"redis+cluster://127.0.0.1:1,127.0.0.1:{small_cluster.nodes[1].port}") as (
        one,
        two,
    ):
        await two.pubsub.follow(channel)
        one.pubsub.publish(channel, b"hello")
        await two.hears(channel, b"hello")


async def test_a_slot_that_moves_is_followed(small_cluster: RedisCluster, channel: bytes) -> None:
    async with processes(small_cluster.url) as (one, two):
        await one.pubsub.follow(channel)
        await two.pubsub.follow(channel)
        for turn in range(4):
            others = [
                node for node in small_cluster.nodes if node is not small_cluster.owner(channel.decode())
            ]
            gaps = two.gaps
            await asyncio.to_thread(partial(small_cluster.move, channel.decode(), others[turn % 2]))
            await _until(lambda before=gaps: two.gaps > before, 3)  # type: ignore[misc]
            one.wake(channel, b"%d" % turn)
            await two.hears(channel, b"%d" % turn, 3)
