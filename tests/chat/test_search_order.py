"""A search finds all, the newest first, by whichever way it goes: what is common is found by looking, what is
seldom by the index, and of one page some may come by each."""

from pathlib import Path
from typing import Any

import pytest
from peewee_async.databases import AioDatabase

from chat.models import Message, Room
from chat.search import index
from chat.search.index import NEWEST_ID, Reader, SearchIndex, Term, Wanted
from chat.search.indexer import Indexer
from tests.chat.history.conftest import filled
from tests.chat.test_search import lines_of
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite

COUNT = 90


def line(number: int) -> str:
    """Beans stand in every third line, in many at the end, and in few before."""
    return "green beans" if number % 3 == 0 or number > 80 else "peas"


@pytest.mark.parametrize("first_walk", [1, 4, 14])
@pytest.mark.parametrize("matches", [8, 200])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_all_is_found_the_newest_first(
    kind: str,
    matches: int,
    first_walk: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index, "FIRST_WALK", first_walk)
    monkeypatch.setattr(index, "WALK", 6)
    monkeypatch.setattr(index, "FEW_MATCHES", 2)
    monkeypatch.setattr(index, "MOST_MATCHES", matches)
    if kind == "sqlite":
        url = new_sqlite(tmp_path / "test.db")
    else:
        url = new_postgres(request.getfixturevalue("postgres"), unique("order"))
    async with filled(url) as database:
        await Message.insert_many(lines_of([line(seq) for seq in range(1, COUNT + 1)])).aio_execute()
        await Room.update(last_seq=COUNT, posts=COUNT).where(Room.id == 1).aio_execute()
        indexer = Indexer(database, 0.0)
        while await indexer.index_some():
            pass
        search = SearchIndex(database)
        for terms in ((Term("beans"),), (Term("green"), Term("beans")), (Term("beans"), Term("peas", True))):
            found: list[int] = []
            cursor: int | None = NEWEST_ID
            while cursor is not None:
                page = await search.find(Reader(1), Wanted(terms), 5, cursor)
                assert len(page.hits) <= 5
                found += [hit.seq for hit in page.hits]
                assert page.cursor is None or page.cursor < cursor
                cursor = page.cursor
            assert found == [seq for seq in range(COUNT, 0, -1) if line(seq) != "peas"]


class Busy(SearchIndex):
    """Others post while it searches."""

    def __init__(self, database: AioDatabase) -> None:
        super().__init__(database)
        self._posted = COUNT
        self._indexer = Indexer(database, 0.0)

    async def _reached(self, *arguments: Any) -> int | None:
        self._posted += 3
        await Message.insert_many(lines_of(["peas"] * self._posted)[-3:]).aio_execute()
        await Room.update(last_seq=self._posted, posts=self._posted).where(Room.id == 1).aio_execute()
        while await self._indexer.index_some():
            pass
        return await super()._reached(*arguments)


@pytest.mark.parametrize("first_walk", [2, 4])
async def test_nothing_is_found_twice_while_others_post(
    first_walk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FIRST_WALK", first_walk), ("WALK", 6), ("FEW_MATCHES", 2)):
        monkeypatch.setattr(index, name, value)
    async with filled(new_sqlite(tmp_path / "test.db")) as database:
        await Message.insert_many(lines_of([line(seq) for seq in range(1, COUNT + 1)])).aio_execute()
        search = Busy(database)
        await search._reached(Wanted((Term("beans"),)), NEWEST_ID, 1, [])
        found: list[int] = []
        cursor: int | None = NEWEST_ID
        while cursor is not None:
            page = await search.find(Reader(1), Wanted((Term("beans"),)), 5, cursor)
            found += [hit.seq for hit in page.hits]
            cursor = page.cursor
        assert found == [seq for seq in range(COUNT, 0, -1) if line(seq) != "peas"]
