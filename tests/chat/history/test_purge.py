"""What was deleted or cleared away is gone for good after its time, on both databases."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peewee_async.databases import AioDatabase

from chat.actions.editing import UNDELETE_SECONDS, amend
from chat.actions.order import moderation
from chat.actions.undo import undo
from chat.drafts import Draft, Mentioned
from chat.engine import Engine, open_engine
from chat.errors import ActionError
from chat.history.writing.journal import Change
from chat.history.writing.transaction import UNDO_SECONDS
from chat.models import Clearing, Member, Mention, Message, MessageVersion, Reaction
from chat.personal_data import purge
from chat.personal_data.purge import Purge
from chat.requests import Delete, Edit, React, Undelete
from chat.roles import Role
from helpers.clock import now_ms
from helpers.db.database import fetch, is_sqlite
from helpers.db.leases import Claim, Lease
from helpers.redis.bus import make_bus
from helpers.rendering import Renderer
from tests.chat.history.conftest import ALICE, BOB, filled
from tests.chat.history.test_journal import append
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.people import PATIENCE
from timings import DEFAULT

SECRET = "the 5ecret of the garden"


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AioDatabase]:
    if request.param == "sqlite":
        url = new_sqlite(tmp_path / "test.db")
    else:
        url = new_postgres(request.getfixturevalue("postgres"), unique("purge"))
    async with filled(url) as found:
        yield found


@pytest.fixture
async def engine(database: AioDatabase) -> AsyncIterator[Engine]:
    bus = make_bus("")
    await bus.open("site")
    async with open_engine(
        database, None, bus, "site", "epoch", Renderer(), dataclasses.replace(DEFAULT, purge=0.01)
    ) as found:
        yield found
    await bus.close()


async def _write(engine: Engine, room_id: int = 1) -> None:
    """A post of Alice's with all that can hang on one."""
    nonce = f"first-{room_id}"
    await append(
        engine.journal,
        Draft(room_id, ALICE, nonce, SECRET, html=f"<b>{SECRET}</b>", mentions=(Mentioned(2, "bob"),)),
    )
    await amend(engine, room_id, BOB, React(1, "🎉", True))
    await amend(engine, room_id, ALICE, Edit(1, f"{SECRET}, again, @bob"))
    await append(engine.journal, Draft(room_id, BOB, f"answer-{room_id}", "the answer", reply_to=1))


