"""Sends users what is new in all of their rooms, to every connection: at most once a second, and
never on a message's path.

Commits, read marks and hints from other processes are only noted. One task goes through the notes,
sends updates to the users concerned, and reads from the database what the notes don't hold. Rounds
don't overlap: a commit during a round is handled in the next."""

import asyncio
import contextlib
import contextvars
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

from peewee_async.databases import AioDatabase

from chat.delivery.connections import Connection
from chat.delivery.unread_index import Pair, UnreadIndex
from chat.delivery.unread_updates import Updates, Whole
from chat.envelopes import MovedMark, UnreadHint
from chat.events import Online, Unread
from chat.history.lines import Line
from chat.history.unread_counts import Mark, OwnRooms, OwnRoomView
from chat.history.waiting import WaitingReader
from chat.line_kinds import KINDS
from helpers.batching import READ_AT_ONCE
from helpers.db.database import is_unavailable
from helpers.tasks import cancel_all
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.unread")

READ_A_ROUND = 1000
"""Users whose rooms are read in one round. When many reconnect at once, all are served within
seconds, and the database has time for other work."""

WRITE_AT_ONCE = 200
"""Frames written before other tasks get their turn."""

_Wholes = dict[Connection, Whole]

PAUSE_FACTOR = 10
"""The pause after a long round, in multiples of its duration."""


