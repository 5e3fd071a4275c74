"""The journal on a database of its own: one commit for what waits, retries that are harmless,
refusals that change nothing."""

import asyncio
from typing import Any

import peewee
import pytest
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.drafts import Draft, Person
from chat.envelopes import Batch
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.catch_up import batches
from chat.history.writing.journal import Change, Journal
from chat.history.writing.statements import HistoryStatements
from chat.history.writing.transaction import RoomTransaction
from chat.models import Message
from helpers.db.statement import Rows, Statement
from helpers.db.transactions import ShortTransaction
from tests.chat.history.conftest import ALICE, BOB, MALLORY
from tests.support.people import PATIENCE
from timings import Timings


def draft(text: str, author: Person = ALICE, room_id: int = 1, nonce: str | None = None) -> Draft:
    return Draft(room_id, author, nonce or f"{author.name}-{room_id}-{text}", text)


def append(journal: Journal, entry: Draft | Change) -> "asyncio.Future[Receipt]":
    """Appends at once, and returns what it will have been answered."""
    answered: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()

    def answer(nonce: str, outcome: Receipt | ActionError) -> None:
        assert nonce == entry.nonce
        if isinstance(outcome, ActionError):
            answered.set_exception(outcome)
        else:
            answered.set_result(outcome)

    journal.append(entry, answer)
    return answered


async def stored(room_id: int = 1) -> list[tuple[int, int | None, str]]:
    rows = (
        await Message.select(Message.seq, Message.number, Message.text)
        .where(Message.room_id == room_id)
        .order_by(Message.seq)
        .tuples()
        .aio_execute()
    )
    return [tuple(row) for row in rows]


async def test_what_waits_is_one_commit(journal: Journal, committed: list[Batch]) -> None:
    answers = [append(journal, draft(str(number), room_id=1 + number % 2)) for number in range(20)]
    receipts = await asyncio.gather(*answers)
    assert len(committed) == 2, "one commit, a batch for each room"
    assert [receipt.number for receipt in receipts] == [1 + number // 2 for number in range(20)]
    assert [event.seq for event in committed[0].events] == list(range(1, 11))
    assert await stored(1) == [(number + 1, number + 1, str(2 * number)) for number in range(10)]


async def test_one_bad_entry_takes_no_other_down(journal: Journal, database: AioDatabase) -> None:
    async def broken(room: RoomTransaction) -> Receipt:
        await User.raw("SELECT nothing FROM nowhere").aio_execute()
        raise AssertionError("unreachable")

    answers = [
        append(journal, draft("before")),
        append(journal, Change(1, BOB, "broken", broken)),
        append(journal, draft("after")),
    ]
    results = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(result) for result in results] == [Receipt, ActionError, Receipt]
    assert await stored() == [(1, 1, "before"), (2, 2, "after")], "and it leaves no hole"


@pytest.mark.parametrize("is_remembered", [False, True])
async def test_a_lost_answer_is_found_by_the_nonce(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, doubts: list[bool], is_remembered: bool
) -> None:
    """The commit went through, and its answer never came: the same again gives the receipt, and no
    second message."""
    if is_remembered:
        await append(journal, draft("before"))
    run = ShortTransaction._run
    lost: list[int] = []

    async def lose_the_answer(self: ShortTransaction, statements: list[Statement]) -> list[Rows]:
        found = await run(self, statements)
        if statements[-1].sql == "COMMIT" and not lost:
            lost.append(len(statements))
            raise peewee.OperationalError("server closed the connection unexpectedly")
        return found

    monkeypatch.setattr(ShortTransaction, "_run", lose_the_answer)
    receipt = await append(journal, draft("once"))
    place = 2 if is_remembered else 1
    assert receipt == Receipt("alice-1-once", place, place)
    assert (await stored())[-1] == (place, place, "once")
    await append(journal, draft("after"))
    assert doubts == [True], "the hub looks for what it wasn't told"
    assert lost == [4 if is_remembered else 3]


async def test_a_room_that_is_remembered_takes_one_round_trip(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, database: AioDatabase
) -> None:
    await append(journal, draft("first"))
    run = ShortTransaction._run
    trips: list[int] = []

    async def count(self: ShortTransaction, statements: list[Statement]) -> list[Rows]:
        trips.append(len(statements))
        return await run(self, statements)

    monkeypatch.setattr(ShortTransaction, "_run", count)
    await append(journal, draft("second"))
    assert len(trips) == 1
    await append(journal, draft("bob isn't remembered yet", BOB))
    assert len(trips) == 3
    await asyncio.gather(append(journal, draft("third")), append(journal, draft("fourth", BOB)))
    assert len(trips) == 4
    with pytest.raises(ActionError):
        await append(journal, draft("never was", MALLORY))
    assert len(trips) == 6, "nobody is refused by memory"
    assert [text for _, _, text in await stored()] == [
        "first",
        "second",
        "bob isn't remembered yet",
        "third",
        "fourth",
    ]