async def _purge_until_gone(engine: Engine, room_id: int = 1) -> None:
    task = asyncio.create_task(Purge(engine).run())
    async with asyncio.timeout(PATIENCE):
        while (await Message.aio_get(Message.room_id == room_id, Message.seq == 1)).text:
            await asyncio.sleep(0.01)
        while await Clearing.select().where(Clearing.due_at < now_ms()).aio_count():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _everything(database: AioDatabase) -> str:
    """All that the database shows anybody, as text."""
    if is_sqlite(database):
        names = [
            name for (name,) in await fetch(database, "SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
    else:
        names = [
            name
            for (name,) in await fetch(
                database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
    return "\n".join([repr(await fetch(database, f'SELECT * FROM "{name}"')) for name in names])


async def _counts() -> tuple[int, int, int]:
    return (
        await MessageVersion.select().where(MessageVersion.room_id == 1).aio_count(),
        await Reaction.select().where(Reaction.room_id == 1).aio_count(),
        await Mention.select().where(Mention.room_id == 1, Mention.number == 1).aio_count(),
    )


async def _age_deletion(seconds: float) -> None:
    await Message.update(deleted_at=Message.deleted_at - int(seconds * 1000)).aio_execute()


async def test_a_deleted_post_is_gone_after_its_time(engine: Engine, database: AioDatabase) -> None:
    await _write(engine)
    await _write(engine, room_id=2)
    await amend(engine, 1, ALICE, Delete(1))
    before = await Message.aio_get(Message.room_id == 1, Message.seq == 1)
    await _age_deletion(UNDELETE_SECONDS + 1)
    await _purge_until_gone(engine)
    after = await Message.aio_get(Message.room_id == 1, Message.seq == 1)
    assert (after.text, after.html, after.mentions, after.reactions) == ("", None, None, 0)
    kept = ("seq", "changed_seq", "number", "nonce", "author_id", "at", "deleted_by")
    assert all(getattr(after, name) == getattr(before, name) for name in kept)
    assert await _counts() == (0, 0, 0)
    other = await Message.aio_get(Message.room_id == 2, Message.seq == 1)
    assert SECRET in other.text
    assert await MessageVersion.select().where(MessageVersion.room_id == 2).aio_count() == 1
    await Message.update(text="", html=None).where(Message.room_id == 2, Message.number == 1).aio_execute()
    await MessageVersion.delete().where(MessageVersion.room_id == 2).aio_execute()
    assert SECRET not in await _everything(database)


async def test_until_then_it_can_be_taken_back_and_then_not(engine: Engine) -> None:
    await _write(engine)
    await append(engine.journal, Draft(1, ALICE, "other", "an older one"))
    await amend(engine, 1, ALICE, Delete(1))
    await amend(engine, 1, ALICE, Delete(3))
    older = Message.number == 3
    await (
        Message.update(deleted_at=Message.deleted_at - 1000 * UNDELETE_SECONDS - 1).where(older).aio_execute()
    )
    task = asyncio.create_task(Purge(engine).run())
    async with asyncio.timeout(PATIENCE):
        while (await Message.aio_get(older)).text:
            await asyncio.sleep(0.01)
    await amend(engine, 1, ALICE, Undelete(1))
    back = await Message.aio_get(Message.number == 1)
    assert (back.text, back.reactions, back.mentions) == (f"{SECRET}, again, @bob", 1, "2")
    with pytest.raises(ActionError) as error:
        await amend(engine, 1, ALICE, Undelete(3))
    assert error.value.code == "too_late"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_taken_back_in_that_moment_stays_whole(engine: Engine) -> None:
    """It was due when the purge looked, and isn't deleted any more when the journal comes to it."""
    await _write(engine)
    await engine.journal.change(Change(1, purge.NOBODY, "late", purge._PurgePosts(1, [1])))
    assert (await Message.aio_get(Message.number == 1)).text == f"{SECRET}, again, @bob"
    assert await _counts() == (1, 1, 1)


async def test_its_nonce_stays_used(engine: Engine) -> None:
    """An outbox that sends it again, long after, gets the receipt of then."""
    first = Draft(1, ALICE, "once", SECRET)
    receipt = await append(engine.journal, first)
    await amend(engine, 1, ALICE, Delete(1))
    await _age_deletion(UNDELETE_SECONDS + 1)
    await _purge_until_gone(engine)
    assert await append(engine.journal, first) == receipt
    assert await Message.select().where(Message.kind == "post").aio_count() == 1


async def test_what_a_moderator_deleted_is_kept_for_as_long_as_it_can_be_undone(engine: Engine) -> None:
    await Member.update(role=Role.OWNER).where(Member.room == 1, Member.user == BOB.id).aio_execute()
    await _write(engine)
    assert (await amend(engine, 1, BOB, Delete(1))).act == 1
    await _age_deletion(UNDO_SECONDS - 60)
    await Purge(engine)._purge_deleted()
    assert SECRET in (await Message.aio_get(Message.number == 1)).text
    await undo(engine, 1, BOB, 1, "", "undo")
    assert (await Message.aio_get(Message.number == 1)).deleted_at is None
    await amend(engine, 1, BOB, Delete(1))
    await _age_deletion(UNDO_SECONDS + 1)
    await _purge_until_gone(engine)
    with pytest.raises(ActionError) as caught:
        await undo(engine, 1, BOB, 3, "", "undo")
    assert caught.value.code == "in_the_way"


async def test_a_cleared_history_is_gone_after_its_own_time(
    engine: Engine, database: AioDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "LINES_AT_ONCE", 2)
    await Member.update(role=Role.OWNER).where(Member.room == 1, Member.user == ALICE.id).aio_execute()
    await moderation.set_topic(engine, 1, ALICE, "a topic of old", "t")
    await _write(engine)
    await append(engine.journal, Draft(1, BOB, "more", SECRET))
    await moderation.clear(engine, 1, ALICE, "", "c")
    await append(engine.journal, Draft(1, BOB, "new", "what came after"))
    (clearing,) = await Clearing.select().aio_execute()
    assert clearing.due_at == (await Message.aio_get(Message.kind == "cleared")).at + UNDO_SECONDS * 1000
    texts = "SELECT seq, text FROM messages WHERE room_id = 1 ORDER BY seq"
    before = await fetch(database, texts)
    purging = Purge(engine)
    await purging._purge_cleared()
    assert await fetch(database, texts) == before, "not before its time"
    await Clearing.update(due_at=0).aio_execute()

    # Ended in the middle: what another one goes on with is in the database.
    async def end(*_: object) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(Purge, "_step_done", end)
        await purging._purge_cleared()
    assert [bool(text) for _, text in await fetch(database, texts)] == [False] * 2 + [True] * (
        len(before) - 2
    )
    await _purge_until_gone(engine)
    assert [text for _, text in await fetch(database, texts) if text] == [
        "alice cleared the history",
        "what came after",
    ]
    assert [seq for seq, _ in await fetch(database, texts)] == [seq for seq, _ in before]
    assert await _counts() == (0, 0, 0)
    assert SECRET not in await _everything(database)
    assert not await Clearing.select().aio_count()


async def test_one_process_at_a_time_has_the_task(database: AioDatabase) -> None:
    one, two = Claim("a task", 30), Claim("a task", 30)
    assert [await one.hold(), await two.hold(), await one.hold()] == [True, False, True]
    await Lease.update(until=0).aio_execute()  # whoever had it was killed
    one = Claim("a task", 30)
    assert [await two.hold(), await one.hold()] == [True, False]
    await two.release()
    assert await one.hold()
    assert await Claim("another task", 30).hold()
    # The clock was an hour ahead, and is set right.
    await Lease.update(until=now_ms() + 3_600_000).aio_execute()
    one = Claim("a task", 30)
    assert [await two.hold(), await one.hold()] == [True, False]


async def test_a_claim_is_renewed_when_a_third_of_it_is_over(database: AioDatabase) -> None:
    """A task asks more than once a second, and an idle site would write as often."""
    long, short = Claim("a task", 30), Claim("another task", 0.001)
    assert [await long.hold(), await short.hold()] == [True, True]
    await Lease.update(until=1).aio_execute()
    await asyncio.sleep(0.001)
    assert [await long.hold(), await short.hold()] == [True, True]
    found = {one.name: one.until > 1 for one in await Lease.select().aio_execute()}
    assert found == {"a task": False, "another task": True}


async def test_what_was_erased_is_not_in_the_file_either(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    async with filled(new_sqlite(path)) as database:
        bus = make_bus("")
        await bus.open("site")
        async with open_engine(database, None, bus, "site", "epoch", Renderer()) as engine:
            await _write(engine)
            await append(engine.journal, Draft(1, BOB, "stays", "what stays"))
            await database.aio_execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            assert SECRET.encode() in path.read_bytes()
            await amend(engine, 1, ALICE, Delete(1))
            await _age_deletion(UNDELETE_SECONDS + 1)
            await Purge(engine)._purge_deleted()
            await database.aio_execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        await bus.close()
    assert b"what stays" in path.read_bytes()
    assert SECRET.encode() not in path.read_bytes()
