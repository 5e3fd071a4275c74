"""Erases messages that are older than their room, or the site, keeps them. A room's history then
begins later: its lines before Room.kept_seq are hidden by one short transaction, and deleted after it
in small ones that lock no room.

Every process runs this; one at a time does something, and goes on where another one was."""

import asyncio
import logging
import time
from typing import Any

from accounts.signin.suspension import database_now_ms
from chat.actions.rooms.retention import GRACE_SECONDS, SITE_RETENTION
from chat.drafts import Person
from chat.engine import Engine
from chat.envelopes import EphemeralEvent
from chat.errors import ActionError
from chat.events import Expired, Receipt, encode
from chat.history.writing.erasing import delete_what_hangs_on
from chat.history.writing.expiry import expire
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import Message as Row
from chat.models import Room, Sweep
from chat.personal_data.holds import held_people, held_rooms
from chat.requests import new_nonce
from helpers.db.database import fetch, is_sqlite, is_unavailable
from helpers.db.leases import Claim
from helpers.tasks import rest
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.retention")

CLAIM_SECONDS = 30.0
ROOMS_AT_ONCE = 200
LINES_AT_ONCE = 200
"""Lines in one transaction. On SQLite others wait for it."""

PAUSE_FACTOR = 2.0
"""The pause after a transaction, in multiples of its duration."""

PAGES_AT_ONCE = 256
"""Pages that SQLite gives back in one transaction: a megabyte."""

DAY_MS = 86_400_000
NOBODY = Person(0, "?")


def days_now(own: int | None, since: int, now: int) -> int | None:
    """For how many days a room keeps its messages now; None for good. What was decided a moment ago
    doesn't count yet."""
    site = SITE_RETENTION.days_at(now) or None
    if own is None or since + GRACE_SECONDS * 1000 > now:
        return site
    return min(own, site) if site else own


