"""Posts that call nobody are passed over by the database, and none that calls somebody is among them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from peewee_async.databases import AioDatabase

from bench.clients.guests import Seats
from bench.seed import seed
from chat.models import Member, Message, Room
from helpers.clock import now_ms
from helpers.db.database import fetch, open_database
from notifications import posts
from notifications.models import NoticeKeyword
from notifications.rooms import RoomDecider
from tests.support.databases import new_sqlite

ROOM, AUTHOR = 1, 1
SEQS = 50
LAST = 4 * SEQS + 7
CALLING = [1, SEQS, SEQS + 1, 3 * SEQS, LAST - 1]
WITH_WORD = [2, 2 * SEQS]


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AioDatabase]:
    """One member talks to another, mostly to nobody."""
    monkeypatch.setattr(posts, "SEQS_AT_ONCE", SEQS)
    url = new_sqlite(tmp_path / "aiochat.db")
    await seed(Seats(1, 3, 1, 0), [0], url, "")
    database = open_database(url)
    line = {"room_id": ROOM, "kind": "post", "author_id": AUTHOR, "at": now_ms()}
    rows: list[dict[str, Any]] = []
    for seq in range(1, LAST + 1):
        text = "a Platypus, here" if seq in WITH_WORD else "good morning"
        mentions = str(AUTHOR + 1) if seq in CALLING else None
        numbers = {"seq": seq, "changed_seq": seq, "number": seq, "nonce": str(seq)}
        rows.append({**line, **numbers, "text": text, "mentions": mentions})
    await Message.insert_many(rows).aio_execute()
    await Room.update(last_seq=LAST, posts=LAST).aio_execute()
    try:
        yield database
    finally:
        await database.aio_close()


async def noticed(database: AioDatabase) -> list[tuple[int, str, int]]:
    """Decides everything; who is told of what, by person, rule and seq."""
    decider, is_more = RoomDecider(database, takes_mail=False), True
    while is_more:
        _, is_more = await decider.step(ROOM)
    assert await fetch(database, "SELECT seq FROM notice_progress") == [(LAST,)]
    return await fetch(database, "SELECT user_id, rule, seq FROM notices ORDER BY user_id, rule, seq")


def told(user_id: int, rule: str, seqs: list[int]) -> list[tuple[int, str, int]]:
    return [(user_id, rule, seq) for seq in seqs]


async def keyword(user_id: int, word: str = "platypus") -> None:
    await NoticeKeyword.insert(user_id=user_id, word=word, folded=word, begins=word).aio_execute()


async def test_where_nobody_listens_plain_posts_arent_read(
    database: AioDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    make = posts._post

    def counted(row: tuple[Any, ...], edited: bool = False) -> posts.Post:
        read.append(row[1])
        return make(row, edited)

    monkeypatch.setattr(posts, "_post", counted)
    assert await noticed(database) == told(AUTHOR + 1, "mention", CALLING)
    assert read == CALLING


async def test_nor_for_the_keyword_of_who_isnt_there(database: AioDatabase) -> None:
    await keyword(99)
    assert await noticed(database) == told(AUTHOR + 1, "mention", CALLING)


@pytest.mark.parametrize("looked_at", [posts.KEYWORDS_LOOKED_AT, 1], ids=["looked at", "too many"])
async def test_a_keyword_is_found_in_them(
    database: AioDatabase, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    await keyword(99, "another")
    await keyword(AUTHOR + 2)
    decider = posts.Concerns(database)
    assert await decider.may_have_keywords(ROOM)
    monkeypatch.setattr(posts, "KEYWORDS_LOOKED_AT", looked_at)
    expected = told(AUTHOR + 1, "mention", CALLING) + told(AUTHOR + 2, "keyword", WITH_WORD)
    assert await noticed(database) == expected


async def test_who_hears_everything_is_told_of_all(database: AioDatabase) -> None:
    await Member.update(notify="all").where(Member.user == AUTHOR + 2).aio_execute()
    expected = told(AUTHOR + 1, "mention", CALLING) + told(AUTHOR + 2, "level", list(range(1, LAST + 1)))
    assert await noticed(database) == expected


async def test_answers_and_what_was_changed_are_never_passed_over(database: AioDatabase) -> None:
    await Message.update(reply_to=1).where(Message.seq == 5).aio_execute()
    await Message.update(changed_seq=LAST + 1, reactions=1).where(Message.seq == 7).aio_execute()
    await Message.update(kind="joined", number=None, target_id=3).where(Message.seq == 9).aio_execute()
    found, end = await posts.changes_after(ROOM, 0, SEQS, with_plain=False)
    assert ([post.seq for post in found], end) == ([1, 5, 9, SEQS], SEQS)
    found, end = await posts.changes_after(ROOM, 4 * SEQS, LAST + 1, with_plain=False)
    assert ([post.seq for post in found], end) == ([LAST - 1, 7], LAST + 1)
