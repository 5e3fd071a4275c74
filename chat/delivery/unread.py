"""Tells people what is new in all of their rooms, wherever they are connected: at most once a
second, and never on a message's way.

Commits, read marks and what other processes say are only noted. One task looks at the notes, tells
those whom it concerns, and reads from the database what the notes don't say. One after the other:
what is committed while it reads is told in its next round."""

import asyncio
import contextlib
import contextvars
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

from msgspec.structs import replace
from peewee_async.databases import AioDatabase

from chat.delivery.unread_index import Pair, Reader, UnreadIndex, Watcher
from chat.envelopes import MovedMark, UnreadHint
from chat.events import OwnRoom, Unread, encode
from chat.history.lines import Line
from chat.history.unread_counts import Mark, OwnRooms, OwnRoomView
from chat.line_kinds import KINDS
from chat.timings import DEFAULT, Timings
from helpers.batching import READ_AT_ONCE
from helpers.db.database import is_unavailable

log = logging.getLogger("aiochat.unread")

READ_A_ROUND = 1000
"""People whose rooms are read in one round: a crowd that comes back has its own within seconds, and
the database time for others."""

WRITE_AT_ONCE = 200
"""Frames between which others may do something."""

LEISURE = 10
"""A round that took long is followed by a pause this many times as long."""


Updates = dict["Watcher", dict[int, OwnRoom]]


