"""Whatever is killed: a message with a receipt is in the history exactly once, and the chat comes
back by itself."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any

import aiohttp
import pytest

from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.people import PATIENCE, Listener, Person
from tests.support.presence import are_online, online_in
from tests.support.servers import Aiochat, Postgres, Redis

SENDERS = 20
RETRY_SECONDS = 5
"""Without an answer for so long a sender asks again, by another connection."""


class Sender:
    """Sends numbered texts as a good client does: keeps each until its receipt, and after a
    reconnect sends it again."""

    def __init__(self, person: Person, room: str) -> None:
        self.person = person
        self.room = room
        self.receipts: dict[str, dict[str, Any]] = {}
        self.seen: list[int] = []
        self.epoch: str | None = None
        self._stopping = False

    async def run(self, total: int) -> None:
        waiting = {
            f"{self.person.name}-{number}": f"{self.person.name} says {number}" for number in range(total)
        }
        while waiting or not self._stopping:
            try:
                listener = await asyncio.wait_for(
                    self.person.enters(self.room, since=self.seen[-1] if self.seen else 0, epoch=self.epoch),
                    RETRY_SECONDS,
                )
            except (aiohttp.ClientError, AssertionError, OSError):
                await asyncio.sleep(0.1)
                continue
            self.epoch = listener.events[0]["epoch"]
            # Without an answer for long it asks again, by another connection.
            with contextlib.suppress(
                aiohttp.ClientError, ConnectionError, TimeoutError, AssertionError, RuntimeError
            ):
                await self._talk(listener, waiting)
            self._note(listener)
            await listener.close()

    async def _talk(self, listener: Listener, waiting: dict[str, str]) -> None:
        for nonce, text in list(waiting.items()):
            await listener.ws.send_json({"type": "post", "nonce": nonce, "text": text})
            answer = await asyncio.wait_for(listener._answer(nonce), RETRY_SECONDS)
            if answer["type"] == "receipt":
                self.receipts[nonce] = answer
                del waiting[nonce]
            else:
                assert answer["code"] == "unavailable", answer
                await asyncio.sleep(0.1)
        while not self._stopping and not waiting:
            await asyncio.wait_for(listener.is_told(), RETRY_SECONDS)
            await asyncio.sleep(0.25)

    def _note(self, listener: Listener) -> None:
        if listener.heard("reset"):
            raise AssertionError("nobody was so far behind")
        self.seen += [event["seq"] for event in listener.heard("message")]

    def stop(self) -> None:
        self._stopping = True


@contextlib.asynccontextmanager
async def _twenty_senders(url: str, room: str) -> AsyncIterator[list[Sender]]:
    people = [Person(url, unique("sender")) for _ in range(SENDERS)]
    try:
        for someone in people:
            await someone.joins()
        await people[0].creates(room)
        yield [Sender(someone, room) for someone in people]
    finally:
        for someone in people:
            await someone.close()


@contextlib.asynccontextmanager
async def _running(works: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """A task for each, as long as the block runs."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _through_trouble(url: str, trouble: "Callable[[], Any]", messages: int = 30) -> None:
    """Twenty send while there is trouble; then every receipt is compared with the history, and what
    each saw with the history's order."""
    room = "Storm" + secrets.token_hex(4)
    async with _twenty_senders(url, room) as senders:
        async with _running(sender.run(messages) for sender in senders) as tasks:
            await _until(lambda: sum(len(sender.receipts) for sender in senders) > SENDERS * 3)
            assert not all(len(sender.receipts) == messages for sender in senders), "nobody is in trouble"
            await trouble()
            await _until(
                lambda: (
                    all(len(sender.receipts) == messages for sender in senders)
                    or any(task.done() for task in tasks)
                )
            )
            if ended := [task for task in tasks if task.done()]:
                raise AssertionError("a sender gave up") from ended[0].exception()
            last = (await senders[0].person.history(room))[-1]["seq"]
            for sender in senders:
                sender.stop()
            await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
        history = await senders[0].person.history(room)
        assert [line["seq"] for line in history] == list(range(1, len(history) + 1)), (
            "seqs are 1..last without holes"
        )
        by_seq = {line["seq"]: line for line in history}
        for sender in senders:
            for number in range(messages):
                receipt = sender.receipts[f"{sender.person.name}-{number}"]
                line = by_seq[receipt["seq"]]
                assert (line["number"], line["author"], line["text"]) == (
                    receipt["number"],
                    sender.person.name,
                    f"{sender.person.name} says {number}",
                )
        posts = [line["text"] for line in history if line["kind"] == "post"]
        assert len(posts) == len(set(posts)) == SENDERS * messages, "each exactly once"
        for sender in senders:
            assert sender.seen == list(range(1, len(sender.seen) + 1)), (
                "everyone saw everything in order, once"
            )
            assert len(sender.seen) >= last