class Retention:
    """The task of one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._claim = Claim("retention", CLAIM_SECONDS)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                if await self._claim.hold():
                    await self.run_once()
            except ActionError as error:
                log.warning("old messages aren't erased yet: %s", error.text)
            except Exception as error:
                if is_unavailable(error):
                    log.warning("old messages aren't erased yet: %s", one_line(error))
                else:
                    log.exception("old messages can't be erased")
            await asyncio.sleep(self._engine.timings.retention)

    async def run_once(self) -> None:
        if await self._expire_rooms() and await self._sweep_rooms() and is_sqlite(self._engine.database):
            await self._give_space_back()

    async def _step_done(self, began: float) -> bool:
        """Lets others work. Returns whether this process may go on."""
        await rest(began, PAUSE_FACTOR)
        return await self._claim.hold()

    async def _expire_rooms(self) -> bool:
        """Hides what is too old in all rooms. Returns False where another process goes on."""
        oldest = (
            Row.select(Row.at)
            .where(Row.room_id == Room.id, Row.seq >= Room.kept_seq)
            .order_by(Row.seq)
            .limit(1)
        )
        after = 0
        while True:
            began, now = time.monotonic(), await database_now_ms()
            query = Room.select(Room.id, Room.retention_days, Room.retention_since, oldest)
            query = query.where(Room.id > after)
            if not SITE_RETENTION.days:
                query = query.where(Room.retention_days.is_null(False))
            rows = list(await query.order_by(Room.id).limit(ROOMS_AT_ONCE).tuples().aio_execute())
            for room_id, own, since, at in rows:
                days = days_now(own, since, now)
                if days is not None and at is not None and at < now - days * DAY_MS:
                    await self._expire(room_id, now - days * DAY_MS)
            if len(rows) < ROOMS_AT_ONCE:
                return True
            after = rows[-1][0]
            if not await self._step_done(began):
                return False

    async def _expire(self, room_id: int, cutoff: int) -> None:
        first = await first_since(room_id, cutoff)
        done: list[Expired] = []

        async def apply(room: RoomTransaction) -> Receipt:
            done.clear()
            columns = (Room.retention_days, Room.retention_since, Room.keeps_pinned)
            [(own, since, pinned)] = (
                await Room.select(*columns).where(Room.id == room_id).tuples().aio_execute()
            )
            days = days_now(own, since, room.at)
            last = await _last_before(room_id, first)
            # It may have been decided otherwise in this moment.
            if days is None or first <= room.kept_seq or last is None or last >= room.at - days * DAY_MS:
                return Receipt("", room.last_seq)
            number = await _last_number_before(room_id, first) or room.kept_number
            expire(room, first, max(number, room.kept_number))
            done.append(Expired(first, room.kept_number, bool(pinned)))
            return Receipt("", room.last_seq)

        try:
            await self._engine.journal.change(Change(room_id, NOBODY, new_nonce(), apply))
        except ActionError as error:
            if error.code != "not_a_member":
                raise
            # There is no such room any more.
            return
        for event in done:
            self._engine.publish_ephemeral(EphemeralEvent(room_id, encode(event)))
            # What is gone isn't unread.
            self._engine.unread.note_group(room_id)

    async def _sweep_rooms(self) -> bool:
        """Deletes what is hidden. Returns False where another process goes on."""
        after = 0
        while True:
            query = Sweep.select(Sweep.room_id).where(Sweep.room_id > after).order_by(Sweep.room_id)
            ids = [room_id for (room_id,) in await query.limit(ROOMS_AT_ONCE).tuples().aio_execute()]
            for room_id in ids:
                is_left = True
                while is_left:
                    began = time.monotonic()
                    async with self._engine.database.aio_atomic():
                        is_left = await sweep_some(room_id)
                    if not await self._step_done(began):
                        return False
            if len(ids) < ROOMS_AT_ONCE:
                return True
            after = ids[-1]

    async def _give_space_back(self) -> None:
        """Gives pages of SQLite's file that hold nothing any more back to the machine. Of a file from
        before that was so, `aiochat compact` does it once."""
        database, left = self._engine.database, None
        while True:
            began = time.monotonic()
            # Each step of it frees one page: all have to be fetched.
            await database.aio_execute_sql(
                f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})", (), fetch_results=_all
            )
            [(free,)] = await fetch(database, "PRAGMA freelist_count")
            if not free or free == left or not await self._step_done(began):
                return
            left = free


async def _all(_: Any, cursor: Any) -> Any:
    return await cursor.fetchall()


async def first_since(room_id: int, cutoff: int) -> int:
    """The seq of the room's first line that isn't older than this time, or the next seq where there
    is none. Lines are searched by halves: their times grow with their seqs, but for a moment in which
    a clock was set."""
    [(low, last)] = (
        await Room.select(Room.kept_seq, Room.last_seq).where(Room.id == room_id).tuples().aio_execute()
    ) or [(0, -1)]
    high = int(last) + 1
    while low < high:
        middle = (low + high) // 2
        query = Row.select(Row.seq, Row.at).where(Row.room_id == room_id, Row.seq >= middle)
        rows = await query.order_by(Row.seq).limit(1).tuples().aio_execute()
        if not rows or rows[0][1] >= cutoff:
            high = middle
        else:
            low = int(rows[0][0]) + 1
    return int(low)


async def _last_before(room_id: int, seq: int) -> int | None:
    """The time of the last line before this seq."""
    query = Row.select(Row.at).where(Row.room_id == room_id, Row.seq < seq).order_by(Row.seq.desc())
    at: int | None = await query.limit(1).aio_scalar()
    return at


async def _last_number_before(room_id: int, seq: int) -> int | None:
    is_post = (Row.room_id == room_id) & (Row.seq < seq) & Row.number.is_null(False)
    number: int | None = (
        await Row.select(Row.number).where(is_post).order_by(Row.seq.desc()).limit(1).aio_scalar()
    )
    return number


async def sweep_some(room_id: int) -> bool:
    """Deletes the next lines of a room that aren't kept. Returns whether there may be more. Call it
    in a transaction."""
    is_this = Sweep.room_id == room_id
    columns = (Sweep.done_seq, Room.kept_seq, Room.keeps_pinned)
    found = list(
        await Sweep.select(*columns)
        .join(Room, on=(Room.id == Sweep.room_id))
        .where(is_this)
        .tuples()
        .aio_execute()
    )
    if not found:
        await Sweep.delete().where(is_this).aio_execute()
        return False
    [(done_seq, kept_seq, keeps_pinned)] = found
    if room_id in await held_rooms():
        return False
    held = await held_people()
    query = Row.select(Row.seq, Row.number, Row.mentions, Row.author_id, Row.pinned, Row.deleted_at)
    query = query.where(Row.room_id == room_id, Row.seq > done_seq).order_by(Row.seq).limit(LINES_AT_ONCE)
    # One bound: of two SQLite uses the first, and reads all rows up to the second.
    rows = [row for row in await query.tuples().aio_execute() if row[0] < kept_seq]
    gone = [
        (seq, number, mentions)
        for seq, number, mentions, author_id, pinned, deleted_at in rows
        if author_id not in held and not (keeps_pinned and pinned and deleted_at is None)
    ]
    if gone:
        await delete_what_hangs_on(room_id, gone)
        seqs = [seq for seq, _, _ in gone]
        await Row.delete().where(Row.room_id == room_id, Row.seq.in_(seqs)).aio_execute()
    is_same = is_this & (Sweep.done_seq == done_seq)
    if len(rows) < LINES_AT_ONCE:
        # Unless it was begun anew meanwhile.
        return not await Sweep.delete().where(is_same).aio_execute()
    await Sweep.update(done_seq=rows[-1][0]).where(is_same).aio_execute()
    return True
