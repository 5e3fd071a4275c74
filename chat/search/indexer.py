"""Fills the index of posts in the background: room by room the changes since the last time, those of
before there was an index too.

Every process runs this; one at a time does something. It works in small steps, each a transaction
of its own, goes on where it was after a crash, and rests between the steps, so that posts don't wait
for it."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from peewee_async.databases import AioDatabase

from chat.search.index import IDS_PER_MS
from chat.search.stems import NONE, Stems, with_names
from chat.search.words import has_link, searched, tokens
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_sqlite, is_unavailable
from helpers.db.leases import Claim
from helpers.db.statement import Rows
from helpers.tasks import rest
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.search")

CLAIM_SECONDS = 30.0
ROOMS_AT_ONCE = 500
LINES_AT_ONCE = 100
"""Changes of a room in one transaction. On SQLite others wait for it."""

STEPS_AT_ONCE = 20
"""Transactions for one room, before the others have their turn: a long history takes many."""

SEQS_AT_ONCE = 20
"""For more PostgreSQL may read all posts of a room."""

PAUSE_FACTOR = 9.0
"""The pause after a transaction, in multiples of its duration: a tenth of the time is for the index, and
nine are for posts. What it waits for others before it begins isn't counted."""

LOOK_PAUSE_FACTOR = 10.0
"""The same after rooms were looked through."""

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

    def __init__(self, database: AioDatabase, interval: float, language: str = NONE) -> None:
        self._database = database
        self._stems = Stems(database, language)
        self._is_built = False
        self._interval = interval
        self._claim = Claim("search", CLAIM_SECONDS)
        self._after = 0
        """The room up to which all were looked through."""
        self._is_left = False
        """One of these rooms has more."""
        self._sign = "?" if is_sqlite(database) else "%s"
        self._progress = _LOCK if is_sqlite(database) else f"{_LOCK} FOR UPDATE"
        self._insert = Bulk(database, _INSERT, given=_LINE)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            pause = self._interval
            try:
                is_more = await self.index_some()
                pause = 0.0 if is_more else self._interval
            except Exception as error:
                if is_unavailable(error):
                    log.warning("what is new isn't in the search yet: %s", one_line(error))
                else:
                    log.exception("what is new can't be found by the search")
            await asyncio.sleep(pause)

    async def index_some(self) -> bool:
        """Indexes what is new in the next rooms, unless another process does. Returns whether there is more
        to do."""
        if not await self._claim.hold():
            return False
        if not self._is_built:
            await self._rebuild_some()
        began = time.monotonic()
        rooms = await self._rows(_ROOMS, self._after)
        if self._after:
            # To look through very many rooms isn't for nothing either.
            await rest(began, LOOK_PAUSE_FACTOR)
        for room_id, last_seq, first in rooms:
            is_more = last_seq > first
            for _ in range(STEPS_AT_ONCE):
                if not is_more:
                    break
                async with self._database.aio_atomic():
                    began = time.monotonic()
                    is_more = await self._step(room_id)
                await rest(began, PAUSE_FACTOR)
                if not await self._claim.hold():
                    return False
            self._is_left |= is_more
        if len(rooms) == ROOMS_AT_ONCE:
            self._after = rooms[-1][0]
            return True
        self._after = 0
        is_left, self._is_left = self._is_left, False
        return is_left or not self._is_built

    async def _rebuild_some(self) -> None:
        """For another language than before. What is new has its turn in between."""
        for _ in range(STEPS_AT_ONCE):
            async with self._database.aio_atomic():
                began = time.monotonic()
                self._is_built = not await self._stems.rebuild_some()
            await rest(began, PAUSE_FACTOR)
            if self._is_built or not await self._claim.hold():
                return

    async def _step(self, room_id: int) -> bool:
        """Indexes the next changes of a room. Returns whether there are more."""
        done = await self._lock(room_id)
        # Read first: what is committed up to it is among the rows that are read next.
        found = await self._rows("SELECT last_seq FROM rooms WHERE id = ?", room_id)
        rows = await self._rows(_CHANGED, room_id, done)
        is_all = len(rows) < LINES_AT_ONCE
        posts = [
            _Post(seq, author_id, at, with_names(text, files), deleted_at is not None)
            for _, seq, author_id, at, text, deleted_at, number, files in rows
            if number is not None
        ]
        await self._store(room_id, posts, done)
        reached = max(done, *(row[0] for row in rows[-1:]), *(row[0] for row in found if is_all))
        await self._rows(_PROGRESS, reached, room_id)
        return not is_all

    async def _lock(self, room_id: int) -> int:
        """Locks the room's progress, and returns the seq up to which it is indexed. A process that stood
        still for longer than its claim goes on beside another one: the same posts would be indexed
        twice."""
        while not (found := await self._rows(self._progress, room_id)):
            await self._rows(_BEGIN, room_id)
        [(done,)] = found
        return int(done)

    async def _store(self, room_id: int, posts: list[_Post], done: int) -> None:
        """`done` is the seq up to which the room was indexed: later posts aren't in the index yet."""
        before = await self._stored(room_id, [post.seq for post in posts if post.seq <= done])
        texts = {post.seq: "" if post.is_gone else searched(post.text) for post in posts}
        changed = [post for post in posts if before.get(post.seq, (0, ""))[1] != texts[post.seq]]
        for post in changed:
            if post.seq in before:
                await self._rows("DELETE FROM search_lines WHERE id = ?", before[post.seq][0])
        await self._insert_all(room_id, changed, texts)

    async def _stored(self, room_id: int, seqs: list[int]) -> dict[int, tuple[int, str]]:
        """The ids and texts in the index, by seq."""
        found: dict[int, tuple[int, str]] = {}
        for start in range(0, len(seqs), SEQS_AT_ONCE):
            signs = ", ".join("?" * len(seqs[start : start + SEQS_AT_ONCE]))
            rows = await self._rows(_STORED.format(signs=signs), room_id, *seqs[start : start + SEQS_AT_ONCE])
            found |= {seq: (line_id, text) for line_id, seq, text in rows}
        return found

    async def _rows(self, sql: str, *params: Any) -> Rows:
        return await fetch(self._database, sql.replace("?", self._sign), *params)

    async def _insert_all(self, room_id: int, posts: list[_Post], texts: Mapping[int, str]) -> None:
        """Each under an id by its time. One that another post has is left out by the database, and gets
        another near it, from farther away each time: restored posts may all have one time."""
        ids = {
            post.seq: post.at * IDS_PER_MS + (room_id * _MIX + post.seq) % IDS_PER_MS
            for post in posts
            if texts[post.seq]
        }
        by_seq = {post.seq: post for post in posts}
        stems = dict(zip(by_seq, await self._stems.of([post.text for post in posts]), strict=True))
        for distance in count(1):
            if not ids:
                return
            lines = sorted(
                (
                    *(line_id, room_id, seq, by_seq[seq].author_id, has_link(by_seq[seq].text)),
                    *(texts[seq], " ".join([*tokens(texts[seq]), *stems[seq]])),
                )
                for seq, line_id in ids.items()
            )
            statement = self._insert.bind(lines)
            for (seq,) in await fetch(self._database, statement.sql, *statement.params):
                del ids[seq]
            for seq in ids:
                near = random.randrange(IDS_PER_MS * 2**distance)  # noqa: S311 - no secret
                ids[seq] = by_seq[seq].at * IDS_PER_MS + near


