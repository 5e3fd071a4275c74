"""Decides about what was committed, in the background. Every process runs this; one at a time does
something.

Hints of commits say which rooms have something new; what they miss is found by comparing all rooms with what
is decided. Rooms take turns: one in which ten thousand are called takes as long as it takes, and nobody
waits for it."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from peewee_async.databases import AioDatabase

from chat.envelopes import MovedMark
from chat.models import Room
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.tasks import rest
from helpers.text.characters import one_line
from notifications.erasure import remove_many, remove_old
from notifications.events import EventDecider
from notifications.models import NoticeProgress
from notifications.reading import Marks
from notifications.rooms import RoomDecider
from notifications.storing import Changed

log = logging.getLogger("aiochat.notices")

CLAIM_SECONDS = 30.0
COMPARE_SECONDS = 30.0
JOBS_SECONDS = 1.0
"""The interval at which jobs are looked for: nothing hints at them."""

SWEEP_SECONDS = 60.0
SWEEP_STEPS = 10
ROOMS_AT_ONCE = 500

REST_FACTOR = 3.0
"""The pause after a step, in multiples of its duration: most of the time is for posts. The busier the process
is, the longer a step takes, and the longer it rests."""

Tell = Callable[[Changed], None]


class NoticeWorker:
    """The task of one process. `tell` is called with whose notices changed; `interval` is the time in
    seconds within which a hint is followed."""

    def __init__(self, database: AioDatabase, interval: float, tell: Tell, *, takes_mail: bool) -> None:
        self._database = database
        self._interval = interval
        self._tell = tell
        self._claim = Claim("notices", CLAIM_SECONDS)
        self._claimed = 0.0
        self._compared: float | None = None
        self._decider = RoomDecider(database, takes_mail=takes_mail)
        self._events = EventDecider(database, takes_mail=takes_mail)
        self._marks = Marks(database)
        self._swept = time.monotonic()
        self._told: set[int] = set()
        """Who was told of something since notices were swept."""
        self._rooms: dict[int, None] = {}
        """Those with something new, the next one first."""
        self._moved: dict[tuple[int, int], int] = {}
        self._wake = asyncio.Event()

    def note(self, room_ids: Collection[int], moved: Collection[MovedMark]) -> None:
        """Notes that something was committed in these rooms, and read marks that moved."""
        self._rooms.update(dict.fromkeys(room_ids))
        for mark in moved:
            pair = mark.room_id, mark.user_id
            if not mark.went_back:
                self._moved[pair] = max(mark.number, self._moved.get(pair, 0))
        self._wake.set()

    def look(self) -> None:
        """Compares all rooms soon: hints may have been lost."""
        self._compared = None
        self._wake.set()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(JOBS_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            await asyncio.sleep(self._interval)
            self._wake.clear()
            try:
                await self.decide_all()
            except Exception as error:
                self._compared = None
                self._decider.forget()
                if is_unavailable(error):
                    log.warning("notices wait: %s", one_line(error))
                else:
                    log.exception("what concerns people can't be decided")

    async def decide_all(self) -> None:
        """Decides all that is noted, unless another process does."""
        if not await self._hold():
            self._rooms.clear()
            self._moved.clear()
            self._compared = None
            return
        if self._compared is None or time.monotonic() - self._compared > COMPARE_SECONDS:
            await self._compare()
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            await self._sweep()
        # What is committed from now on has its turn after the next interval: where people talk, each post
        # would cost what a hundred cost.
        rooms, self._rooms = self._rooms, {}
        try:
            await self._decide(rooms)
        finally:
            self._rooms = rooms | self._rooms

    async def _decide(self, rooms: dict[int, None]) -> None:
        """Takes out of `rooms` what is decided."""
        has_jobs = True
        while rooms or self._moved or has_jobs:
            if not await self._hold():
                return
            await self._store_read()
            if has_jobs:
                changes, has_jobs = await self._events.step()
                for one in changes:
                    self._say(one)
            if not rooms:
                continue
            room_id = next(iter(rooms))
            del rooms[room_id]
            began = time.monotonic()
            try:
                changed, is_more = await self._decider.step(room_id)
            except Exception as error:
                self._decider.forget()
                if is_unavailable(error):
                    rooms[room_id] = None
                    raise
                log.exception("what concerns people in a room can't be decided")
                continue
            self._say(changed)
            if is_more:
                rooms[room_id] = None
            await rest(began, REST_FACTOR)

    def _say(self, changed: Changed) -> None:
        if changed.user_ids:
            self._told.update(changed.user_ids)
            self._tell(changed)

    async def _sweep(self) -> None:
        """Removes notices that are too old, and of whoever was told something those that are too many."""
        self._swept = time.monotonic()
        told, self._told = self._told, set()
        for user_id in told:
            await remove_many(user_id)
        # More than that are removed the next time.
        for _ in range(SWEEP_STEPS):
            if not await remove_old():
                break

    async def _hold(self) -> bool:
        """Claims the task, or keeps it."""
        now = time.monotonic()
        is_new = now - self._claimed > CLAIM_SECONDS
        if not await self._claim.hold():
            self._claimed = 0.0
            return False
        if is_new:
            self._decider.forget()
        self._claimed = now
        return True

    async def _compare(self) -> None:
        """Notes all rooms in which something isn't decided."""
        after = 0
        while True:
            query = Room.select(Room.id, Room.last_seq).where(Room.id > after).order_by(Room.id)
            rows = await query.limit(ROOMS_AT_ONCE).tuples().aio_execute()
            if not rows:
                break
            here = NoticeProgress.room_id.between(rows[0][0], rows[-1][0])
            known = NoticeProgress.select(NoticeProgress.room_id, NoticeProgress.seq).where(here)
            done = dict(await known.tuples().aio_execute())
            behind = [room_id for room_id, last_seq in rows if last_seq > done.get(room_id, 0)]
            self._rooms.update(dict.fromkeys(behind))
            after = rows[-1][0]
        self._compared = time.monotonic()

    async def _store_read(self) -> None:
        """What was read in its room is read, and isn't sent any more."""
        moved, self._moved = self._moved, {}
        if not moved:
            return
        try:
            changed = await self._marks.read([(*pair, number) for pair, number in moved.items()])
        except Exception as error:
            if not is_unavailable(error):
                log.exception("what was read isn't noted")
                return
            self._moved = moved | self._moved
            raise
        if changed:
            self._say(Changed(sorted(changed)))
