"""The journal on a database of its own: one commit for what waits, retries that are harmless, refusals that change nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.events import Batch, Receipt
from chat.journal import Change, Draft, Journal
from chat.ledger import Ledger, Ledgers, Person
from chat.models import Member, Message, Room
from chat.refusal import Refused
from chat.roles import Role
from helpers.database import open_database
from helpers.migrations import migrate
from helpers.transactions import ShortTransaction, Statement
from settings import ROOT

ALICE = Person(1, "alice")
BOB = Person(2, "bob")
MALLORY = Person(3, "mallory")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AioDatabase]:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate(url, ROOT / "migrations")
    found = open_database(url)
    for person in (ALICE, BOB, MALLORY):
        await User.insert(
            id=person.id, name=person.name, name_key=person.name, skeleton=person.name, password_hash="", is_admin=False, created_at=0
        ).aio_execute()
    for number in (1, 2):
        await Room.insert(
            id=number,
            name=f"r{number}",
            slug=f"r{number}",
            topic="",
            kind="open",
            last_seq=0,
            posts=0,
            cleared_seq=0,
            cleared_number=0,
            created_at=0,
        ).aio_execute()
        for person in (ALICE, BOB):
            await Member.insert(room=number, user=person.id, role=Role.MEMBER, present=True, read_number=0, joined_at=0).aio_execute()
    yield found
    await found.aio_close()


@pytest.fixture
def committed() -> list[Batch]:
    return []


@pytest.fixture
def doubts() -> list[bool]:
    """Grows when the journal doubts that everyone was told."""
    return []


@pytest.fixture
async def journal(database: AioDatabase, committed: list[Batch], doubts: list[bool]) -> AsyncIterator[Journal]:
    found = Journal(database, committed.extend, lambda: doubts.append(True))
    yield found
    await found.close()


def draft(text: str, author: Person = ALICE, room_id: int = 1, nonce: str | None = None) -> Draft:
    return Draft(room_id, author, nonce or f"{author.name}-{room_id}-{text}", text)


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
    answers = [await journal.append(draft(str(number), room_id=1 + number % 2)) for number in range(20)]
    receipts = await asyncio.gather(*answers)
    assert len(committed) == 2, "one commit, a batch for each room"
    assert [receipt.number for receipt in receipts] == [1 + number // 2 for number in range(20)]
    assert [event.seq for event in committed[0].events] == list(range(1, 11))
    assert await stored(1) == [(number + 1, number + 1, str(2 * number)) for number in range(10)]


async def test_one_bad_entry_takes_no_other_down(journal: Journal, database: AioDatabase) -> None:
    async def broken(ledger: Ledger) -> Receipt:
        await User.raw("SELECT nothing FROM nowhere").aio_execute()
        raise AssertionError("unreachable")

    answers = [
        await journal.append(draft("before")),
        await journal.append(Change(1, BOB, "broken", broken)),
        await journal.append(draft("after")),
    ]
    results = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(result) for result in results] == [Receipt, Refused, Receipt]
    assert await stored() == [(1, 1, "before"), (2, 2, "after")], "and it leaves no hole"


async def test_a_lost_answer_is_found_by_the_nonce(journal: Journal, monkeypatch: pytest.MonkeyPatch, doubts: list[bool]) -> None:
    """The commit went through, and its answer never came: the same again gives the receipt, and no second message."""
    commit = ShortTransaction.commit

    async def lose_the_answer(self: ShortTransaction, *statements: Statement) -> None:
        await commit(self, *statements)
        if not doubts:
            raise peewee.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(ShortTransaction, "commit", lose_the_answer)
    receipt = await (await journal.append(draft("once")))
    assert receipt == Receipt("alice-1-once", 1, 1)
    assert await stored() == [(1, 1, "once")]
    assert doubts == [True], "the hub looks for what it wasn't told"


async def test_while_the_database_is_away_the_sender_hears_so(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(self: Ledgers, *args: Any) -> Any:
        raise peewee.OperationalError("could not connect")

    monkeypatch.setattr("chat.journal.RETRY_SECONDS", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(Ledgers, "open", away)
        with pytest.raises(Refused) as refused:
            await (await journal.append(draft("lost")))
    assert refused.value.code == "unavailable"
    assert refused.value.retry_after
    assert (await (await journal.append(draft("lost")))).number == 1, "the same again, when it is back"


async def test_permission_is_what_holds_when_it_is_committed(journal: Journal) -> None:
    """A removal and what the removed one said wait in one batch: what was said after it comes too late."""

    async def remove_bob(ledger: Ledger) -> Receipt:
        ledger.end_membership(BOB.id)
        return ledger.record("killed", ALICE, "", "kill", target=BOB)

    answers = [
        await journal.append(draft("in time", BOB)),
        await journal.append(Change(1, ALICE, "kill", remove_bob)),
        await journal.append(draft("too late", BOB)),
        await journal.append(draft("never was", MALLORY)),
        await journal.append(draft("elsewhere", BOB, room_id=2)),
    ]
    results = await asyncio.gather(*answers, return_exceptions=True)
    codes = [result.code if isinstance(result, Refused) else "" for result in results]
    assert codes == ["", "", "not_a_member", "not_a_member", ""]
    assert [text for _, _, text in await stored()] == ["in time", ""]


async def test_a_verb_that_refuses_late_changes_nothing(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    async def careless(ledger: Ledger) -> Receipt:
        ledger.record("topic", ALICE, "half", "careless")
        raise Refused("refused", "after all")

    answers = [await journal.append(draft("fine")), await journal.append(Change(1, ALICE, "careless", careless))]
    results = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(results[0], Receipt)
    assert isinstance(results[1], Refused)
    assert await stored() == [(1, 1, "fine")]


async def test_a_nonce_is_each_authors_own_and_for_one_message(journal: Journal) -> None:
    async def say(*args: Any, **kwargs: Any) -> Receipt | str:
        try:
            return await (await journal.append(draft(*args, **kwargs)))
        except Refused as refused:
            return refused.code

    first = await say("a", nonce="n")
    assert await say("a", nonce="n") == first
    assert await say("b", nonce="n") == "nonce_reused"
    assert await say("a", room_id=2, nonce="n") == "nonce_reused"
    assert await say("a", BOB, nonce="n") == Receipt("n", 2, 2)


async def test_closing_finishes_what_waits(database: AioDatabase, committed: list[Batch]) -> None:
    journal = Journal(database, committed.extend, lambda: None)
    answers = [await journal.append(draft(str(number))) for number in range(50)]
    await journal.close()
    assert [answer.result().number for answer in answers] == list(range(1, 51))
    with pytest.raises(Refused) as refused:
        await journal.append(draft("late"))
    assert refused.value.code == "unavailable"


async def test_who_appends_waits_while_too_many_do(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.journal.MAX_WAITING", 3)
    answers = []

    async def append_ten() -> None:
        for number in range(10):
            answers.append(await journal.append(draft(str(number))))
            assert len(journal._waiting) <= 3

    await asyncio.wait_for(append_ten(), 5)
    assert [(await answer).number for answer in answers] == list(range(1, 11))


async def test_a_task_inside_a_transaction_doesnt_write_in_it(journal: Journal, database: AioDatabase) -> None:
    """The journal was begun elsewhere: what it acknowledges stays, whatever becomes of the caller's transaction."""
    answer = await journal.append(draft("acknowledged"))
    with pytest.raises(ZeroDivisionError):
        async with database.aio_atomic():
            raise ZeroDivisionError
    await answer
    assert await stored() == [(1, 1, "acknowledged")]
