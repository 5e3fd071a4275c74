"""What the stories of the times are told with."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import redis.asyncio
from peewee_async.databases import AioDatabase

from chat.drafts import Person
from helpers.db.database import open_database

HALL, ALICE = 1, Person(1, "alice")


class Moments(list[float]):
    """When something happened."""

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()

    def note(self, *_: Any) -> None:
        self.append(time.monotonic())

    async def reach(self, count: int) -> None:
        while len(self) < count:
            await asyncio.sleep(0.05)

    async def first(self) -> float:
        """The seconds from the beginning to the first."""
        await self.reach(1)
        return self[0] - self.began

    async def apart(self) -> float:
        """The seconds between the first two."""
        await self.reach(2)
        return self[1] - self[0]


class Stage:
    """What the stories need: a database without tables, and an empty Redis."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.database: AioDatabase = open_database(f"sqlite:///{folder / 'timings.db'}")
        self.redis = redis.asyncio.Redis.from_url(redis_url)
        self.tasks: list[asyncio.Task[Any]] = []

    def runs(self, work: Any) -> None:
        """Runs it until the end of all stories."""
        self.tasks.append(asyncio.ensure_future(work))

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.redis.aclose()
        await self.database.aio_close()


Story = Callable[[Stage], Awaitable[float]]
"""Returns how long something took, in seconds: at least as long as the time says."""

STORIES: dict[str, Story] = {}


def story(told: Story) -> Story:
    """Of the time that is named as the function is."""
    STORIES[told.__name__] = told
    return told


async def took(waiting: Awaitable[object]) -> float:
    began = time.monotonic()
    await waiting
    return time.monotonic() - began


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def forever(*_: Any) -> Any:
    await asyncio.Event().wait()


def nothing(*_: Any) -> None: ...
