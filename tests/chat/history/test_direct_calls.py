"""Posts that mention people or answer a post, where the standings are remembered: one round trip,
and the same as the locked way, on both databases."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from peewee_async.databases import AioDatabase

from accounts.models import Block, User
from chat.drafts import Draft, Mentioned, Person
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.writing.journal import Change, Journal
from chat.history.writing.transaction import RoomTransaction
from chat.models import Member, Mention, Message
from chat.roles import Role
from helpers.db.statement import Rows, Statement
from helpers.db.transactions import ShortTransaction
from tests.chat.history.conftest import ALICE, BOB, MALLORY, filled
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.people import PATIENCE
from tests.support.servers import Postgres

CAROL = Person(4, "carol")
"""A member, who blocks Alice."""

CROWD = [Person(number, f"p{number}") for number in range(10, 210)]


def named(*people: Person) -> tuple[Mentioned, ...]:
    return tuple(Mentioned(person.id, person.name) for person in people)


@dataclass
class Scene:
    """A journal, and the lines that it committed. `trips` counts round trips."""

    url: str
    journal: Journal
    lines: list[Line]
    trips: list[int]

    async def says(
        self,
        text: str,
        *mentions: Person,
        author: Person = ALICE,
        reply_to: int | None = None,
        room_id: int = 1,
    ) -> Line:
        """Posts, and returns the line as delivered."""
        nonce = f"{room_id}-{author.name}-{text}"
        draft = Draft(room_id, author, nonce, text, reply_to=reply_to, mentions=named(*mentions))
        receipt = await self.journal.submit(draft)
        return next(line for line in self.lines if (line.seq, line.nonce) == (receipt.seq, nonce))

    async def remembers(self, *people: Person) -> None:
        """Has both rooms remember what these people may do."""
        for room_id in (1, 2):
            for person in people:
                await self.says(f"{person.name} is here", author=person, room_id=room_id)
        self.trips.clear()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return new_sqlite(tmp_path / "test.db")
    return new_postgres(request.getfixturevalue("postgres"), unique("direct"))


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    return new_postgres(postgres, unique("direct"))


@contextlib.asynccontextmanager
async def opened(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    trips: list[int] = []
    run = ShortTransaction._run

    async def count(self: ShortTransaction, statements: list[Statement]) -> list[Rows]:
        trips.append(len(statements))
        return await run(self, statements)

    lines: list[Line] = []
    async with filled(url) as database:
        await _add(database, CAROL, *CROWD)
        await Block.insert(blocker_id=CAROL.id, blocked_id=ALICE.id, at=0).aio_execute()
        monkeypatch.setattr(ShortTransaction, "_run", count)
        journal = Journal(
            database,
            lambda found: lines.extend(line for some in found.values() for line in some),
            lambda: None,
        )
        yield Scene(url, journal, lines, trips)
        await journal.close()


async def _add(database: AioDatabase, *people: Person) -> None:
    for person in people:
        keys = {"name": person.name, "name_key": person.name, "skeleton": person.name}
        await User.insert(id=person.id, **keys, password_hash="", is_admin=False, created_at=0).aio_execute()
        for room_id in (1, 2):
            await Member.insert(
                room=room_id, user=person.id, role=Role.MEMBER, present=True, read_number=0, joined_at=0
            ).aio_execute()


@pytest.fixture
async def scene(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with opened(url, monkeypatch) as found:
        yield found


async def calls_of(room_id: int, number: int | None) -> set[int]:
    rows = await (
        Mention.select(Mention.user_id)
        .where(Mention.room_id == room_id, Mention.number == number)
        .tuples()
        .aio_execute()
    )
    return {user_id for (user_id,) in rows}


STORIES: dict[str, tuple[tuple[Person, ...], int | None]] = {
    "a member": ((BOB,), None),
    "who is no member": ((MALLORY,), None),
    "who blocks the author, and another": ((CAROL, BOB), None),
    "oneself": ((ALICE,), None),
    "two hundred": (tuple(CROWD), None),
    "an answer": ((), 2),
    "an answer to oneself": ((), 1),
    "an answer that names who is answered, after another": ((CROWD[0], BOB), 2),
    "an answer to who blocks the author": ((), 3),
}


async def test_it_is_the_same_in_one_trip(scene: Scene) -> None:
    """Room 2 goes the locked way each time, since somebody is new there."""
    await scene.remembers(ALICE, BOB, CAROL)
    for text, (people, reply_to) in STORIES.items():
        scene.trips.clear()
        direct = await scene.says(text, *people, reply_to=reply_to)
        assert len(scene.trips) == 1, text
        scene.trips.clear()
        stranger = Person(MALLORY.id, "mallory")
        other = asyncio.ensure_future(scene.says(f"{text}?", author=stranger, room_id=2))
        locked = await scene.says(text, *people, reply_to=reply_to, room_id=2)
        with pytest.raises(ActionError):
            await other
        assert len(scene.trips) == 2, text
        assert replace(direct, nonce="", at=0) == replace(locked, nonce="", at=0)
        called = {one.user_id for one in direct.mentions}
        assert await calls_of(1, direct.number) == await calls_of(2, locked.number) == called
        rows = [
            await Message.aio_get(Message.room_id == room_id, Message.seq == direct.seq) for room_id in (1, 2)
        ]
        assert {(row.mentions, row.reply_to) for row in rows} == {(direct.mentioned_ids, reply_to)}
    by_text = {line.text: line for line in scene.lines if line.text in STORIES}
    assert {text: len(line.mentions) for text, line in by_text.items()} == {
        "a member": 1,
        "who is no member": 0,
        "who blocks the author, and another": 1,
        "oneself": 0,
        "two hundred": 200,
        "an answer": 1,
        "an answer to oneself": 0,
        "an answer that names who is answered, after another": 2,
        "an answer to who blocks the author": 0,
    }
    assert by_text["an answer"].quoted_text == "bob is here"


async def test_a_bad_answer_hurts_nobody_else(scene: Scene) -> None:
    await scene.remembers(ALICE, BOB)

    async def delete(room: RoomTransaction) -> Receipt:
        return room.amend(await room.post(2, await room.standing(BOB.id)), deleted_at=1, deleted_by=BOB.id)

    await scene.journal.submit(Change(1, BOB, "delete", delete))
    scene.trips.clear()
    answers = await asyncio.gather(
        scene.says("before"),
        scene.says("deleted", reply_to=2),
        scene.says("nothing", reply_to=99),
        scene.says("after", BOB),
        scene.says("elsewhere", BOB, reply_to=2, room_id=2),
        # What it answers comes with it.
        scene.says("to the one before", author=BOB, reply_to=3),
        return_exceptions=True,
    )
    codes = [answer.code if isinstance(answer, ActionError) else None for answer in answers]
    assert codes == [None, "deleted", "no_such_message", None, None, None]
    stored = await Message.select().where(Message.room_id == 1).order_by(Message.seq).aio_execute()
    assert [row.text for row in stored][2:] == ["before", "after", "to the one before"]
    assert [row.number for row in stored] == list(range(1, 6))
    assert len(scene.trips) == 3, "one for the other room, two for this"
    scene.trips.clear()
    assert (await scene.says("once more", BOB)).mentions == named(BOB)
    assert len(scene.trips) == 1


async def test_the_same_sending_again_calls_once(scene: Scene) -> None:
    await scene.remembers(ALICE, BOB)
    first = await scene.says("hello", BOB, reply_to=2)
    again = await scene.says("hello", BOB, reply_to=2)
    assert first == again
    assert len([line for line in scene.lines if line.text == "hello"]) == 1
    assert await calls_of(1, first.number) == {BOB.id}


# Something else is committed while the statement waits for the room


@pytest.fixture
async def raced(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with opened(postgres_url, monkeypatch) as found:
        await found.remembers(ALICE, BOB)
        yield found


async def _while_it_waits(scene: Scene, changes: list[str], post: Callable[[], "asyncio.Task[Line]"]) -> Line:
    """Another process holds the room and commits these changes while the post waits."""
    with psycopg.connect(scene.url) as other, psycopg.connect(scene.url, autocommit=True) as watching:
        for change in ["SELECT 1 FROM rooms WHERE id = 1 FOR UPDATE", *changes]:
            other.execute(change.encode())
        posting = post()
        waiting = (
            "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database()"
        )
        async with asyncio.timeout(PATIENCE):
            while not watching.execute(waiting).fetchall():
                await asyncio.sleep(0.01)
        other.commit()
        return await posting


async def test_a_post_that_is_deleted_meanwhile_is_not_answered(raced: Scene) -> None:
    changes = [
        "UPDATE messages SET deleted_at = 1, changed_seq = 3 WHERE room_id = 1 AND number = 2",
        "UPDATE rooms SET last_seq = 3 WHERE id = 1",
    ]
    with pytest.raises(ActionError, match="deleted"):
        await _while_it_waits(
            raced, changes, lambda: asyncio.ensure_future(raced.says("an answer", reply_to=2))
        )
    assert "an answer" not in [line.text for line in raced.lines]


async def test_an_edit_meanwhile_is_what_is_quoted(raced: Scene) -> None:
    changes = [
        "UPDATE messages SET text = 'better', changed_seq = 3 WHERE room_id = 1 AND number = 2",
        "UPDATE rooms SET last_seq = 3 WHERE id = 1",
    ]
    line = await _while_it_waits(
        raced, changes, lambda: asyncio.ensure_future(raced.says("an answer", reply_to=2))
    )
    assert (line.seq, line.quoted_text) == (4, "better")


async def test_who_leaves_meanwhile_is_not_called(raced: Scene) -> None:
    changes = [
        "DELETE FROM members WHERE room_id = 1 AND user_id = 2",
        "UPDATE rooms SET last_seq = 3, standings_seq = 3 WHERE id = 1",
        "INSERT INTO messages (room_id, seq, changed_seq, kind, author_id, nonce, text, at) "
        "VALUES (1, 3, 3, 'left', 2, 'gone', '', 0)",
    ]
    line = await _while_it_waits(raced, changes, lambda: asyncio.ensure_future(raced.says("hello", BOB)))
    assert (line.seq, line.mentions) == (4, ())
    assert await calls_of(1, line.number) == set()


async def test_who_blocked_before_is_not_called(scene: Scene) -> None:
    """Nothing of the room has changed."""
    await scene.remembers(ALICE, BOB)
    assert (await scene.says("one", BOB)).mentions == named(BOB)
    await Block.insert(blocker_id=BOB.id, blocked_id=ALICE.id, at=0).aio_execute()
    scene.trips.clear()
    assert (await scene.says("two", BOB)).mentions == ()
    assert len(scene.trips) == 1
