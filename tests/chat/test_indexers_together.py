"""Two processes that index at once: one stood still for longer than its claim, and goes on."""

import asyncio
from pathlib import Path

import pytest
from peewee_async.databases import AioDatabase

from chat.models import Message, Room
from chat.search.indexer import Indexer
from helpers.db.database import fetch
from helpers.db.leases import Lease
from tests.chat.history.conftest import filled
from tests.chat.test_search import lines_of
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return new_sqlite(tmp_path / "db")
    return new_postgres(request.getfixturevalue("postgres"), unique("together"))


async def write(texts: list[str]) -> None:
    await Message.insert_many(lines_of(texts)).aio_execute()
    await Room.update(last_seq=len(texts), posts=len(texts)).where(Room.id == 1).aio_execute()


async def indexed(database: AioDatabase) -> list[tuple[int, str]]:
    rows = await fetch(database, "SELECT seq, text FROM search_lines WHERE room_id = 1 ORDER BY seq")
    return [(seq, text) for seq, text in rows]


async def until_done(indexer: Indexer) -> None:
    while await indexer.index_some():
        pass


class Still(Indexer):
    """Stands still within a step, once it has its lock."""

    def __init__(self, database: AioDatabase) -> None:
        super().__init__(database, 0.0)
        self.is_there, self.goes_on = asyncio.Event(), asyncio.Event()

    async def _lock(self, room_id: int) -> int:
        done = await super()._lock(room_id)
        self.is_there.set()
        await self.goes_on.wait()
        return done


async def test_one_that_comes_back_after_another_has_indexed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"beans {number}" for number in range(250)]
    async with filled(url) as database:
        await write(texts)
        first, second = Indexer(database, 0.0), Indexer(database, 0.0)
        is_there, goes_on = asyncio.Event(), asyncio.Event()
        rows = first._rows

        async def stand_still(sql: str, *params: object) -> object:
            found = await rows(sql, *params)
            if "FROM rooms WHERE id >" in sql and not is_there.is_set():
                # It knows what is to be done, and has no transaction yet.
                is_there.set()
                await goes_on.wait()
            return found

        monkeypatch.setattr(first, "_rows", stand_still)
        stalled = asyncio.create_task(until_done(first))
        await is_there.wait()
        await Lease.update(until=0).aio_execute()
        await until_done(second)
        before = await indexed(database)
        assert before == list(enumerate(texts, 1))
        goes_on.set()
        await stalled
        assert await indexed(database) == before
        # And what is written from then on is indexed once.
        await Message.insert(lines_of([*texts, "one more"])[-1]).aio_execute()
        await Room.update(last_seq=len(texts) + 1).where(Room.id == 1).aio_execute()
        await Lease.update(until=0).aio_execute()
        await asyncio.gather(until_done(first), until_done(second))
        assert (await indexed(database))[-1] == (251, "one more")


async def test_two_within_a_step_at_once(url: str) -> None:
    texts = [f"beans {number}" for number in range(250)]
    async with filled(url) as database:
        await write(texts)
        first, second = Still(database), Indexer(database, 0.0)
        stalled = asyncio.create_task(until_done(first))
        await first.is_there.wait()

        async def step() -> None:
            async with database.aio_atomic():
                await second._step(1)

        other = asyncio.create_task(step())
        done, _ = await asyncio.wait([other], timeout=0.2)
        assert not done, "it waits for the one that has the lock"
        first.goes_on.set()
        await asyncio.gather(stalled, other)
        assert await indexed(database) == list(enumerate(texts, 1))