_LINE = {
    **{"id": "bigint", "room_id": "bigint", "seq": "bigint", "author_id": "bigint"},
    **{"has_link": "boolean", "text": "text", "tokens": "text"},
}
_COLUMNS = ", ".join(_LINE)
_INSERT = f"""
    INSERT INTO search_lines ({_COLUMNS}) SELECT {_COLUMNS} FROM {{given}} WHERE TRUE ORDER BY id
    ON CONFLICT (id) DO NOTHING RETURNING seq"""  # noqa: S608
_ROOMS = f"""
    SELECT room.id, room.last_seq, COALESCE(progress.seq, 0)
    FROM (SELECT id, last_seq FROM rooms WHERE id > ? ORDER BY id LIMIT {ROOMS_AT_ONCE}) AS room
    LEFT JOIN search_progress AS progress ON progress.room_id = room.id ORDER BY room.id"""  # noqa: S608
_CHANGED = f"""
    SELECT changed_seq, seq, author_id, at, text, deleted_at, number, files FROM messages
    WHERE room_id = ? AND changed_seq > ? ORDER BY changed_seq LIMIT {LINES_AT_ONCE}"""  # noqa: S608
_STORED = "SELECT id, seq, text FROM search_lines WHERE room_id = ? AND seq IN ({signs})"
_LOCK = "SELECT seq FROM search_progress WHERE room_id = ?"
"""SQLite has one transaction at a time that writes, from its beginning on."""
_BEGIN = "INSERT INTO search_progress (room_id, seq) VALUES (?, 0) ON CONFLICT (room_id) DO NOTHING"
_PROGRESS = "UPDATE search_progress SET seq = ? WHERE room_id = ?"