class UnreadTracker:
    """`publish` tells the other processes, or is None where there are none. `store_marks` stores the
    read marks of these users that are only noted as yet, before they are read here."""

    def __init__(
        self,
        database: AioDatabase,
        publish: Callable[[UnreadHint], None] | None,
        store_marks: Callable[[Collection[int]], Awaitable[None]],
        timings: Timings = DEFAULT,
    ) -> None:
        self._timings = timings
        self._own_rooms = OwnRooms(database)
        self._publish = publish
        self._store_marks = store_marks
        self._index = UnreadIndex()
        self._wants_whole: set[Watcher] = set()
        self._numbers: dict[int, int] = {}
        self._moved: dict[Pair, int] = {}
        self._wrote: dict[Pair, int] = {}
        self._doubtful: set[Pair] = set()
        self._stale: set[int] = set()
        self._stale_rooms: set[int] = set()
        self._amended: set[int] = set()
        self._deleted: dict[int, int] = {}
        self._unchecked: deque[int] = deque()
        self._checked_at = time.monotonic()
        self._is_in_doubt = False
        self._unsaid = UnreadHint()
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="unread", context=contextvars.Context())

    # What is noted

    def watch(self, watcher: Watcher) -> None:
        """Tells the connection what its user has in all rooms, and from then on what becomes of
        it."""
        self._index.add(watcher)
        self._wants_whole.add(watcher)
        self._wake.set()

    def forget(self, watcher: Watcher) -> None:
        """Calling it twice, or for one that never watched, is harmless."""
        self._wants_whole.discard(watcher)
        self._index.remove(watcher)

    def note_commit(self, lines: Mapping[int, list[Line]]) -> None:
        """What was committed here, by room."""
        for room_id, told in lines.items():
            for line in told:
                if line.number is not None:
                    if line.changed_seq <= line.seq:
                        self._numbers[room_id] = self._unsaid.numbers[room_id] = line.number
                        # Who writes has seen what is above. The mark is stored a moment later.
                        self._wrote[room_id, line.author_id] = line.number
                    else:
                        self._note_amended(room_id, line)
                    for user_id, _ in line.mentions:
                        self._unsaid.called.append((room_id, user_id))
                        if user_id in self._index.readers:
                            self._doubtful.add((room_id, user_id))
                elif KINDS[line.kind].changes_rooms:
                    self.note_standings([line.subject_id])
                elif line.kind == "cleared":
                    self._stale_rooms.add(room_id)
                    self._unsaid.cleared.append(room_id)
        self._wake.set()

    def _note_amended(self, room_id: int, line: Line) -> None:
        if room_id not in self._unsaid.amended:
            self._amended.add(room_id)
            self._unsaid.amended.append(room_id)
        if line.is_deleted:
            for deleted in (self._deleted, self._unsaid.deleted):
                deleted[room_id] = max(line.number or 0, deleted.get(room_id, 0))

    def note_standings(self, user_ids: Iterable[int]) -> None:
        """These people are in other rooms than before, by what was committed here."""
        for user_id in user_ids:
            self._unsaid.standings.append(user_id)
            if user_id in self._index.readers:
                self._stale.add(user_id)
        self._wake.set()

    def note_moved(self, marks: list[MovedMark]) -> None:
        """These read marks were stored here."""
        self._unsaid.moved.extend(marks)
        self._note_moved(marks, is_local=True)
        if any(mark.went_back for mark in marks):
            # What others have noted of these people's reading is to be forgotten before it is
            # stored.
            self._say()

    def hear(self, hint: UnreadHint) -> None:
        """What another process says."""
        for room_id, number in hint.numbers.items():
            self._numbers[room_id] = max(number, self._numbers.get(room_id, 0))
        self._stale_rooms.update(hint.cleared)
        self._amended.update(hint.amended)
        for room_id, number in hint.deleted.items():
            self._deleted[room_id] = max(number, self._deleted.get(room_id, 0))
        self._stale.update(user_id for user_id in hint.standings if user_id in self._index.readers)
        self._doubtful.update(pair for pair in hint.called if pair[1] in self._index.readers)
        self._note_moved(hint.moved, is_local=False)
        self._note_wrote((room_id, user_id, number) for room_id, user_id, number in hint.wrote)

    def mark_stale(self) -> None:
        """Something may have been missed: everybody's rooms are compared with the database."""
        self._is_in_doubt = True
        self._wake.set()

    def _note_moved(self, marks: list[MovedMark], *, is_local: bool) -> None:
        for room_id, user_id, number, went_back in marks:
            if user_id not in self._index.readers:
                continue
            told = self._index.mark_of(room_id, user_id) or Mark()
            # Word of what was stored elsewhere may come after word of what was stored later.
            if went_back or told.mentions or told.deleted or not is_local:
                self._doubtful.add((room_id, user_id))
            else:
                self._moved[room_id, user_id] = number
        self._wake.set()

    def _note_wrote(self, marks: Iterable[tuple[int, int, int]]) -> None:
        """These people have written posts, and so have seen what is above those."""
        for room_id, user_id, number in marks:
            if user_id in self._index.readers:
                self._moved[room_id, user_id] = max(number, self._moved.get((room_id, user_id), 0))

    # The rounds

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            # Where there are others, whose word may get lost, everybody has their turn to be looked
            # at.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.unread_round if self._publish else None):
                    await self._wake.wait()
            await asyncio.sleep(self._timings.unread_gather)
            self._wake.clear()
            took = 0.0
            try:
                took = await self._round()
            except Exception as error:
                self._wake.set()
                if not is_unavailable(error):
                    log.exception("what is unread wasn't told")
            if self._wants_whole or self._stale or self._doubtful or self._unchecked:
                self._wake.set()
            pause = min(max(self._timings.unread_round, LEISURE * took), self._timings.unread_pause)
            await asyncio.sleep(pause - self._timings.unread_gather)

    async def _round(self) -> float:
        """Tells what is noted. Returns how long writing took, in seconds. What couldn't be read is
        for the next round."""
        wrote, self._wrote = self._wrote, {}
        marks = [(room_id, user_id, number) for (room_id, user_id), number in wrote.items()]
        self._note_wrote(marks)
        if self._publish:
            self._unsaid.wrote.extend(marks)
        self._say()
        updates: Updates = {}
        self._take_numbers(updates)
        self._take_moved(updates)
        wholes: dict[Watcher, bytes] = {}
        try:
            await self._take_doubtful(updates)
            await self._read_people(wholes)
        finally:
            took = await self._tell(updates, wholes)
        return took

    def _say(self) -> None:
        unsaid, self._unsaid = self._unsaid, UnreadHint()
        if self._publish and unsaid != UnreadHint():
            self._publish(unsaid)

    def _take_numbers(self, updates: Updates) -> None:
        numbers, self._numbers = self._numbers, {}
        for room_id, number in numbers.items():
            room = self._index.raise_last_number(room_id, number)
            if room is None:
                continue
            told = OwnRoom(room.name, last_number=number)
            for watcher in room.elsewhere:
                updates.setdefault(watcher, {})[room_id] = told

    def _take_moved(self, updates: Updates) -> None:
        moved, self._moved = self._moved, {}
        for (room_id, user_id), number in moved.items():
            reader = self._index.readers.get(user_id)
            if reader is None or room_id not in reader.rooms:
                continue
            before = reader.rooms[room_id]
            if number <= before.read_number:
                continue
            reader.rooms[room_id] = before._replace(read_number=number)
            # Who has a single connection, to this room, has just said so through it.
            if len(reader.watchers) > 1 or reader.watchers[0].room_id != room_id:
                self._add(updates, reader, room_id, read_number=number)

    async def _take_doubtful(self, updates: Updates) -> None:
        if self._amended:
            # A post that was edited or deleted may call somebody no longer, or count no longer.
            amended, self._amended = self._amended, set()
            deleted, self._deleted = self._deleted, {}
            self._doubtful.update(self._index.counts_in(amended, deleted))
        self._doubtful = {pair for pair in self._doubtful if pair[1] in self._index.readers}
        pairs = list(itertools.islice(self._doubtful, READ_A_ROUND))
        self._doubtful.difference_update(pairs)
        for start in range(0, len(pairs), READ_AT_ONCE):
            try:
                some = pairs[start : start + READ_AT_ONCE]
                await self._store_marks({user_id for _, user_id in some})
                found = await self._own_rooms.marks(some)
            except BaseException:
                self._doubtful.update(pairs[start:])
                raise
            for (room_id, user_id), mark in found.items():
                before = self._index.mark_of(room_id, user_id)
                if before is None or before == mark:
                    continue
                reader = self._index.readers[user_id]
                reader.rooms[room_id] = mark
                fields = mark._asdict()
                if mark.deleted == before.deleted:
                    del fields["deleted"]
                self._add(updates, reader, room_id, **fields)

    def _add(self, updates: Updates, reader: Reader, room_id: int, **fields: int) -> None:
        for watcher in reader.watchers:
            rooms = updates.setdefault(watcher, {})
            rooms[room_id] = replace(rooms.get(room_id) or OwnRoom(self._index.name_of(room_id)), **fields)

    async def _read_people(self, wholes: dict[Watcher, bytes]) -> None:
        """Reads the rooms of those who want all of them, whose rooms have changed, and of some who
        have their turn to be looked at."""
        if self._stale_rooms:
            cleared, self._stale_rooms = self._stale_rooms, set()
            self._stale.update(self._index.members_of(cleared))
        waiting = (watcher.user_id for watcher in self._wants_whole if not watcher.outbox.is_full)
        wanted = dict.fromkeys(itertools.islice(itertools.chain(self._stale, waiting), READ_A_ROUND))
        for user_id in self._next_to_check():
            wanted[user_id] = None
        user_ids = [user_id for user_id in wanted if user_id in self._index.readers]
        stale = self._stale.intersection(wanted)
        self._stale -= stale
        for start in range(0, len(user_ids), READ_AT_ONCE):
            some = user_ids[start : start + READ_AT_ONCE]
            try:
                await self._store_marks(set(some))
                found = await self._own_rooms.of(some)
            except BaseException:
                self._stale.update(stale.intersection(user_ids[start:]))
                self._unchecked.extend(user_ids[start:])
                raise
            for user_id in some:
                self._take(user_id, found[user_id], wholes, is_stale=user_id in stale)

    def _next_to_check(self) -> list[int]:
        now = time.monotonic()
        if self._is_in_doubt or (
            self._publish and not self._unchecked and now - self._checked_at >= self._timings.unread_check
        ):
            self._is_in_doubt = False
            self._checked_at = now
            self._unchecked = deque(self._index.readers)
        share = self._timings.unread_round / self._timings.unread_check
        most = max(READ_AT_ONCE, round(len(self._index.readers) * share) + 1)
        return [self._unchecked.popleft() for _ in range(min(most, len(self._unchecked)))]

    def _take(
        self, user_id: int, found: list[OwnRoomView], wholes: dict[Watcher, bytes], *, is_stale: bool
    ) -> None:
        """Remembers somebody's rooms as they were read now, and has them told to the connections
        that don't know them so."""
        reader = self._index.readers.get(user_id)
        if reader is None:
            return
        before = reader.rooms
        for room_id, number in self._index.put_rooms(reader, found):
            # Not heard of yet, or never.
            self._numbers[room_id] = max(number, self._numbers.get(room_id, 0))
            self._wake.set()
        is_other = is_stale or before != reader.rooms
        told = [watcher for watcher in reader.watchers if is_other or watcher in self._wants_whole]
        if told:
            whole = encode(Unread([view.told for view in found], whole=True))
            wholes.update(dict.fromkeys(told, whole))

    async def _tell(self, updates: Updates, wholes: dict[Watcher, bytes]) -> float:
        """Writes a frame to each: all that there is, or what is new. Who left too much unread gets
        all of it later."""
        began = time.monotonic()
        frames: dict[int, bytes] = {}
        """Many are told the same: the news of one room, by its id."""
        for written, watcher in enumerate(
            [*wholes, *(watcher for watcher in updates if watcher not in wholes)], 1
        ):
            if watcher.outbox.is_full:
                self._wants_whole.add(watcher)
            elif watcher in wholes:
                self._wants_whole.discard(watcher)
                watcher.outbox.add(wholes[watcher])
            elif watcher not in self._wants_whole:
                watcher.outbox.add(_frame(updates[watcher], frames))
            if written % WRITE_AT_ONCE == 0:
                await asyncio.sleep(0)
        return time.monotonic() - began


def _frame(rooms: dict[int, OwnRoom], frames: dict[int, bytes]) -> bytes:
    ((room_id, told), *others) = rooms.items()
    if others or told.read_number is not None or told.mentions is not None:
        return encode(Unread([*rooms.values()]))
    if room_id not in frames:
        frames[room_id] = encode(Unread([told]))
    return frames[room_id]
