"""Fills the index of posts in the background: room by room the changes since the last time, those of
before there was an index too.

Every process runs this; one at a time does something. It works in small steps, each a transaction
of its own, goes on where it was after a crash, and rests between the steps, so that posts don't wait
for it."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from peewee_async.databases import AioDatabase

from chat.search.index import IDS_PER_MS
from chat.search.words import has_link, searched, tokens
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_sqlite, is_unavailable
from helpers.db.leases import Claim
from helpers.db.statement import Rows
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.search")

CLAIM_SECONDS = 30.0
ROOMS_AT_ONCE = 100
LINES_AT_ONCE = 100
"""Changes of a room in one transaction. On SQLite others wait for it."""

PAUSE_FACTOR = 1.0
"""The pause after a transaction, in multiples of its duration."""

_MIX = 7919
"""A prime, so that posts of one millisecond get different ids."""


@dataclass(frozen=True)
class _Post:
    """A post that is new, or has changed. `is_gone`: it is deleted."""

    seq: int
    author_id: int
    at: int
    text: str
    is_gone: bool


class Indexer:
    """The task of one process. `interval` is the pause in seconds where nothing is to be done."""

    def __init__(self, database: AioDatabase, interval: float) -> None:
        self._database = database
        self._interval = interval
        self._claim = Claim("search", CLAIM_SECONDS)
        self._sign = "?" if is_sqlite(database) else "%s"
        self._insert = Bulk(database, _INSERT, given=_LINE)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            pause = self._interval
            try:
                began = time.monotonic()
                is_more = await self.index_some()
                # To look through very many rooms isn't for nothing either.
                pause = 0.0 if is_more else max(pause, 10 * (time.monotonic() - began))
            except Exception as error:
                if is_unavailable(error):
                    log.warning("what is new isn't in the search yet: %s", one_line(error))
                else:
                    log.exception("what is new can't be found by the search")
            await asyncio.sleep(pause)

    async def index_some(self) -> bool:
        """Indexes what is new in some rooms, unless another process does. Returns whether there may be
        more to do."""
        if not await self._claim.hold():
            return False
        rooms = await fetch(self._database, _BEHIND)
        for room_id, first in rooms:
            done: int | None = first
            while done is not None:
                began = time.monotonic()
                async with self._database.aio_atomic():
                    done = await self._step(room_id, done)
                await asyncio.sleep(PAUSE_FACTOR * (time.monotonic() - began))
                if not await self._claim.hold():
                    return False
        return len(rooms) == ROOMS_AT_ONCE

    async def _step(self, room_id: int, done: int) -> int | None:
        """Indexes the next changes of a room. Returns the seq up to which that is done, None where
        nothing is left."""
        # Read first: what is committed up to it is among the rows that are read next.
        found = await self._rows("SELECT last_seq FROM rooms WHERE id = ?", room_id)
        rows = await self._rows(_CHANGED, room_id, done)
        is_all = len(rows) < LINES_AT_ONCE
        posts = [
            _Post(seq, author_id, at, text, deleted_at is not None)
            for _, seq, author_id, at, text, deleted_at, number in rows
            if number is not None
        ]
        await self._store(room_id, posts)
        reached = max(done, *(row[0] for row in rows[-1:]), *(row[0] for row in found if is_all))
        await self._rows(_PROGRESS, room_id, reached)
        return None if is_all else reached

    async def _store(self, room_id: int, posts: list[_Post]) -> None:
        if not posts:
            return
        seqs = ",".join(str(post.seq) for post in posts)
        stored = await self._rows(_STORED.format(seqs=seqs), room_id)
        before = {seq: (line_id, text) for line_id, seq, text in stored}
        texts = {post.seq: "" if post.is_gone else searched(post.text) for post in posts}
        changed = [post for post in posts if before.get(post.seq, (0, ""))[1] != texts[post.seq]]
        stale = [before[post.seq][0] for post in changed if post.seq in before]
        if stale:
            await self._rows(f"DELETE FROM search_lines WHERE id IN ({','.join(map(str, stale))})")  # noqa: S608
        fresh = [post for post in changed if texts[post.seq]]
        if not fresh:
            return
        ids = await self._free_ids(room_id, fresh)
        lines = sorted(
            (ids[post.seq], room_id, post.seq, post.author_id, has_link(post.text), texts[post.seq])
            for post in fresh
        )
        statement = self._insert.bind([(*line, " ".join(tokens(line[-1]))) for line in lines])
        await fetch(self._database, statement.sql, *statement.params)

    async def _rows(self, sql: str, *params: Any) -> Rows:
        return await fetch(self._database, sql.replace("?", self._sign), *params)

    async def _free_ids(self, room_id: int, posts: list[_Post]) -> dict[int, int]:
        """An id for each post, by its time. Two of the same millisecond differ."""
        ids = {post.seq: post.at * IDS_PER_MS + (room_id * _MIX + post.seq) % IDS_PER_MS for post in posts}
        is_free = False
        while not is_free:
            asked = ",".join(map(str, ids.values()))
            used = {row[0] for row in await self._rows(f"SELECT id FROM search_lines WHERE id IN ({asked})")}  # noqa: S608
            is_free = True
            for seq, line_id in ids.items():
                if line_id in used:
                    is_free = False
                    ids[seq] = line_id - line_id % IDS_PER_MS + (line_id + 1) % IDS_PER_MS
                used.add(ids[seq])
        return ids


_LINE = {
    **{"id": "bigint", "room_id": "bigint", "seq": "bigint", "author_id": "bigint"},
    **{"has_link": "boolean", "text": "text", "tokens": "text"},
}
_COLUMNS = ", ".join(_LINE)
_INSERT = f"INSERT INTO search_lines ({_COLUMNS}) SELECT {_COLUMNS} FROM {{given}} ORDER BY id"  # noqa: S608
_BEHIND = f"""
    SELECT room.id, COALESCE(progress.seq, 0) FROM rooms AS room
    LEFT JOIN search_progress AS progress ON progress.room_id = room.id
    WHERE room.last_seq > COALESCE(progress.seq, 0) ORDER BY room.id LIMIT {ROOMS_AT_ONCE}"""  # noqa: S608
_CHANGED = f"""
    SELECT changed_seq, seq, author_id, at, text, deleted_at, number FROM messages
    WHERE room_id = ? AND changed_seq > ? ORDER BY changed_seq LIMIT {LINES_AT_ONCE}"""  # noqa: S608
_STORED = "SELECT id, seq, text FROM search_lines WHERE room_id = ? AND seq IN ({seqs})"
_PROGRESS = """
    INSERT INTO search_progress (room_id, seq) VALUES (?, ?)
    ON CONFLICT (room_id) DO UPDATE SET seq = excluded.seq"""
