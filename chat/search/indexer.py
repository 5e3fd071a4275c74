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
from helpers.db.statement import Statement
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
    """A post to be in the index. `old_id` is its id there, if it is already."""

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
        self._is_sqlite = is_sqlite(database)
        statements = _SQLITE if self._is_sqlite else _POSTGRES
        self._insert = Bulk(database, statements.insert, given=_LINE)
        self._statements = statements

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            pause = self._interval
            try:
                if await self._claim.hold():
                    began = time.monotonic()
                    if await self._round():
                        pause = 0.0
                    else:
                        # Looking through very many rooms isn't for nothing either.
                        pause = max(pause, 10 * (time.monotonic() - began))
            except Exception as error:
                if is_unavailable(error):
                    log.warning("what is new isn't in the search yet: %s", one_line(error))
                else:
                    log.exception("what is new can't be found by the search")
            await asyncio.sleep(pause)

    async def _round(self) -> bool:
        """Indexes what is new in some rooms. Returns whether there may be more."""
        rooms = await fetch(self._database, _BEHIND)
        for room_id, done in rooms:
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
        sign = self._statements.sign
        rows = await fetch(self._database, _CHANGED.replace("?", sign), room_id, done)
        posts = [_Post(*row[1:6], is_gone=row[6] is not None) for row in rows if row[7] is not None]
        await self._store(room_id, posts)
        if len(rows) == LINES_AT_ONCE:
            reached = rows[-1][0]
        else:
            # Also of a line that has changed again, the last change has been seen.
            ((reached,),) = await fetch(self._database, _LAST_SEQ.replace("?", sign), room_id)
            reached = max([done, *(row[0] for row in rows)]) if reached is None else reached
        await fetch(self._database, _PROGRESS.replace("?", sign), room_id, reached)
        return reached if len(rows) == LINES_AT_ONCE else None

    async def _store(self, room_id: int, posts: list[_Post]) -> None:
        if not posts:
            return
        statement = _in_room(self._statements.existing, room_id, [post.seq for post in posts])
        existing = {row[1]: row for row in await fetch(self._database, statement.sql, *statement.params)}
        texts = {post.seq: "" if post.is_gone else searched(post.text) for post in posts}
        stale, fresh = [], []
        for post in posts:
            before = existing.get(post.seq)
            if before is not None and before[2] == texts[post.seq] != "":
                continue
            if before is not None:
                stale.append(before)
            if texts[post.seq]:
                fresh.append(post)
        await self._forget(stale)
        if not fresh:
            return
        ids = await self._free_ids(room_id, fresh)
        lines = sorted(
            (ids[post.seq], room_id, post.seq, post.author_id, has_link(post.text), texts[post.seq])
            for post in fresh
        )
        statement = self._insert.bind([(*line, " ".join(tokens(line[-1]))) for line in lines])
        await fetch(self._database, statement.sql, *statement.params)
        if self._is_sqlite:
            await fetch(self._database, _INDEX_SQLITE.format(ids=",".join(str(line[0]) for line in lines)))

    async def _forget(self, stale: list[Any]) -> None:
        """Removes rows of the index, given with all that is stored of them."""
        if not stale:
            return
        ids = ",".join(str(row[0]) for row in stale)
        if self._is_sqlite:
            await fetch(self._database, _UNINDEX_SQLITE.format(ids=ids))
        await fetch(self._database, f"DELETE FROM search_lines WHERE id IN ({ids})")  # noqa: S608 - numbers

    async def _free_ids(self, room_id: int, posts: list[_Post]) -> dict[int, int]:
        """An id for each post, by its time. Two of the same millisecond differ."""
        wanted = {
            post.seq: post.at * IDS_PER_MS + (room_id * _MIX + post.seq) % IDS_PER_MS for post in posts
        }
        used: set[int] = set()
        while True:
            asked = ",".join(map(str, wanted.values()))
            taken = {row[0] for row in await fetch(self._database, _TAKEN.format(ids=asked))}
            clash = False
            found: set[int] = set()
            for seq, place in wanted.items():
                if place in taken or place in found:
                    clash = True
                    wanted[seq] = place = place - place % IDS_PER_MS + (place + 1) % IDS_PER_MS
                found.add(place)
            used |= taken
            if not clash:
                return wanted


def _in_room(sql: str, room_id: int, seqs: list[int]) -> Statement:
    return Statement(sql.format(room_id=room_id, seqs=",".join(map(str, seqs))))


@dataclass(frozen=True)
class _Statements:
    sign: str
    insert: str
    existing: str = (
        "SELECT id, seq, text FROM search_lines WHERE room_id = {room_id} AND seq IN ({seqs})"
    )


_LINE = {
    **{"id": "bigint", "room_id": "bigint", "seq": "bigint", "author_id": "bigint"},
    **{"has_link": "boolean", "text": "text", "tokens": "text"},
}
_COLUMNS = ", ".join(_LINE)
_POSTGRES = _Statements(
    "%s", f"INSERT INTO search_lines ({_COLUMNS}) SELECT {_COLUMNS} FROM {{given}}"  # noqa: S608
)
_SQLITE = _Statements(
    "?", f"INSERT INTO search_lines ({_COLUMNS}) SELECT {_COLUMNS} FROM {{given}} WHERE TRUE"  # noqa: S608
)
_BEHIND = f"""
    SELECT room.id, COALESCE(progress.seq, 0) FROM rooms AS room
    LEFT JOIN search_progress AS progress ON progress.room_id = room.id
    WHERE room.last_seq > COALESCE(progress.seq, 0) ORDER BY room.id LIMIT {ROOMS_AT_ONCE}"""  # noqa: S608
_CHANGED = f"""
    SELECT changed_seq, seq, author_id, at, text, deleted_at, number FROM messages
    WHERE room_id = ? AND changed_seq > ? ORDER BY changed_seq LIMIT {LINES_AT_ONCE}"""  # noqa: S608
_LAST_SEQ = "SELECT MAX(changed_seq) FROM messages WHERE room_id = ?"
_PROGRESS = """
    INSERT INTO search_progress (room_id, seq) VALUES (?, ?)
    ON CONFLICT (room_id) DO UPDATE SET seq = excluded.seq"""
_TAKEN = "SELECT id FROM search_lines WHERE id IN ({ids})"
_TOKENS = "CASE WHEN tokens = '' THEN '' ELSE '  ' || replace(tokens, ' ', '  ') || ' ' END"
_INDEX_SQLITE = f"""
    INSERT INTO search_text (rowid, text, tokens)
    SELECT id, text, {_TOKENS} FROM search_lines WHERE id IN ({{ids}}) ORDER BY id"""  # noqa: S608
_UNINDEX_SQLITE = f"""
    INSERT INTO search_text (search_text, rowid, text, tokens)
    SELECT 'delete', id, text, {_TOKENS} FROM search_lines WHERE id IN ({{ids}}) ORDER BY id"""  # noqa: S608
