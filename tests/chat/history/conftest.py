"""A journal on a new database, and what it commits."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.drafts import Person
from chat.envelopes import Batch
from chat.history.catch_up import batches
from chat.history.writing.journal import Journal
from chat.models import Member, Room
from chat.roles import Role
from helpers.db.database import open_database
from tests.support.databases import new_sqlite

ALICE = Person(1, "alice")
BOB = Person(2, "bob")
MALLORY = Person(3, "mallory")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AioDatabase]:
    async with filled(new_sqlite(tmp_path / "test.db")) as found:
        yield found


@contextlib.asynccontextmanager
async def filled(url: str) -> AsyncIterator[AioDatabase]:
    """A new database: three people, and two rooms of two of them."""
    found = open_database(url)
    for person in (ALICE, BOB, MALLORY):
        await User.insert(
            id=person.id,
            name=person.name,
            name_key=person.name,
            skeleton=person.name,
            password_hash="",
            is_admin=False,
            created_at=0,
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
            await Member.insert(
                room=number, user=person.id, role=Role.MEMBER, present=True, read_number=0, joined_at=0
            ).aio_execute()
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
async def journal(
    database: AioDatabase, committed: list[Batch], doubts: list[bool]
) -> AsyncIterator[Journal]:
    found = Journal(database, lambda lines: committed.extend(batches(lines)), lambda: doubts.append(True))
    yield found
    await found.close()
