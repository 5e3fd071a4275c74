"""Erases for good what was deleted or cleared away, once it can't be taken back any more: texts,
former texts, reactions and mentions. What remains is a line without a text: its seq, its number and
its nonce stay used. Invitations that are over, and reports that were answered long ago, are erased as
well.

Every process runs this; one at a time does something. It works in small steps, each a transaction
of its own, and goes on where it was after a crash."""

import asyncio
import logging
import time
from itertools import groupby
from typing import Any

from peewee import SQL, Tuple

from chat.actions.editing import UNDELETE_SECONDS
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.reading import posts_by_seq
from chat.history.writing.erasing import delete_what_hangs_on, purge
from chat.history.writing.journal import Change
from chat.history.writing.transaction import UNDO_SECONDS, RoomTransaction
from chat.models import Clearing, HeldPost, Invitation, Report, ReportLine, ReportReason
from chat.models import Message as Row
from chat.personal_data.holds import erase_kept_records, held_people, held_rooms
from chat.personal_data.room_erasure import RoomTable, erase_deleted_rooms
from chat.requests import new_nonce
from helpers.clock import now_ms
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.tasks import rest
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.purge")

CLAIM_SECONDS = 30.0
"""Longer than a step takes. A process that was killed is followed after this time."""

ROWS_AT_ONCE = 500
POSTS_AT_ONCE = 50
"""Posts of one room in one transaction of the journal, for which others in the room wait."""

LINES_AT_ONCE = 200
"""Cleared lines in one transaction. On SQLite others wait for it."""

PAUSE_FACTOR = 1.0
"""The pause after a transaction, in multiples of its duration."""

NOBODY = Person(0, "?")

HAS_TEXT = SQL("text <> ''")
HAS_FILES = SQL("files IS NOT NULL")
"""Of files alone: a post of files needs no text."""

BY_AUTHORS = SQL("deleted_by = author_id")
BY_OTHERS = SQL("deleted_by <> author_id")


class Purge:
    """The task of one process. `tables_of_rooms` are what other packages keep of rooms."""

    def __init__(self, engine: Engine, tables_of_rooms: list[RoomTable] | None = None) -> None:
        self._engine = engine
        self._tables_of_rooms = tables_of_rooms or []
        self._claim = Claim("purge", CLAIM_SECONDS)

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                if await self._claim.hold():
                    await self._purge_deleted()
                    await self._purge_cleared()
                    await self._purge_reports()
                    await self._purge_held()
                    await erase_kept_records(self._engine.database, self._step_done)
                    await erase_deleted_rooms(self._engine, self._step_done, self._tables_of_rooms)
                    await Invitation.delete().where(Invitation.until <= now_ms()).aio_execute()
            except ActionError as error:
                log.warning("deleted messages aren't erased yet: %s", error.text)
            except Exception as error:
                if is_unavailable(error):
                    log.warning("deleted messages aren't erased yet: %s", one_line(error))
                else:
                    log.exception("deleted messages can't be erased")
            await asyncio.sleep(self._engine.timings.purge)

    async def _step_done(self, began: float) -> bool:
        """Lets others work. Returns whether this process may go on."""
        await rest(began, PAUSE_FACTOR)
        return await self._claim.hold()

    async def _purge_deleted(self) -> None:
        for what in (HAS_TEXT, HAS_FILES):
            await self._purge_deleted_by(BY_AUTHORS, UNDELETE_SECONDS, what)
            await self._purge_deleted_by(BY_OTHERS, UNDO_SECONDS, what)

    async def _purge_deleted_by(self, whose: Any, undo_seconds: int, what: Any) -> None:
        """Erases deleted posts, through the journal: until its commit their deletion can be taken
        back."""
        # The conditions are those of the indexes messages_to_purge, messages_to_purge_own and
        # messages_files_to_purge; SQLite compares their words.
        is_waiting = Row.deleted_at.is_null(False) & what
        last = (0, 0, 0)
        rooms, people = await held_rooms(), await held_people()
        is_free = Row.room_id.not_in(sorted(rooms)) & Row.author_id.not_in(sorted(people))
        while True:
            due_at = now_ms() - undo_seconds * 1000
            place = Tuple(Row.deleted_at, Row.room_id, Row.seq)
            query = Row.select(Row.deleted_at, Row.room_id, Row.seq)
            query = query.where(is_waiting, whose, Row.deleted_at < due_at, place > last)
            if rooms or people:
                query = query.where(is_free)
            query = query.order_by(Row.deleted_at, Row.room_id, Row.seq).limit(ROWS_AT_ONCE)
            rows = list(await query.tuples().aio_execute())
            if not rows:
                return
            last = rows[-1]
            found = sorted((room_id, seq) for _, room_id, seq in rows)
            for room_id, group in groupby(found, key=lambda key: key[0]):
                seqs = [seq for _, seq in group]
                for start in range(0, len(seqs), POSTS_AT_ONCE):
                    began = time.monotonic()
                    purge = _PurgePosts(room_id, seqs[start : start + POSTS_AT_ONCE])
                    await self._engine.journal.change(Change(room_id, NOBODY, new_nonce(), purge))
                    if not await self._step_done(began):
                        return

    async def _purge_reports(self) -> None:
        """Erases what was answered so long ago that an act which answered it can't be undone."""
        while True:
            due_at = now_ms() - UNDO_SECONDS * 1000
            query = Report.select(Report.id).where(Report.answered_at < due_at).limit(LINES_AT_ONCE)
            if rooms := await held_rooms():
                query = query.where(Report.room_id.not_in(sorted(rooms)))
            if people := await held_people():
                theirs = ReportLine.select(ReportLine.report_id).where(
                    ReportLine.author_id.in_(sorted(people))
                )
                query = query.where(Report.id.not_in(theirs))
            ids = [report_id for (report_id,) in await query.tuples().aio_execute()]
            if not ids:
                return
            began = time.monotonic()
            async with self._engine.database.aio_atomic():
                for table in (ReportLine, ReportReason):
                    await table.delete().where(table.report_id.in_(ids)).aio_execute()
                await Report.delete().where(Report.id.in_(ids)).aio_execute()
            if not await self._step_done(began):
                return

    async def _purge_held(self) -> None:
        """Erases posts that a moderator didn't let through, as what was deleted."""
        due_at = now_ms() - UNDO_SECONDS * 1000
        rooms, people = await held_rooms(), await held_people()
        is_free = HeldPost.room_id.not_in(sorted(rooms)) & HeldPost.author_id.not_in(sorted(people))
        query = HeldPost.delete().where(HeldPost.answered_at < due_at)
        await (query.where(is_free) if rooms or people else query).aio_execute()

    async def _purge_cleared(self) -> None:
        """Erases the lines before a cleared one. They are hidden already, so no event is due, and
        nobody changes them."""
        while True:
            query = Clearing.select().where(Clearing.due_at < now_ms()).order_by(Clearing.due_at).limit(1)
            if rooms := await held_rooms():
                query = query.where(Clearing.room_id.not_in(sorted(rooms)))
            clearings = list(await query.aio_execute())
            if not clearings:
                return
            is_left = True
            while is_left:
                began = time.monotonic()
                async with self._engine.database.aio_atomic():
                    is_left = await _purge_lines(clearings[0])
                if not await self._step_done(began):
                    return


