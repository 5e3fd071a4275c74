"""Pages at a site of two workers, which are replaced one by one while people write in several rooms."""

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import server_env, unique
from tests.support.pages.browser import WIDE, Visitor
from tests.support.pages.shell import STAYS, goes_to, link
from tests.support.people import PATIENCE
from tests.support.servers import Aiochat, Postgres, Redis

ROOMS = 3
KEPT = 100
"""Fewer than a page holds in any case."""


async def says_in_log(server: Aiochat, text: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while text not in server.tail(1000):
            await asyncio.sleep(0.05)


@pytest.fixture
def workers(own_servers: None, postgres: Postgres, redis: Redis) -> Iterator[Aiochat]:
    env = server_env(postgres, redis, unique("rolling"))
    with Aiochat(env=env, arguments=("serve", "--migrate", "--workers", "2")) as server:
        yield server


@pytest.fixture
async def people(workers: Aiochat, browser: Browser) -> AsyncIterator[list[Visitor]]:
    found = []
    for name in ("alice", "bob"):
        context = await browser.new_context(viewport=WIDE)
        visitor = Visitor(context, await context.new_page(), workers.url, unique(name))
        await visitor.joins()
        found.append(visitor)
    yield found
    for visitor in found:
        await visitor.leaves()
        assert not visitor.complaints, visitor.complaints


async def walks_and_writes(visitor: Visitor, rooms: list[str], until: asyncio.Event) -> list[str]:
    """Goes round all rooms and writes in each. What was written, in its order."""
    said = []
    for number in itertools.count():
        for room in rooms:
            await visitor.page.click(link(visitor, room))
            await expect(visitor.page.locator("#room-name")).to_have_text(room)
            said.append(f"{room}: {number} by {visitor.name}")
            await visitor.says(said[-1])
        if until.is_set():
            return said
    raise AssertionError


async def test_nothing_is_lost_or_said_twice(workers: Aiochat, people: list[Visitor]) -> None:
    alice = people[0]
    assert alice.person
    rooms = [unique("hall") for _ in range(ROOMS)]
    for room in rooms:
        await alice.person.creates(room)
    for visitor in people:
        for room in rooms:
            await visitor.enters(room)
        await visitor.page.evaluate(STAYS)
    await says_in_log(workers, "Stop it with Ctrl-C")
    replaced = asyncio.Event()
    writing = [asyncio.create_task(walks_and_writes(visitor, rooms, replaced)) for visitor in people]
    workers.send(signal.SIGHUP)
    await says_in_log(workers, "all workers are new")
    replaced.set()
    said = await asyncio.gather(*writing)
    for room in rooms:
        for visitor in people:
            await goes_to(visitor, room)
            await expect(visitor.page.locator("#timeline .pending")).to_have_count(0)
        told = [line["text"] for line in await alice.person.history(room) if line.get("number")]
        for visitor, texts in zip(people, said, strict=True):
            own = [text for text in told if text.endswith(f" {visitor.name}")]
            assert own == [text for text in texts if text.startswith(f"{room}:")]
            await expect(visitor.line(told[-1])).to_have_count(1)
            assert (await visitor.texts())[-KEPT:] == told[-KEPT:]
    assert "Traceback" not in workers.tail(1000)
