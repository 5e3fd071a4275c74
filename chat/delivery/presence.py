"""Who is online, as this process knows it from the record, and telling those who share a room with
them. Presence is of the site: somebody is online who has any connection to any process.

The bus only wakes up. What has changed is read from the record, in the order of its versions, so that
all processes tell the same, whatever notifications are lost."""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import Callable, Collection, Iterable

from accounts.people.names import DELETED
from chat.delivery.connections import Connection
from chat.delivery.recent_presence import RecentPresence, online_event
from chat.events import Online
from chat.history.presence import PresenceChange, PresenceStore
from helpers.db.database import is_unavailable
from helpers.tasks import cancel_all, rest
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.presence")

WRITE_AT_ONCE = 200
"""Frames written before other tasks get their turn."""

PAUSE_FACTOR = 5
"""The pause after what took long to tell, in multiples of its duration: what changes meanwhile is
told together."""

LONGEST_PAUSE = 5.0
"""Seconds."""

TOLD_AT_ONCE = 500
"""People in one event."""


class SitePresence:
    """`connections_of(room_id)` are the connections of the room's members here. `publish` wakes the
    other processes, None where there are none. `on_offline` is called with those who are recorded
    as offline."""

    def __init__(
        self,
        store: PresenceStore,
        recent: RecentPresence,
        connections_of: Callable[[int], Iterable[Connection]],
        publish: Callable[[], None] | None,
        timings: Timings = DEFAULT,
    ) -> None:
        self._store = store
        self._recent = recent
        self._connections_of = connections_of
        self._publish = publish
        self._timings = timings
        self._online: dict[int, str] = {}
        """Names by id."""
        self._names: set[str] = set()
        self.version = 0
        """All changes up to this one are known."""
        self.on_offline: Callable[[list[int]], None] = lambda _: None
        self._wake = asyncio.Event()
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        # Read first: what is recorded meanwhile is read again, and told.
        self.version = await self._store.version()
        for change in await self._store.online():
            self._put(change)
        self.wake()
        task = asyncio.create_task(self._run(), name="presence", context=contextvars.Context())
        self._tasks.append(task)

    async def close(self) -> None:
        await cancel_all(self._tasks)

    def is_online(self, user_id: int) -> bool:
        return user_id in self._online

    @property
    def online_ids(self) -> list[int]:
        return list(self._online)

    def among(self, names: Iterable[str]) -> Online:
        """Which of the people with whom somebody has a conversation of two are online."""
        return Online(self.version, sorted({name for name in names if name in self._names}), whole=True)

    async def record(self, user_ids: Collection[int], *, online: bool) -> None:
        """Records who is online, or no longer. It is told a moment later. Raises the database's
        errors."""
        if not user_ids:
            return
        is_new = await self._store.record(user_ids, online=online)
        # Where it was recorded already, that isn't known here.
        self.wake()
        if is_new and self._publish:
            self._publish()

    def wake(self) -> None:
        """Something may have been recorded."""
        self._wake.set()

    def member_joined(self, room_id: int, user_id: int, name: str, online: bool) -> None:
        """Tells the room's connections here of a new member, of whom they may not know yet. `online`:
        they are connected to the process in which they have joined, which isn't recorded yet."""
        change = PresenceChange(user_id, name, online or user_id in self._online, self.version)
        self._recent.add(room_id, change)
        event = online_event([change])
        for connection in self._connections_of(room_id):
            if not connection.outbox.is_full:
                connection.outbox.add(event)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.poll if self._publish else None):
                    await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            try:
                await self.catch_up()
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("presence wasn't told")
                self._wake.set()
                await asyncio.sleep(self._timings.database_away)
            else:
                await rest(began, PAUSE_FACTOR, LONGEST_PAUSE)

    async def catch_up(self) -> None:
        """Reads what has changed, and tells it."""
        async with self._reading:
            await self._catch_up()

    async def _catch_up(self) -> None:
        changes = await self._store.changes_since(self.version)
        if not changes:
            return
        rooms = await self._store.rooms_of([change.user_id for change in changes])
        # A deleted account's name is told by nothing, and it is in no room any more.
        told = {change.user_id: change for change in changes if change.name not in ("", DELETED)}
        for change in changes:
            self._put(change)
        self.version = max(change.version for change in changes)
        for room_id, user_ids in rooms.items():
            for user_id in user_ids:
                if user_id in told:
                    self._recent.add(room_id, told[user_id])
        self.on_offline([change.user_id for change in changes if not change.online])
        some = list(told.values())
        for start in range(0, len(some), TOLD_AT_ONCE):
            await self._tell(some[start : start + TOLD_AT_ONCE], rooms)

    def _put(self, change: PresenceChange) -> None:
        self._names.discard(self._online.pop(change.user_id, ""))
        if change.online:
            self._online[change.user_id] = change.name
            self._names.add(change.name)

    async def _tell(self, changes: list[PresenceChange], rooms: dict[int, list[int]]) -> None:
        """Writes one frame to each connection, of those of the people with whom it shares a room. The
        sets of people are numbers, a bit for each: connections to the same rooms get the same
        frame."""
        bits = {change.user_id: 1 << place for place, change in enumerate(changes)}
        masks: dict[Connection, int] = {}
        for room_id, user_ids in rooms.items():
            mask = sum(bits.get(user_id, 0) for user_id in user_ids)
            if not mask:
                continue
            for connection in self._connections_of(room_id):
                masks[connection] = masks.get(connection, 0) | mask
            await asyncio.sleep(0)
        events: dict[int, bytes] = {}
        for written, (connection, mask) in enumerate(masks.items(), 1):
            if mask not in events:
                events[mask] = online_event(
                    [change for place, change in enumerate(changes) if mask >> place & 1]
                )
            if not connection.outbox.is_full:
                connection.outbox.add(events[mask])
            if written % WRITE_AT_ONCE == 0:
                await asyncio.sleep(0)
