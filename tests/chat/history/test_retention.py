"""What is older than it is kept is gone for good: in small steps, on both databases, and nothing that
is younger, pinned where that is wanted, or held."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from accounts.people.site_acts import SiteActor
from chat.actions import deleting, moderation
from chat.actions.deleted_rooms import delete_room
from chat.actions.editing import amend
from chat.actions.retention import GRACE_SECONDS, SITE_RETENTION, keep_for
from chat.actions.undo import undo
from chat.drafts import Draft, Mentioned
from chat.engine import Engine
from chat.errors import ActionError
from chat.history.access import room_seen_by
from chat.history.catch_up import changes_since
from chat.history.reading import page, page_around, pinned, visible_post
from chat.models import (
    Clearing,
    DeletedRoom,
    Hold,
    Member,
    Mention,
    Message,
    MessageVersion,
    Reaction,
    Room,
    Sweep,
)
from chat.personal_data import retention
from chat.personal_data.holds import hold, release
from chat.personal_data.purge import Purge
from chat.personal_data.retention import Retention
from chat.personal_data.room_erasure import erase_deleted_rooms
from chat.requests import Delete, Edit, Pin, React
from chat.roles import Modes, Past, Role, Standing
from helpers.clock import now_ms
from helpers.db.database import fetch, is_sqlite
from tests.chat.history.conftest import ALICE, BOB
from tests.chat.history.test_journal import append
from tests.chat.history.test_purge import _everything, database, engine
from tests.support.people import PATIENCE

__all__ = ["database", "engine"]

DAY = 86_400_000
SHELL = SiteActor(None, "root")
SECRET = "the 5ecret of the attic"


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    yield
    SITE_RETENTION.follow(lambda: (0, 0))


async def says(engine: Engine, count: int, room_id: int = 1, text: str = SECRET) -> None:
    """Posts of both, in turn, with mentions."""
    first = (await Room.aio_get(Room.id == room_id)).posts + 1
    for number in range(first, first + count):
        author = (BOB, ALICE)[number % 2]
        named = (Mentioned(2, "bob"),) if author == ALICE else ()
        await append(
            engine.journal, Draft(room_id, author, f"{room_id}-{number}", f"{text} {number}", mentions=named)
        )


async def ages(days: float, *, until: int, room_id: int = 1) -> None:
    """The posts up to this number, and what is beside them, are so much older."""
    seq = (await Message.aio_get(Message.room_id == room_id, Message.number == until)).seq
    change = Message.update(at=Message.at - int(days * DAY))
    await change.where(Message.room_id == room_id, Message.seq <= seq).aio_execute()


async def keeps(days: int | None, *, keeps_pinned: bool = False, room_id: int = 1) -> Any:
    columns = {"retention_days": days, "keeps_pinned": keeps_pinned, "retention_since": 0}
    await Room.update(columns).where(Room.id == room_id).aio_execute()


async def run(engine: Engine) -> None:
    await Retention(engine).run_once()


async def owns() -> None:
    await Member.update(role=Role.OWNER).where(Member.user == ALICE.id).aio_execute()


async def texts(room_id: int = 1) -> list[str]:
    """What the history shows."""
    found = await page(await Room.aio_get(Room.id == room_id), 100)
    return [line.text for line in found.lines if line.number and not line.is_deleted]


async def stored(room_id: int = 1) -> list[int]:
    query = Message.select(Message.number).where(Message.room_id == room_id, Message.number.is_null(False))
    return [number for (number,) in await query.order_by(Message.number).tuples().aio_execute()]


async def test_what_is_too_old_is_gone_with_all_that_hangs_on_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LINES_AT_ONCE", 7)
    await says(engine, 30)
    await amend(engine, 1, BOB, React(3, "🎉", True))
    await amend(engine, 1, ALICE, Edit(3, f"{SECRET}, otherwise"))
    await says(engine, 3, room_id=2, text="elsewhere")
    last_seq = (await Room.aio_get(Room.id == 1)).last_seq
    await ages(31, until=20)
    await ages(31, until=3, room_id=2)
    await keeps(30)
    await run(engine)
    assert await stored() == [*range(21, 31)]
    assert (await texts())[0] == f"{SECRET} 21"
    room = await Room.aio_get(Room.id == 1)
    assert (room.kept_number, room.cleared_number, room.last_seq, room.posts) == (20, 20, last_seq, 30)
    for table in (MessageVersion, Reaction):
        assert not await table.select().where(table.room_id == 1).aio_count(), table
    assert await Mention.select().where(Mention.room_id == 1).aio_count() == 5
    assert not await Sweep.select().aio_count()
    assert await stored(2) == [1, 2, 3], "the other room keeps all"
    # Numbers go on, and whoever comes back with what is gone gets what there is.
    await says(engine, 1)
    assert (await stored())[-1] == 31
    changes = await changes_since(1, 2)
    assert changes.events is not None
    assert [event.seq for event in changes.events][-1] == last_seq + 1
    assert changes.hides_standings == (room.standings_seq > 2)
    await run(engine)
    assert len(await stored()) == 11, "again nothing is done"


async def test_all_of_it(engine: Engine) -> None:
    await says(engine, 5)
    await ages(2, until=5)
    await keeps(1)
    await run(engine)
    assert await stored() == []
    room = await Room.aio_get(Room.id == 1)
    assert (room.kept_seq, room.cleared_number) == (room.last_seq + 1, 5)
    assert (await page(room, 50)).lines == []
    await says(engine, 2)
    assert await stored() == [6, 7]
    assert await texts() == [f"{SECRET} 6", f"{SECRET} 7"]


async def test_the_site_s_holds_everywhere_and_a_room_s_is_shorter(engine: Engine) -> None:
    SITE_RETENTION.follow(lambda: (60, 0))
    for room_id in (1, 2):
        await says(engine, 3, room_id=room_id)
        await ages(50, until=2, room_id=room_id)
        await ages(50, until=1, room_id=room_id)
    await keeps(30, room_id=1)
    await run(engine)
    assert (await stored(1), await stored(2)) == ([3], [2, 3])
    SITE_RETENTION.follow(lambda: (10, now_ms()))
    await run(engine)
    assert await stored(2) == [2, 3], "what was decided just now takes effect a day later"
    SITE_RETENTION.follow(lambda: (60, 0))
    await keeps(90, room_id=2)
    await ages(20, until=2, room_id=2)
    await run(engine)
    assert await stored(2) == [3], "no room keeps them longer than the site"


async def test_pinned_ones_stay_where_that_is_wanted(engine: Engine) -> None:
    await owns()
    await says(engine, 6)
    for number in (1, 2, 6):
        await amend(engine, 1, ALICE, Pin(number, True))
    await ages(40, until=5)
    await keeps(30, keeps_pinned=True)
    await run(engine)
    room = await Room.aio_get(Room.id == 1)
    assert await stored() == [1, 2, 6]
    assert [line.number for line in await pinned(room)] == [6, 2, 1]
    assert await texts() == [f"{SECRET} 6"], "the history begins later"
    # Their addresses go on leading to them, before the first that there is; those of others don't.
    around = await page_around(room, 2, 3)
    assert around is not None
    assert ([line.number for line in around.lines if line.number], around.more) == ([2, 6], False)
    assert [(await visible_post(room, number)) is not None for number in (1, 2, 3, 6)] == [
        True,
        True,
        False,
        True,
    ]
    assert await page_around(room, 3, 3) is None
    newcomer = room_seen_by(
        room, Standing(Role.MEMBER, modes=Modes(hides_past=True), joined=Past(room.kept_seq + 1, 6))
    )
    assert await page_around(newcomer, 2, 3) is None, "who came later reads what came later"
    # What is pinned can be answered, and unpinned: then it goes as well.
    await append(engine.journal, Draft(1, BOB, "answer", "the answer", reply_to=2))
    with pytest.raises(ActionError):
        await append(engine.journal, Draft(1, BOB, "other", "the answer", reply_to=3))
    await amend(engine, 1, ALICE, Pin(1, False))
    await run(engine)
    assert await stored() == [2, 6, 7]
    # Cleared away, they aren't shown; and are there again with the history.
    receipt = await moderation.clear(engine, 1, ALICE, "", "clear")
    room = await Room.aio_get(Room.id == 1)
    assert (await pinned(room), await page_around(room, 2, 3)) == ([], None)
    await undo(engine, 1, ALICE, receipt.act or 0, "", "undo")
    room = await Room.aio_get(Room.id == 1)
    assert [line.number for line in await pinned(room)] == [6, 2]
    assert await texts() == [f"{SECRET} 6", "the answer"]
    await keep_for(engine, 1, ALICE, 30, "less", keeps_pinned=False)
    await run(engine)
    assert await stored() == [6, 7]


async def test_what_was_cleared_away_doesn_t_come_back_for_being_pinned(engine: Engine) -> None:
    await owns()
    await says(engine, 4)
    await amend(engine, 1, ALICE, Pin(2, True))
    await moderation.clear(engine, 1, ALICE, "", "clear")
    await says(engine, 2)
    await ages(40, until=5)
    await keeps(30, keeps_pinned=True)
    await run(engine)
    assert await stored() == [6]
    assert await pinned(await Room.aio_get(Room.id == 1)) == []
    assert not await Clearing.select().where(Clearing.due_at < now_ms()).aio_count()


async def test_an_undo_brings_back_no_more_than_is_kept(engine: Engine) -> None:
    await owns()
    await says(engine, 6)
    deleted = await deleting.delete_numbers(engine, 1, ALICE, [(2, 3)], "", "delete")
    cleared = await moderation.clear(engine, 1, ALICE, "", "clear")
    await ages(40, until=4)
    await keeps(30)
    # In the moment in which it runs.
    outcomes = await asyncio.gather(
        run(engine),
        undo(engine, 1, ALICE, cleared.act or 0, "", "undo"),
        return_exceptions=True,
    )
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    await run(engine)
    assert await texts() == [f"{SECRET} 5", f"{SECRET} 6"]
    with pytest.raises(ActionError) as error:
        await undo(engine, 1, ALICE, deleted.act or 0, "", "undo 2")
    assert error.value.code == "in_the_way"


async def test_a_room_s_decision_can_be_undone_before_it_takes_effect(engine: Engine) -> None:
    await owns()
    await says(engine, 3)
    await ages(40, until=2)
    with pytest.raises(ActionError):
        await keep_for(engine, 1, BOB, 30, "bob", keeps_pinned=False)
    receipt = await keep_for(engine, 1, ALICE, 30, "keep", keeps_pinned=True)
    await run(engine)
    assert await stored() == [1, 2, 3], "a day later"
    await undo(engine, 1, ALICE, receipt.act or 0, "", "undo")
    room = await Room.aio_get(Room.id == 1)
    assert (room.retention_days, bool(room.keeps_pinned)) == (None, False)
    await keep_for(engine, 1, ALICE, 30, "keep 2", keeps_pinned=False)
    await Room.update(retention_since=Room.retention_since - GRACE_SECONDS * 1000).aio_execute()
    await run(engine)
    assert await stored() == [3]
    SITE_RETENTION.follow(lambda: (20, 0))
    for days in (0, 21, 10**9):
        with pytest.raises(ActionError) as error:
            await keep_for(engine, 1, ALICE, days, f"bad {days}", keeps_pinned=False)
        assert error.value.code == "bad_usage"


async def test_people_post_meanwhile_and_two_processes_look(engine: Engine) -> None:
    await says(engine, 40)
    await ages(40, until=30)
    await keeps(30)
    both = [asyncio.create_task(run(engine)) for _ in range(2)]
    await says(engine, 20)
    await asyncio.gather(*both)
    await run(engine)
    assert await stored() == [*range(31, 61)]


async def test_nothing_of_what_is_held_is_erased(engine: Engine) -> None:
    await owns()
    await says(engine, 6)
    await says(engine, 4, room_id=2)
    await ages(40, until=5)
    await ages(40, until=3, room_id=2)
    SITE_RETENTION.follow(lambda: (30, 0))
    bob = await User.aio_get(User.id == BOB.id)
    cellar = await Room.aio_get(Room.id == 2)
    for bad in ("", "  ", "two\nlines\x00", "x" * 501):
        with pytest.raises(ActionError):
            await hold(engine, SHELL, bob, bad)
    with pytest.raises(ActionError) as error:
        await hold(engine, SiteActor(ALICE.id), bob, "why not")
    assert error.value.code == "forbidden"
    await hold(engine, SHELL, bob, "a court asked")
    await hold(engine, SHELL, cellar, "a court asked")
    with pytest.raises(ActionError):
        await hold(engine, SHELL, bob, "again")
    await run(engine)
    assert await stored(1) == [2, 4, 6], "those of Bob stay"
    assert await stored(2) == [1, 2, 3, 4]
    assert await texts(1) == [f"{SECRET} 6"], "hidden they are"
    assert await texts(2) == [f"{SECRET} 4"]

    await amend(engine, 1, BOB, Delete(6))
    await Message.update(deleted_at=Message.deleted_at - 40 * DAY).aio_execute()
    await moderation.clear(engine, 2, ALICE, "", "clear")
    await Clearing.update(due_at=0).aio_execute()
    await Purge(engine)._purge_deleted()
    await Purge(engine)._purge_cleared()
    assert SECRET in (await Message.aio_get(Message.room_id == 1, Message.number == 6)).text
    assert SECRET in (await Message.aio_get(Message.room_id == 2, Message.number == 1)).text
    await delete_room(engine, 2, ALICE, "r2", "", "delete")
    await DeletedRoom.update(due_at=0).aio_execute()

    async def goes_on(began: float) -> bool:
        return True

    await erase_deleted_rooms(engine, goes_on)
    assert await stored(2) == [1, 2, 3, 4]

    await release(engine, SHELL, bob)
    await release(engine, SHELL, cellar)
    with pytest.raises(ActionError):
        await release(engine, SHELL, bob)
    await run(engine)
    await Purge(engine)._purge_deleted()
    await erase_deleted_rooms(engine, goes_on)
    assert await stored(1) == [6]
    assert await stored(2) == []
    assert not await Hold.select().aio_count()
    assert SECRET not in await _everything(engine.database)


async def test_sqlite_gives_the_space_back(engine: Engine) -> None:
    if not is_sqlite(engine.database):
        pytest.skip("PostgreSQL uses it again")
    await says(engine, 5)
    filler = "x" * 4000
    await Message.update(text=filler).aio_execute()
    first = (await Message.aio_get(Message.seq == 1)).__data__
    rows = [
        {**first, "seq": seq, "changed_seq": seq, "number": seq, "nonce": f"f{seq}"} for seq in range(6, 2006)
    ]
    for start in range(0, len(rows), 50):
        await Message.insert_many(rows[start : start + 50]).aio_execute()
    await Room.update(last_seq=2005, posts=2005).where(Room.id == 1).aio_execute()
    [(before,)] = await fetch(engine.database, "PRAGMA page_count")
    await ages(40, until=2000)
    await keeps(30)
    await run(engine)
    [(after,)] = await fetch(engine.database, "PRAGMA page_count")
    assert after < before / 5, "what is left are empty tables and their indexes"


async def test_the_task_runs(engine: Engine) -> None:
    await says(engine, 3)
    await ages(40, until=2)
    await keeps(30)
    task = asyncio.create_task(Retention(engine).run())
    async with asyncio.timeout(PATIENCE):
        while len(await stored()) > 1:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_gone_is_found_no_more(engine: Engine) -> None:
    """The index of posts forgets what is deleted, by the database itself."""
    await says(engine, 4)
    await fetch(
        engine.database,
        "INSERT INTO search_lines (id, room_id, seq, author_id, has_link, text, tokens) "
        "SELECT seq, room_id, seq, author_id, FALSE, text, '' FROM messages WHERE room_id = 1",
    )
    await ages(40, until=3)
    await keeps(30)
    await run(engine)
    assert [seq for (seq,) in await fetch(engine.database, "SELECT seq FROM search_lines")] == [4]
