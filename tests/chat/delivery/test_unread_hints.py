"""What a process tells the others that count unread posts: its size is bounded by the rooms and
people concerned, however much is posted."""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chat.delivery.unread import UnreadTracker
from chat.drafts import Mentioned
from chat.envelopes import UnreadHint
from chat.events import Online
from chat.history.lines import Line
from chat.history.waiting import WaitingReader
from helpers.db.database import open_database
from tests.support.people import PATIENCE

ROOMS, AUTHORS, POSTS = (1, 2, 3), (11, 12), 500


def line(seq: int, author: int, kind: str = "post", **fields: Any) -> Line:
    number = seq if kind == "post" else None
    parts: dict[str, Any] = {
        "target_id": 13,
        "target": "carol",
        "nonce": str(seq),
        "text": "@carol",
        "html": None,
        "at": seq,
        "mentions": (Mentioned(13, "carol"),),
        **fields,
    }
    return Line(seq, number, kind, author, "somebody", **parts)


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[tuple[UnreadTracker, asyncio.Queue[UnreadHint]]]:
    """A tracker, and what it tells the others as they read it."""
    hints: asyncio.Queue[UnreadHint] = asyncio.Queue()

    def publish(hint: UnreadHint) -> None:
        data = msgspec.msgpack.encode(hint)
        hints.put_nowait(msgspec.msgpack.decode(data, type=UnreadHint))

    async def store_marks(_: Collection[int]) -> None:
        pass

    database = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    tracker = UnreadTracker(database, WaitingReader(database), publish, store_marks, lambda _: Online(0))
    yield tracker, hints
    await tracker.close()
    await database.aio_close()


async def test_a_hint_holds_one_entry_for_each_room_and_author(
    told: tuple[UnreadTracker, asyncio.Queue[UnreadHint]],
) -> None:
    tracker, hints = told
    for first in (1, 1 + POSTS):
        # All of it within one round: the tracker's task has no turn before the next `await`.
        for number in range(first, first + POSTS):
            for author in AUTHORS:
                tracker.note_commit({room: [line(number, author)] for room in ROOMS})
        last = first + POSTS - 1
        hint = await asyncio.wait_for(hints.get(), PATIENCE)
        assert sorted(hint.posted) == [(room, author, last) for room in ROOMS for author in AUTHORS]
        assert hint.numbers == dict.fromkeys(ROOMS, last)
        assert hint.mentions == {(room, 13) for room in ROOMS}
    assert hints.empty()


async def test_what_is_done_again_and_again_is_one_entry(
    told: tuple[UnreadTracker, asyncio.Queue[UnreadHint]],
) -> None:
    tracker, hints = told
    for seq in range(1, POSTS):
        for room in ROOMS:
            deleted = line(seq, 11, changed_seq=seq + 1, deleted_at=1, mentions=())
            cleared = line(seq, 11, "cleared", mentions=())
            tracker.note_commit({room: [deleted, cleared]})
        tracker.note_standings([11, 12])
    hint = await asyncio.wait_for(hints.get(), PATIENCE)
    assert (hint.posted, hint.numbers, hint.mentions) == ([], {}, set())
    assert (hint.amended, hint.cleared, hint.standings) == ({*ROOMS}, {*ROOMS}, {11, 12})
    assert hint.deleted == dict.fromkeys(ROOMS, POSTS - 1)
