"""Who went is told, each once, a crowd in a few commits, and nobody who is still here."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.actions.presence import PresenceTracker
from chat.drafts import Person
from chat.engine import Engine, open_engine
from chat.models import Message, Room
from chat.roles import Role
from helpers.db.database import fetch, open_database
from helpers.db.statement import Statement
from helpers.db.transactions import ShortTransaction
from helpers.redis.bus import Bus
from helpers.rendering import Renderer
from tests.chat.delivery.test_channel import FakeClient
from tests.support.databases import new_sqlite
from tests.support.people import PATIENCE
from timings import Timings

HALL = 1
CROWD = 1000
QUICK = Timings(grace=0.0, presence_tick=0.001, compare_after=0.0, renew_leases=0.0, retry_commit=0.0)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A hall in which the history says that a thousand are."""
    database = open_database(new_sqlite(tmp_path / "test.db"))
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number", "created_at"), 0)
    await Room.insert(id=HALL, name="Hall", slug="hall", topic="", kind="open", **counters).aio_execute()
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {CROWD})"
    for statement in (
        f"INSERT INTO users (id, name, name_key, skeleton, password_hash, is_admin, created_at) {series} "
        "SELECT n, 'p' || n, 'p' || n, 'p' || n, '', FALSE, 0 FROM series",
        f"INSERT INTO members (room_id, user_id, role, present, read_number, joined_at) {series} "
        f"SELECT {HALL}, n, {Role.MEMBER:d}, TRUE, 0, 0 FROM series",
    ):
        await fetch(database, statement)
    async with open_engine(database, None, Bus(), "site", "epoch", Renderer(), timings=QUICK) as found:
        yield found
    await database.aio_close()


async def went(engine: Engine) -> list[str]:
    rows = (
        await Message.select(Message.text)
        .where(Message.kind == "went")
        .order_by(Message.seq)
        .tuples()
        .aio_execute()
    )
    return [text.partition(" ")[0] for (text,) in rows]


async def present(engine: Engine) -> list[int]:
    return [
        user_id
        for (user_id,) in await fetch(
            engine.database, "SELECT user_id FROM members WHERE present ORDER BY user_id"
        )
    ]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Grows with each."""
    found: list[float] = []
    commit = ShortTransaction.commit

    async def noted(self: ShortTransaction, *statements: Statement) -> None:
        found.append(time.monotonic())
        await commit(self, *statements)

    monkeypatch.setattr(ShortTransaction, "commit", noted)
    return found


async def test_a_crowd_that_was_lost_is_told_of_in_a_few_commits(
    engine: Engine, commits: list[float]
) -> None:
    presence = PresenceTracker(engine)
    await presence.connected(HALL, Person(7, "p7"))
    await presence._compare()
    await presence._record_due()
    assert len(commits) <= CROWD / 100
    assert sorted(await went(engine)) == sorted(f"p{number}" for number in range(1, CROWD + 1) if number != 7)
    assert await present(engine) == [7]
    await presence._compare()
    await presence._record_due()
    assert len(await went(engine)) == CROWD - 1, "each once"


async def test_who_comes_back_in_time_was_never_gone(engine: Engine) -> None:
    presence = PresenceTracker(engine)
    await presence._compare()
    await presence.connected(HALL, Person(7, "p7"))
    await presence._record_due()
    assert await present(engine) == [7]


async def test_who_connects_while_it_is_being_written_stays(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry waits for its commit; what holds then is decided then."""
    presence = PresenceTracker(engine)
    await presence._compare()
    client = FakeClient(user_id=7)
    asked = engine.leases.held

    async def held(leases: list[tuple[int, int]]) -> set[tuple[int, int]]:
        found = await asked(leases)
        asyncio.get_running_loop().call_soon(engine.hub.admit, client)
        return found

    monkeypatch.setattr(engine.leases, "held", held)
    await presence._record_due()
    assert await present(engine) == [7]
    engine.hub.dismiss(client)


async def test_one_of_two_tabs_is_not_a_going(engine: Engine) -> None:
    presence = PresenceTracker(engine)
    tabs = [FakeClient(user_id=7), FakeClient(user_id=7)]
    for tab in tabs:
        engine.hub.admit(tab)
        await presence.connected(HALL, Person(7, "p7"))
    engine.hub.dismiss(tabs[0])
    presence.disconnected(HALL, Person(7, "p7"))
    await presence._record_due()
    assert await went(engine) == []
    engine.hub.dismiss(tabs[1])
    presence.disconnected(HALL, Person(7, "p7"))
    await asyncio.sleep(0)
    await presence._record_due()
    assert await went(engine) == ["p7"]


async def test_whoever_cannot_be_told_of_now_is_told_of_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = PresenceTracker(engine)
    await presence._compare()

    async def away(self: ShortTransaction, *statements: Statement) -> None:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(ShortTransaction, "begin", away)
        with pytest.raises(Exception, match="reach its database"):
            await presence._record_due()
    assert len(await present(engine)) == CROWD
    await presence._record_due()
    assert await present(engine) == []


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
