"""Two processes' journals on one PostgreSQL, in the same rooms at once: one order, no holes, and
nobody speaks who was removed before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from accounts.models import User
from chat.drafts import Draft, Person
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.journal import Change, Journal
from chat.history.writing.transaction import RoomTransaction
from chat.models import Member, Message, Room
from chat.roles import STRANGER, Role
from helpers.db.database import open_database
from tests.conftest import unique
from tests.support.databases import new_postgres
from tests.support.servers import Postgres

PEOPLE = [Person(number, f"p{number}") for number in range(1, 9)]
ROOMS = (1, 2, 3)
ROUNDS = 60


@pytest.fixture(params=["postgresql", "postgresql+aiopg"])
async def journals(postgres: Postgres, request: pytest.FixtureRequest) -> AsyncIterator[list[Journal]]:
    url = new_postgres(postgres, unique("together")).replace("postgresql", request.param, 1)
    databases = [open_database(url), open_database(url)]
    for person in PEOPLE:
        keys = {"name": person.name, "name_key": person.name, "skeleton": person.name}
        await User.insert(id=person.id, **keys, password_hash="", is_admin=False, created_at=0).aio_execute()
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number", "created_at"), 0)
    for room_id in ROOMS:
        await Room.insert(
            id=room_id, name=f"r{room_id}", slug=f"r{room_id}", topic="", kind="open", **counters
        ).aio_execute()
        for person in PEOPLE:
            await Member.insert(
                room=room_id, user=person.id, role=Role.MEMBER, present=True, read_number=0, joined_at=0
            ).aio_execute()
    found = [Journal(database, lambda lines: None, lambda: None) for database in databases]
    yield found
    for journal, database in zip(found, databases, strict=True):
        await journal.close()
        await database.aio_close()


def _removes(person: Person, nonce: str) -> Callable[[RoomTransaction], Awaitable[Receipt]]:
    async def apply(room: RoomTransaction) -> Receipt:
        room.end_membership(person.id)
        return room.record("killed", PEOPLE[0], "", nonce, target=person)

    return apply


def _lets_in(person: Person, nonce: str) -> Callable[[RoomTransaction], Awaitable[Receipt]]:
    async def apply(room: RoomTransaction) -> Receipt:
        if await room.standing(person.id) != STRANGER:
            raise ActionError("refused", "in already")
        await room.add_member(person.id, Role.MEMBER)
        return room.record("joined", person, "", nonce)

    return apply


async def test_two_journals_in_the_same_rooms(journals: list[Journal]) -> None:
    victim = PEOPLE[-1]

    told: list[Receipt | BaseException] = []

    async def talk(journal: Journal, place: int) -> None:
        for turn in range(ROUNDS):
            said = [
                Draft(room_id, person, f"{place}-{turn}-{room_id}-{person.id}", "hello")
                for room_id in ROOMS
                for person in PEOPLE
            ]
            told.extend(await asyncio.gather(*map(journal.submit, said), return_exceptions=True))
            if turn % 5 == place:
                person, change = (PEOPLE[0], _removes) if turn % 2 else (victim, _lets_in)
                nonces = {room_id: f"{place}-{turn}-{room_id}-change" for room_id in ROOMS}
                changes = [
                    Change(room_id, person, nonce, change(victim, nonce)) for room_id, nonce in nonces.items()
                ]
                told.extend(await asyncio.gather(*map(journal.submit, changes), return_exceptions=True))

    await asyncio.gather(*(talk(journal, place) for place, journal in enumerate(journals)))
    error = [answer for answer in told if not isinstance(answer, Receipt)]
    assert {answer.code for answer in error if isinstance(answer, ActionError)} == {"not_a_member", "refused"}
    assert all(isinstance(answer, ActionError) for answer in error)
    receipts = {answer.nonce: answer for answer in told if isinstance(answer, Receipt)}
    assert len(receipts) > ROUNDS * len(ROOMS) * len(PEOPLE)
    stored = 0
    for room_id in ROOMS:
        rows = list(
            await Message.select().where(Message.room_id == room_id).order_by(Message.seq).aio_execute()
        )
        stored += len(rows)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        numbers = [row.number for row in rows if row.number is not None]
        assert numbers == list(range(1, len(numbers) + 1))
        room = await Room.aio_get(Room.id == room_id)
        assert (room.last_seq, room.posts) == (len(rows), len(numbers))
        is_in = True
        for row in rows:
            receipt = receipts[row.nonce]
            assert (receipt.seq, receipt.number) == (row.seq, row.number)
            if row.kind in ("killed", "joined"):
                is_in = row.kind == "joined"
            elif row.author_id == victim.id:
                assert is_in, f"{victim.name} spoke at {row.seq} of room {room_id}"
    assert stored == len(receipts)