class UnreadTracker:
    """`publish` sends hints to the other processes, None where there are none. `store_marks` stores
    the noted read marks of these users, before they are read here. `online_among` tells which of
    these people are online."""

    def __init__(
        self,
        database: AioDatabase,
        waiting: WaitingReader,
        publish: Callable[[UnreadHint], None] | None,
        store_marks: Callable[[Collection[int]], Awaitable[None]],
        online_among: Callable[[Iterable[str]], Online],
        timings: Timings = DEFAULT,
    ) -> None:
        self._timings = timings
        self._own_rooms = OwnRooms(database)
        self._waiting = waiting
        self._publish = publish
        self._store_marks = store_marks
        self._online_among = online_among
        self._index = UnreadIndex()
        self._wants_whole: set[Connection] = set()
        self._exited: list[tuple[Connection, int]] = []
        self._numbers: dict[int, int] = {}
        self._moved: dict[Pair, int] = {}
        self._posted: dict[Pair, int] = {}
        self._pairs_to_read: set[Pair] = set()
        self._stale: set[int] = set()
        self._stale_rooms: set[int] = set()
        self._amended: set[int] = set()
        self._groups: set[int] = set()
        self._deleted: dict[int, int] = {}
        self._unchecked: deque[int] = deque()
        self._checked_at = time.monotonic()
        self._check_all = False
        self._outgoing = UnreadHint()
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="unread", context=contextvars.Context())

    # Notes

    def watch(self, watcher: Connection) -> None:
        """Sends the connection all rooms of its user, and from then on their changes."""
        self._index.add(watcher)
        self._wants_whole.add(watcher)
        self._wake.set()

    def forget(self, watcher: Connection) -> None:
        """Calling it twice, or for a connection that never watched, is harmless."""
        self._wants_whole.discard(watcher)
        self._index.remove(watcher)

    def enters(self, watcher: Connection, room_id: int) -> None:
        """Notes that the connection gets the room's messages from now on."""
        self._index.enters(watcher, room_id)

    def exits(self, watcher: Connection, room_id: int) -> None:
        """Notes that it gets them no more: the room's last post is told again."""
        self._index.exits(watcher, room_id)
        self._exited.append((watcher, room_id))
        self._wake.set()

    def elsewhere(self, room_id: int) -> Collection[Connection]:
        """All connections of members of this room that don't get its messages."""
        return self._index.elsewhere(room_id)

    def watchers_of(self, user_id: int) -> Collection[Connection]:
        reader = self._index.readers.get(user_id)
        return reader.watchers if reader else ()

    def note_commit(self, lines: Mapping[int, list[Line]]) -> None:
        """Notes the lines of a commit of this process, by room."""
        for room_id, room_lines in lines.items():
            for line in room_lines:
                if line.number is not None:
                    if line.changed_seq <= line.seq:
                        self._numbers[room_id] = self._outgoing.numbers[room_id] = line.number
                        # The author has read the posts above. The mark is stored a moment later.
                        self._posted[room_id, line.author_id] = line.number
                    else:
                        self._note_amended(room_id, line)
                    if line.mentions_groups_anew:
                        self.note_group(room_id)
                    for user_id, _ in line.mentions:
                        self._outgoing.mentions.add((room_id, user_id))
                        if user_id in self._index.readers:
                            self._pairs_to_read.add((room_id, user_id))
                elif KINDS[line.kind].changes_rooms:
                    self.note_standings([line.subject_id])
                elif KINDS[line.kind].changes_lists:
                    self._stale_rooms.add(room_id)
                    self._outgoing.cleared.add(room_id)
        self._wake.set()

    def note_group(self, room_id: int) -> None:
        """Notes that a post of this process mentions members of the room together."""
        self._groups.add(room_id)
        self._outgoing.groups.add(room_id)
        self._wake.set()

    def _note_amended(self, room_id: int, line: Line) -> None:
        if room_id not in self._outgoing.amended:
            self._amended.add(room_id)
            self._outgoing.amended.add(room_id)
        if line.is_deleted:
            for deleted in (self._deleted, self._outgoing.deleted):
                deleted[room_id] = max(line.number or 0, deleted.get(room_id, 0))

    def note_standings(self, user_ids: Iterable[int]) -> None:
        """Notes that a commit of this process changed the memberships or invitations of these
        users."""
        for user_id in user_ids:
            self._outgoing.standings.add(user_id)
            if user_id in self._index.readers:
                self._stale.add(user_id)
        self._wake.set()

    def note_moved(self, marks: list[MovedMark]) -> None:
        """Notes read marks that this process stored."""
        self._outgoing.moved.extend(marks)
        self._note_moved(marks, is_local=True)
        if any(mark.went_back for mark in marks):
            # Other processes must drop marks of these users that they noted, before they store
            # them.
            self._publish_outgoing()

    def note_hint(self, hint: UnreadHint) -> None:
        """Notes a hint from another process."""
        for room_id, number in hint.numbers.items():
            self._numbers[room_id] = max(number, self._numbers.get(room_id, 0))
        self._stale_rooms.update(hint.cleared)
        self._amended.update(hint.amended)
        self._groups.update(hint.groups)
        for room_id, number in hint.deleted.items():
            self._deleted[room_id] = max(number, self._deleted.get(room_id, 0))
        self._stale.update(user_id for user_id in hint.standings if user_id in self._index.readers)
        self._pairs_to_read.update(pair for pair in hint.mentions if pair[1] in self._index.readers)
        self._note_moved(hint.moved, is_local=False)
        self._note_posted((room_id, user_id, number) for room_id, user_id, number in hint.posted)

    def mark_stale(self) -> None:
        """Notes that hints may have been missed: the rooms of every user are compared with the
        database."""
        self._check_all = True
        self._wake.set()

    def _note_moved(self, marks: list[MovedMark], *, is_local: bool) -> None:
        for room_id, user_id, number, went_back in marks:
            if user_id not in self._index.readers:
                continue
            sent = self._index.mark_of(room_id, user_id) or Mark()
            # Notifications from other processes can arrive out of order.
            if went_back or sent.mentions or sent.deleted or not is_local:
                self._pairs_to_read.add((room_id, user_id))
            else:
                self._moved[room_id, user_id] = number
        self._wake.set()

    def _note_posted(self, marks: Iterable[tuple[int, int, int]]) -> None:
        """Notes that these users have posted, and so have read the posts above."""
        for room_id, user_id, number in marks:
            if user_id in self._index.readers:
                self._moved[room_id, user_id] = max(number, self._moved.get((room_id, user_id), 0))

    # The rounds

    async def close(self) -> None:
        await cancel_all([self._task])

    async def _run(self) -> None:
        while True:
            # With other processes, whose hints may be lost, every user is checked in turn.
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
            if self._wants_whole or self._stale or self._pairs_to_read or self._unchecked:
                self._wake.set()
            pause = min(max(self._timings.unread_round, PAUSE_FACTOR * took), self._timings.unread_pause)
            await asyncio.sleep(pause - self._timings.unread_gather)

    async def _round(self) -> float:
        """Sends what is noted. Returns how long writing took, in seconds. What couldn't be read
        stays for the next round."""
        posted, self._posted = self._posted, {}
        marks = [(room_id, user_id, number) for (room_id, user_id), number in posted.items()]
        self._note_posted(marks)
        if self._publish:
            self._outgoing.posted.extend(marks)
        self._publish_outgoing()
        updates = Updates(self._index.name_of)
        self._apply_numbers(updates)
        self._apply_exited(updates)
        self._apply_moved(updates)
        wholes: _Wholes = {}
        try:
            await self._read_pairs(updates)
            await self._read_people(wholes)
        finally:
            took = await self._send(updates, wholes)
        return took

    def _publish_outgoing(self) -> None:
        hint, self._outgoing = self._outgoing, UnreadHint()
        if self._publish and hint != UnreadHint():
            self._publish(hint)

    def _apply_numbers(self, updates: Updates) -> None:
        numbers, self._numbers = self._numbers, {}
        for room_id, number in numbers.items():
            if (room := self._index.raise_last_number(room_id, number)) is not None:
                updates.put_last_number(room.elsewhere, room_id, number)

    def _apply_exited(self, updates: Updates) -> None:
        exited, self._exited = self._exited, []
        for watcher, room_id in exited:
            if (number := self._index.last_number_for(watcher, room_id)) is not None:
                updates.put_last_number([watcher], room_id, number)

    def _apply_moved(self, updates: Updates) -> None:
        moved, self._moved = self._moved, {}
        for (room_id, user_id), number in moved.items():
            reader = self._index.readers.get(user_id)
            if reader is None or room_id not in reader.rooms:
                continue
            before = reader.rooms[room_id]
            if number <= before.read_number:
                continue
            others = [
                watcher
                for watcher in reader.watchers
                # Who read before they heard that it went back can't tell what holds now.
                if (stay := watcher.stay_in(room_id)) is None
                or stay.read_number < number
                or before.times_back
            ]
            self._index.put_mark(reader, room_id, before._replace(read_number=number))
            updates.add(others, room_id, read_number=number, times_back=before.times_back or None)

    async def _read_pairs(self, updates: Updates) -> None:
        if self._amended:
            # An edited or deleted post may no longer mention a user.
            amended, self._amended = self._amended, set()
            deleted, self._deleted = self._deleted, {}
            self._pairs_to_read.update(self._index.counts_in(amended, deleted))
        if self._groups:
            groups, self._groups = self._groups, set()
            self._pairs_to_read.update(self._index.pairs_of(groups))
        self._pairs_to_read = {pair for pair in self._pairs_to_read if pair[1] in self._index.readers}
        pairs = list(itertools.islice(self._pairs_to_read, READ_A_ROUND))
        self._pairs_to_read.difference_update(pairs)
        for start in range(0, len(pairs), READ_AT_ONCE):
            try:
                group = pairs[start : start + READ_AT_ONCE]
                await self._store_marks({user_id for _, user_id in group})
                found = await self._own_rooms.marks(group)
            except BaseException:
                self._pairs_to_read.update(pairs[start:])
                raise
            for (room_id, user_id), mark in found.items():
                before = self._index.mark_of(room_id, user_id)
                if before is None or before == mark:
                    continue
                reader = self._index.readers[user_id]
                self._index.put_mark(reader, room_id, mark)
                fields = mark._asdict() | {"times_back": mark.times_back or None}
                if mark.deleted == before.deleted:
                    del fields["deleted"]
                updates.add(reader.watchers, room_id, **fields)

    async def _read_people(self, wholes: _Wholes) -> None:
        """Reads the rooms of users whose connections need all of them, whose rooms have changed,
        and of those who are next to be checked."""
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
            group = user_ids[start : start + READ_AT_ONCE]
            try:
                await self._store_marks(set(group))
                found = await self._own_rooms.of(group)
                beside = await self._waiting.of(group)
            except BaseException:
                self._stale.update(stale.intersection(user_ids[start:]))
                self._unchecked.extend(user_ids[start:])
                raise
            for user_id in group:
                whole = Unread([view.room for view in found[user_id]], True, *beside[user_id])
                self._store_rooms(user_id, found[user_id], whole, wholes, is_stale=user_id in stale)

    def _next_to_check(self) -> list[int]:
        now = time.monotonic()
        if self._check_all or (
            self._publish and not self._unchecked and now - self._checked_at >= self._timings.unread_check
        ):
            self._check_all = False
            self._checked_at = now
            self._unchecked = deque(self._index.readers)
        share = self._timings.unread_round / self._timings.unread_check
        most = max(READ_AT_ONCE, round(len(self._index.readers) * share) + 1)
        return [self._unchecked.popleft() for _ in range(min(most, len(self._unchecked)))]

    def _store_rooms(
        self, user_id: int, found: list[OwnRoomView], whole: Unread, wholes: _Wholes, *, is_stale: bool
    ) -> None:
        """Stores the rooms of a user, and what waits for them, as just read, and has `whole` sent to the
        connections that don't have them so."""
        reader = self._index.readers.get(user_id)
        if reader is None:
            return
        before = reader.rooms, reader.beside
        reader.beside = whole.beside_marks()
        for room_id, number in self._index.put_rooms(reader, found):
            # A post without a hint yet, or whose hint was lost.
            self._numbers[room_id] = max(number, self._numbers.get(room_id, 0))
            self._wake.set()
        is_other = is_stale or before != (reader.rooms, reader.beside)
        receivers = [watcher for watcher in reader.watchers if is_other or watcher in self._wants_whole]
        if receivers:
            wholes.update(dict.fromkeys(receivers, Whole(whole)))

    async def _send(self, updates: Updates, wholes: _Wholes) -> float:
        """Writes a frame to each connection: all rooms, or the changes. A connection with too much
        unread gets all rooms later."""
        began = time.monotonic()
        others = [watcher for watcher in updates.watchers if watcher not in wholes]
        for written, watcher in enumerate([*wholes, *others], 1):
            if watcher.outbox.is_full:
                self._wants_whole.add(watcher)
            elif watcher in wholes:
                self._wants_whole.discard(watcher)
                watcher.outbox.add(*wholes[watcher].lines(self._online_among))
            elif watcher not in self._wants_whole:
                watcher.outbox.add(updates.frame(watcher))
            if written % WRITE_AT_ONCE == 0:
                await asyncio.sleep(0)
        return time.monotonic() - began