class _PurgePosts:
    def __init__(self, room_id: int, seqs: list[int]) -> None:
        self.room_id = room_id
        self.seqs = seqs

    async def __call__(self, room: RoomTransaction) -> Receipt:
        lines = await posts_by_seq(self.room_id, self.seqs)
        # It may have been held meanwhile.
        if self.room_id not in await held_rooms():
            held = await held_people()
            purge(room, [line for line in lines if _is_due(line, room.at) and line.author_id not in held])
        return Receipt("", room.last_seq)


def _is_due(line: Line, at: int) -> bool:
    seconds = UNDELETE_SECONDS if line.deleted_by == line.author_id else UNDO_SECONDS
    return line.deleted_at is not None and line.deleted_at < at - seconds * 1000


async def _purge_lines(clearing: Clearing) -> bool:
    """Erases the next lines of a clearing. Returns whether there may be more."""
    room_id = clearing.room_id
    is_clearing = (Clearing.room_id == room_id) & (Clearing.before_seq == clearing.before_seq)
    query = Row.select(Row.seq, Row.number, Row.mentions, Row.author_id).where(
        Row.room_id == room_id, Row.seq > clearing.done_seq, Row.seq < clearing.before_seq
    )
    found = list(await query.order_by(Row.seq).limit(LINES_AT_ONCE).tuples().aio_execute())
    if not found:
        await Clearing.delete().where(is_clearing).aio_execute()
        return False
    held = await held_people()
    lines = [(seq, number, ids) for seq, number, ids, author_id in found if author_id not in held]
    seqs = [seq for seq, _, _ in lines]
    nothing = {"text": "", "html": None, "mentions": None, "files": None, "reactions": 0, "pinned": False}
    await Row.update(nothing).where(Row.room_id == room_id, Row.seq.in_(seqs)).aio_execute()
    await delete_what_hangs_on(room_id, lines)
    clearing.done_seq = found[-1][0]
    await Clearing.update(done_seq=clearing.done_seq).where(is_clearing).aio_execute()
    return True