async def _until(true: Callable[[], bool], seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def _in_thread(*works: Callable[[], object]) -> None:
    for work in works:
        await asyncio.to_thread(work)


async def test_the_server_is_killed_on_sqlite(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF, forked=False) as server:
        await _through_trouble(server.url, lambda: _in_thread(server.kill, server.restart))


async def test_the_server_is_killed_on_postgres(postgres: Postgres, redis: Redis) -> None:
    with Aiochat(env=server_env(postgres, redis, "killed")) as server:
        await _through_trouble(server.url, lambda: _in_thread(server.kill, server.restart))


async def test_the_server_is_restarted(postgres: Postgres, redis: Redis) -> None:
    with Aiochat(env=server_env(postgres, redis, "restarted")) as server:
        await _through_trouble(server.url, lambda: _in_thread(server.restart))


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+aiopg"])
async def test_postgres_is_killed(scheme: str, redis: Redis) -> None:
    with Postgres() as postgres:
        env = server_env(postgres, redis, "outage")
        env["AIOCHAT_DATABASE_URL"] = env["AIOCHAT_DATABASE_URL"].replace("postgresql", scheme, 1)

        async def trouble() -> None:
            await _in_thread(postgres.kill)
            await asyncio.sleep(1)
            await _in_thread(postgres.restart)

        with Aiochat(env=env) as server:
            await _through_trouble(server.url, trouble)


async def test_connections_to_postgres_are_cut(postgres: Postgres, redis: Redis) -> None:
    async def trouble() -> None:
        for _ in range(3):
            await _in_thread(lambda: postgres.cut_connections("cut"))
            await asyncio.sleep(0.2)

    with Aiochat(env=server_env(postgres, redis, "cut")) as server:
        await _through_trouble(server.url, trouble)


async def test_a_clean_end_tells_everyone_to_come_back(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        alice = await Person(server.url, "alice").joins()
        await alice.creates("Lobby")
        at_alice = await alice.enters("Lobby")
        await at_alice.ws.send_json({"type": "post", "text": "last words", "nonce": "n"})
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert await at_alice.ends() == 1012
        assert await stopping == 0
        server.start()
        assert [line["text"] for line in await alice.history("Lobby") if line.get("number")] in (
            ["last words"],
            [],
        )
        assert bool(at_alice.heard("receipt")) == bool(
            [line for line in await alice.history("Lobby") if line.get("number")]
        )
        await alice.close()


async def test_who_crashed_is_gone_within_a_minute(own_servers: None) -> None:
    """The server is killed and nobody comes back but one: the other is offline."""
    with Aiochat(env=LIMITS_OFF) as server:
        alice, bob = await Person(server.url, "alice").joins(), await Person(server.url, "bob").joins()
        await alice.creates("Lobby")
        await alice.enters("Lobby")
        await bob.enters("Lobby")
        await are_online(alice, "Lobby", alice, bob)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)
        again = await alice.enters("Lobby")
        assert await online_in(alice, "Lobby") == {"alice", "bob"}
        while "bob" not in (gone := (await again.hears("online")).get("offline", [])):
            assert not gone
        told = [event for event in again.heard("online") if "alice" in str(event)]
        assert not told, "who came back at once was never gone"
        await alice.close()
        await bob.close()
