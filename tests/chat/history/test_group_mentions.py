"""Whom `@all` and `@here` mention: what is stored, how much of it at once, and what is counted."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peewee_async.databases import AioDatabase

from accounts.models import Block, User
from chat.actions.editing import amend
from chat.actions.order.filtering import post_and_wait
from chat.costs import GROUP_MENTIONS
from chat.drafts import ALL, HERE, Person
from chat.engine import Engine, open_engine
from chat.events import Receipt
from chat.history.room_lists import own_rooms
from chat.history.unread_counts import UnreadCounts
from chat.history.writing.group_mentions import HERE_AT_ONCE
from chat.models import Member, Mention, Message, SitePresence
from chat.requests import Delete, Edit, new_nonce
from chat.roles import Role
from helpers.db.statement import Statement
from helpers.db.transactions import ShortTransaction
from helpers.limits import LocalLimiter
from helpers.redis.bus import Bus
from helpers.rendering import Renderer
from tests.chat.history.conftest import ALICE, BOB, filled
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.in_process import until

PRESENT, ABSENT = 1100, 50
FIRST = 100
"""The id of the first of the crowd."""


@pytest.fixture(params=["sqlite", "postgres"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    """Room 1 is Alice's, who moderates it, and full of people. Its clock of limits stands still."""
    url = (
        new_sqlite(tmp_path / "test.db")
        if request.param == "sqlite"
        else new_postgres(request.getfixturevalue("postgres"), unique("groups"))
    )
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(filled(url))
        await _fill(database)
        renderer = Renderer()
        stack.push_async_callback(renderer.close)
        limiter = LocalLimiter(lambda: 0.0)
        yield await stack.enter_async_context(
            open_engine(database, None, Bus(), "site", "epoch", renderer, limiter=limiter)
        )


async def _fill(database: AioDatabase) -> None:
    ids = range(FIRST, FIRST + PRESENT + ABSENT)
    people = [
        {"id": one, "name": f"p{one}", "name_key": f"p{one}", "skeleton": f"p{one}", "password_hash": ""}
        for one in ids
    ]
    members = [{"room": 1, "user": one, "role": Role.MEMBER, "read_number": 0} for one in ids]
    async with database.aio_atomic():
        for start in range(0, len(people), 200):
            some = [{**row, "is_admin": False, "created_at": 0} for row in people[start : start + 200]]
            await User.insert_many(some).aio_execute()
            rows = [{**row, "joined_at": 0} for row in members[start : start + 200]]
            await Member.insert_many(rows).aio_execute()
        await (
            Member.update(role=Role.MODERATOR).where(Member.room == 1, Member.user == ALICE.id).aio_execute()
        )
        online = [ALICE.id, BOB.id, *range(FIRST, FIRST + PRESENT)]
        records = [{"user_id": one, "online": True, "version": 1} for one in online]
        await SitePresence.insert_many(records).aio_execute()
        await Block.insert(blocker_id=FIRST, blocked_id=ALICE.id, at=0).aio_execute()
        await Block.insert(blocker_id=ALICE.id, blocked_id=FIRST + PRESENT - 1, at=0).aio_execute()


async def says(engine: Engine, text: str, author: Person = ALICE) -> Receipt:
    return await post_and_wait(engine, 1, author, text, new_nonce(), "post")


async def mentioned(number: int | None) -> set[int]:
    rows = await (
        Mention.select(Mention.user_id)
        .where(Mention.room_id == 1, Mention.number == number)
        .tuples()
        .aio_execute()
    )
    return {user_id for (user_id,) in rows}


EVERYBODY_THERE = {BOB.id, HERE.user_id, *range(FIRST + 1, FIRST + PRESENT - 1)}


async def test_all_has_one_row(engine: Engine) -> None:
    receipt = await says(engine, "@all")
    assert await mentioned(receipt.number) == {ALL.user_id}
    row = await Message.aio_get(Message.room_id == 1, Message.seq == receipt.seq)
    assert row.mentions == str(ALL.user_id)
    counts = await UnreadCounts(engine.database).of([(1, user_id) for user_id in range(1, 2000)])
    called = {user_id for (_, user_id), count in counts.items() if count.mentions}
    assert called == {BOB.id, *range(FIRST + 1, FIRST + PRESENT + ABSENT)} - {FIRST + PRESENT - 1}
    for user_id, count in ((BOB.id, 1), (ALICE.id, 0), (FIRST, 0), (FIRST + PRESENT - 1, 0)):
        [room] = [
            room for room in await own_rooms(await User.aio_get(User.id == user_id)) if room.name == "r1"
        ]
        assert room.mentions == count
    await amend(engine, 1, ALICE, Delete(receipt.number or 0))
    assert await mentioned(receipt.number) == set()


async def test_no_commit_stores_more_than_some(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a full room the rest comes after the post was acknowledged, and goes with it."""
    rows: list[int] = []
    run = ShortTransaction.commit

    async def count(self: ShortTransaction, *statements: Statement) -> None:
        inserted = [one for one in statements if 'INTO "mentions"' in one.sql]
        rows.append(sum(len(one.params) // 4 for one in inserted))
        await run(self, *statements)

    monkeypatch.setattr(ShortTransaction, "commit", count)
    receipt = await says(engine, "@here hello")
    assert 0 < max(rows) <= HERE_AT_ONCE
    found: set[int] = set()
    while found != EVERYBODY_THERE:
        found = await mentioned(receipt.number)
        assert found <= EVERYBODY_THERE
    await amend(engine, 1, ALICE, Edit(receipt.number or 0, "@here @p101 hello again"))
    await amend(engine, 1, ALICE, Edit(receipt.number or 0, "@p101"))
    assert await mentioned(receipt.number) == {FIRST + 1}


async def test_the_rest_is_not_stored_where_the_post_is_gone(engine: Engine) -> None:
    receipt = await says(engine, "@here")
    await amend(engine, 1, ALICE, Delete(receipt.number or 0))
    await until(lambda: not engine.hub._tasks or len(engine.hub._tasks) == 1)
    assert await mentioned(receipt.number) == set()


async def test_it_is_limited(engine: Engine) -> None:
    """Five at once; then it is text, also in an edit, and what was called stays so."""
    receipts = [await says(engine, f"@all {number}") for number in range(6)]
    assert [receipt.unheard for receipt in receipts] == [None] * int(GROUP_MENTIONS.burst) + ["rate_limited"]
    assert await mentioned(receipts[-1].number) == set()
    row = await Message.aio_get(Message.room_id == 1, Message.seq == receipts[-1].seq)
    assert (row.text, row.html, row.mentions) == ("@all 5", None, None)
    edited = await amend(engine, 1, ALICE, Edit(receipts[0].number or 0, "@all again"))
    assert edited.unheard is None
    assert await mentioned(receipts[0].number) == {ALL.user_id}
    edited = await amend(engine, 1, ALICE, Edit(receipts[-1].number or 0, "@all again"))
    assert edited.unheard == "rate_limited"
    assert await mentioned(receipts[-1].number) == set()
    assert (await says(engine, "@all", BOB)).unheard == "forbidden", "a limit of each"
