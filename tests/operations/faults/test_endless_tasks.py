"""The endless tasks of a process end when it does, wherever they wait just then: on a real PostgreSQL
and Redis, whose clients use asyncio.wait_for."""

import asyncio
import random
from typing import Any

import pytest
from aiohttp import web

from app import create_app
from feed import streams
from settings import Settings
from tests.conftest import unique
from tests.support.databases import new_postgres
from tests.support.people import PATIENCE
from tests.support.servers import Postgres, Redis
from timings import Timings

TRIES = 25
MOST_STEPS = 60
"""Iterations of the event loop before the process ends."""

RESTLESS = Timings(
    presence_tick=0.0,
    compare_after=0.0,
    compare_every=0.0,
    renew_leases=0.0,
    store_marks=0.0,
    poll=0.0,
    unread_round=0.0,
    unread_gather=0.0,
    unread_check=0.001,
    purge=0.0,
    ended_sessions_poll=0.0,
    session_check=0.001,
    store_uses=0.0,
    deletion_poll=0.0,
    feed_poll=0.0,
)
"""No task sleeps: nearly all wait for a database all the time."""


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of what is swept each hour."""
    monkeypatch.setattr(streams, "SWEEP_SECONDS", 0.0)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+aiopg"])
async def test_a_process_ends_all_its_tasks(
    postgres: Postgres, redis: Redis, restless: None, scheme: str
) -> None:
    url = new_postgres(postgres, unique("endless")).replace("postgresql", scheme, 1)
    settings = Settings(database_url=url, redis_url=redis.numbered(19), rate_limits="off")
    chance = random.Random(12)
    before = asyncio.all_tasks()
    ended: set[asyncio.Task[Any]] = set()
    for _ in range(TRIES):
        runner = web.AppRunner(await create_app(settings, RESTLESS))
        await runner.setup()
        for _ in range(chance.randrange(MOST_STEPS)):
            await asyncio.sleep(0)
        ended |= asyncio.all_tasks() - before
        async with asyncio.timeout(PATIENCE):
            await runner.cleanup()
        assert not asyncio.all_tasks() - before
    assert len(ended) > TRIES * 10
