"""Statements that are made once give what peewee's give."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from accounts.models import User
from helpers.db.compiled import MOST_LENGTHS, CompiledForMany, CompiledSelect
from helpers.db.database import open_database
from tests.support.databases import new_sqlite

PEOPLE = [f"p{number:02d}" for number in range(MOST_LENGTHS + 5)]


@pytest.fixture(autouse=True)
async def people(tmp_path: Path) -> AsyncIterator[None]:
    database = open_database(new_sqlite(tmp_path / "test.db"))
    for place, name in enumerate(PEOPLE):
        names = {"name": name, "name_key": name, "skeleton": name}
        is_admin = place % 2 == 0
        await User.insert(**names, password_hash="", is_admin=is_admin, created_at=place).aio_execute()
    yield
    await database.aio_close()


async def test_values_come_to_their_places() -> None:
    select = CompiledSelect(
        lambda least, most, count: (
            User.select(User.name)
            .where(User.created_at < most, User.created_at >= least)
            .order_by(User.created_at.desc())
            .limit(count)
        )
    )
    assert await select.rows(2, 6, 3) == [("p05",), ("p04",), ("p03",)]
    assert await select.rows(3, 4, 9) == [("p03",)]


async def test_results_are_converted_and_rows_are_not() -> None:
    select = CompiledSelect(lambda at: User.select(User.name, User.is_admin).where(User.created_at == at))
    [found] = await select.results(4)
    assert (found.name, found.is_admin) == ("p04", True)
    assert isinstance(found, User)
    assert type((await select.rows(4))[0][1]) is int


@pytest.mark.parametrize("count", [0, 1, 2, MOST_LENGTHS, MOST_LENGTHS + 3])
async def test_lists_of_any_length(count: int) -> None:
    many = CompiledForMany(lambda names: User.select(User.name).where(User.name.in_(names)))
    for wanted in (PEOPLE[:count], PEOPLE[len(PEOPLE) - count :]):
        assert sorted(name for (name,) in await many.rows(wanted)) == wanted
        assert sorted(user.name for user in await many.results(wanted)) == wanted