async def test_a_room_that_another_process_wrote_to_is_read_again(
    journal: Journal, database: AioDatabase
) -> None:
    """What was remembered is no longer true: the other's line keeps its place, and whom it removed
    is refused."""
    await append(journal, draft("first", BOB))
    other = Journal(database, lambda lines: None, lambda: None)

    async def remove_bob(room: RoomTransaction) -> Receipt:
        room.end_membership(BOB.id)
        return room.record("killed", ALICE, "", "kill", target=BOB)

    await append(other, Change(1, ALICE, "kill", remove_bob))
    await other.close()
    with pytest.raises(ActionError) as error:
        await append(journal, draft("too late", BOB))
    assert error.value.code == "not_a_member"
    assert (await append(journal, draft("second"))).seq == 3
    assert [seq for seq, _, _ in await stored()] == [1, 2, 3]


async def test_an_action_records_what_it_changes(journal: Journal) -> None:
    """Otherwise the room would be remembered wrongly."""

    async def silent(room: RoomTransaction) -> Receipt:
        room.end_membership(BOB.id)
        return Receipt("silent", room.last_seq)

    with pytest.raises(ActionError) as error:
        await append(journal, Change(1, ALICE, "silent", silent))
    assert error.value.code == "broken"
    assert (await append(journal, draft("still here", BOB))).seq == 1


async def test_while_the_database_is_away_the_sender_hears_so(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: HistoryStatements, *args: Any) -> Any:
        raise peewee.OperationalError("could not connect")

    monkeypatch.setattr(journal, "_timings", Timings(retry_commit=0.1))
    with monkeypatch.context() as patch:
        patch.setattr(HistoryStatements, "open", away)
        with pytest.raises(ActionError) as error:
            await append(journal, draft("lost"))
    assert error.value.code == "unavailable"
    assert error.value.retry_after
    assert (await append(journal, draft("lost"))).number == 1, "the same again, when it is back"


async def test_permission_is_what_holds_when_it_is_committed(journal: Journal) -> None:
    """A removal and what the removed one said wait in one batch: what was said after it comes too
    late."""

    async def remove_bob(room: RoomTransaction) -> Receipt:
        room.end_membership(BOB.id)
        return room.record("killed", ALICE, "", "kill", target=BOB)

    answers = [
        append(journal, draft("in time", BOB)),
        append(journal, Change(1, ALICE, "kill", remove_bob)),
        append(journal, draft("too late", BOB)),
        append(journal, draft("never was", MALLORY)),
        append(journal, draft("elsewhere", BOB, room_id=2)),
    ]
    results = await asyncio.gather(*answers, return_exceptions=True)
    codes = [result.code if isinstance(result, ActionError) else "" for result in results]
    assert codes == ["", "", "not_a_member", "not_a_member", ""]
    assert [text for _, _, text in await stored()] == ["in time", ""]


async def test_an_action_that_refuses_late_changes_nothing(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    async def careless(room: RoomTransaction) -> Receipt:
        room.record("topic", ALICE, "half", "careless")
        raise ActionError("refused", "after all")

    answers = [append(journal, draft("fine")), append(journal, Change(1, ALICE, "careless", careless))]
    results = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(results[0], Receipt)
    assert isinstance(results[1], ActionError)
    assert await stored() == [(1, 1, "fine")]


async def test_a_nonce_is_each_authors_own_and_for_one_message(journal: Journal) -> None:
    async def say(*args: Any, **kwargs: Any) -> Receipt | str:
        try:
            return await append(journal, draft(*args, **kwargs))
        except ActionError as error:
            return error.code

    first = await say("a", nonce="n")
    assert await say("a", nonce="n") == first
    assert await say("b", nonce="n") == "nonce_reused"
    assert await say("a", room_id=2, nonce="n") == "nonce_reused"
    assert await say("a", BOB, nonce="n") == Receipt("n", 2, 2)


async def test_closing_finishes_what_waits(database: AioDatabase, committed: list[Batch]) -> None:
    journal = Journal(database, lambda lines: committed.extend(batches(lines)), lambda: None)
    answers = [append(journal, draft(str(number))) for number in range(50)]
    await journal.close()
    assert [answer.result().number for answer in answers] == list(range(1, 51))
    with pytest.raises(ActionError) as error:
        await append(journal, draft("late"))
    assert error.value.code == "unavailable"


async def test_it_says_when_too_many_wait_and_when_no_longer(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.history.writing.journal.MAX_QUEUED", 3)
    monkeypatch.setattr("chat.history.writing.journal.MAX_BATCH", 2)
    answers = []
    for number in range(3):
        assert not journal.is_full
        answers.append(append(journal, draft(str(number))))
    assert journal.is_full
    room_again = asyncio.Event()
    journal.when_not_full(room_again.set)
    await asyncio.wait_for(room_again.wait(), PATIENCE)
    assert not journal.is_full
    assert [(await answer).number for answer in answers] == [1, 2, 3]


async def test_a_task_inside_a_transaction_doesnt_write_in_it(
    journal: Journal, database: AioDatabase
) -> None:
    """The journal was begun elsewhere: what it acknowledges stays, whatever becomes of the caller's
    transaction."""
    answer = append(journal, draft("acknowledged"))
    with pytest.raises(ZeroDivisionError):
        async with database.aio_atomic():
            raise ZeroDivisionError
    await answer
    assert await stored() == [(1, 1, "acknowledged")]
