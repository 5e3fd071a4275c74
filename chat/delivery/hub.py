"""The connections of this process, and the stays in rooms over them: delivers events in the order of
seq, fills gaps from the history, and lets slow clients catch up."""

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Protocol, TypeVar

from accounts.keys import Successor
from chat.delivery.channel import Channel
from chat.delivery.connections import Client, Connection
from chat.delivery.recent_changes import RecentChanges
from chat.delivery.recent_presence import RecentPresence
from chat.envelopes import Batch, EphemeralEvent, StatusChange
from chat.events import RESTART, Close, Event
from chat.history.catch_up import Changes
from helpers.db.database import is_unavailable
from helpers.tasks import cancel_all
from helpers.websocket.frames import write_to_all
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.hub")

MAX_CONNECTIONS = 50
"""Connections of one user in this process: ten pages on each of five devices."""


class RoomSubscriptions(Protocol):
    """What the hub needs of the bus."""

    remote: bool

    async def follow(self, room_id: int) -> None: ...
    def unfollow(self, room_id: int) -> None: ...


class Hub:
    """`changes_since(room_id, seq)` reads the history, `last_seqs(room_ids)` the last seq of each
    room."""

    def __init__(
        self,
        changes_since: Callable[[int, int], Awaitable[Changes]],
        last_seqs: Callable[[list[int]], Awaitable[dict[int, int]]],
        timings: Timings = DEFAULT,
    ) -> None:
        self._timings = timings
        self._changes_since = changes_since
        self._last_seqs = last_seqs
        self._channels: dict[int, Channel] = {}
        self._connections: set[Connection] = set()
        self._by_user: dict[int, set[Connection]] = {}
        self._by_room: dict[int, set[Client]] = {}
        self._recent = RecentChanges()
        self.recent_presence = RecentPresence()
        self.viewers_of: Callable[[int], list[bytes]] = lambda _: []
        """Who has a room in front of them, for those who enter it."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._check_now = asyncio.Event()
        self.empty = asyncio.Event()
        """Set while nobody is connected."""
        self.empty.set()
        self._bus: RoomSubscriptions

    def start(self, bus: RoomSubscriptions) -> None:
        """Follows rooms on `bus` from now on. The bus was given `deliver`."""
        self._bus = bus
        self.spawn(self._poll())

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work` in a context of its own: a task started inside a transaction would read in
        it."""
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        await cancel_all(self._tasks)

    @property
    def connections(self) -> list[Connection]:
        return list(self._connections)

    def admit(self, connection: Connection) -> bool:
        """Registers the connection. False where its user has too many. An admitted connection must
        be dismissed."""
        if len(self._by_user.get(connection.user_id, ())) >= MAX_CONNECTIONS:
            return False
        self._connections.add(connection)
        self._by_user.setdefault(connection.user_id, set()).add(connection)
        self.empty.clear()
        return True

    def dismiss(self, connection: Connection) -> bool:
        """Removes the connection, whose clients leave after this. False where it was never
        admitted."""
        was_admitted = connection in self._connections
        self._connections.discard(connection)
        if not self._connections:
            self.empty.set()
        _discard(self._by_user, connection.user_id, connection)
        return was_admitted

    def is_connected(self, user_id: int) -> bool:
        return user_id in self._by_user

    @property
    def connected_ids(self) -> list[int]:
        """The ids of the users who are connected here."""
        return list(self._by_user)

    def connections_in(self, room_id: int) -> list[Connection]:
        """The connections over which the room is live here."""
        channel = self._channels.get(room_id)
        return [] if channel is None else channel.connections

    def clients_in(self, room_id: int) -> list[Client]:
        """The stays here that are told what happens in the room."""
        channel = self._channels.get(room_id)
        return [] if channel is None else channel.caught_up

    async def register(self, client: Client) -> None:
        """Registers the client with its room's channel: of what changes its user's standing from
        now on it is told. Its standing is read after this. A registered client must leave, when
        this is done. Raises the errors of reading the history."""
        self._by_room.setdefault(client.room_id, set()).add(client)
        channel = await self._channel(client.room_id)
        channel.add(client)

    async def enter(self, client: Client, since: int | None, hello: Callable[[Changes], Event]) -> None:
        """Serves a registered client: sends `hello`, the changes since `since`, and from then on all
        events.

        `since` None means from now on; below zero, that the client has another history. Raises the
        errors of reading the history."""
        channel = await self._channel(client.room_id)
        await channel.catch_up(client, since, hello)

    def leave(self, client: Client) -> None:
        """Removes the client. Calling it twice is harmless."""
        _discard(self._by_room, client.room_id, client)
        channel = self._channels.get(client.room_id)
        if channel is not None:
            channel.forget(client)
            if client.room_id not in self._by_room:
                del self._channels[client.room_id]
                self._bus.unfollow(client.room_id)

    def deliver(self, batch: Batch) -> None:
        """Delivers a committed batch to the room's clients here: at once where it comes next,
        otherwise after the gap before it is filled."""
        channel = self._channels.get(batch.room_id)
        if channel is None:
            return
        channel.receive(batch.events)
        self._schedule_gap_fill(channel)

    def send_ephemeral(self, ephemeral: EphemeralEvent) -> None:
        """Sends an ephemeral event to the room's clients here."""
        channel = self._channels.get(ephemeral.room_id)
        if channel is not None:
            channel.send_ephemeral(ephemeral.data, ephemeral.but_user_id)

    def send_change(self, change: StatusChange, others: Iterable[Connection] = ()) -> None:
        """Sends a change of a person's status or name to the connections to their rooms here, to
        `others`, and to those who enter soon: once to each connection."""
        self._recent.add(change)
        told = set(others)
        for room_id in change.room_ids:
            told.update(self.connections_in(room_id))
        outboxes = [connection.outbox for connection in told]
        write_to_all([outbox for outbox in outboxes if not outbox.is_full], [change.data])

    def end_session(self, session_id: str, successor: Successor | None = None) -> None:
        """Closes every connection of the session, but those of the browser with which it goes
        on."""
        for connection in self.connections:
            if connection.session_id != session_id:
                continue
            if successor is None:
                connection.end(Close.SIGNED_OUT)
            elif connection.mark == successor.client:
                connection.session_id = successor.session_id
            else:
                # Whoever has the new token may come back.
                connection.end(RESTART)

    def open_sessions(self) -> set[tuple[str, int]]:
        """The sessions of all connections, each with its user's id."""
        return {(connection.session_id, connection.user_id) for connection in self._connections}

    def look_for_gaps(self) -> None:
        """Compares the rooms with the database now, because events may have been missed."""
        self._check_now.set()

    async def _channel(self, room_id: int) -> Channel:
        channel = self._channels.get(room_id)
        if channel is None:
            channel = self._channels[room_id] = Channel(
                *(room_id, self._changes_since, self._recent_of, self.spawn, self._timings)
            )
            self.spawn(self._open(channel))
        await asyncio.shield(channel.opened)
        return channel

    def _recent_of(self, room_id: int) -> list[bytes]:
        """What was told of people a moment ago, and who is in the room."""
        recent = self._recent.of_room(room_id) + self.recent_presence.of_room(room_id)
        return recent + self.viewers_of(room_id)

    async def _open(self, channel: Channel) -> None:
        """Subscribes first and reads second, so that no event is missed between the two."""
        try:
            await self._bus.follow(channel.room_id)
            found = await self._last_seqs([channel.room_id])
            channel.start(found.get(channel.room_id, 0))
            self._schedule_gap_fill(channel)
        except Exception as error:
            self._channels.pop(channel.room_id, None)
            self._bus.unfollow(channel.room_id)
            if not channel.opened.done():
                channel.opened.set_exception(error)
                channel.opened.exception()

    def _schedule_gap_fill(self, channel: Channel) -> None:
        """Schedules filling a gap, where the channel has one and no fill is running. A channel that
        isn't open yet starts after its first read."""
        if channel.opened.done() and channel.has_gap and not channel.is_filling:
            channel.is_filling = True
            self.spawn(self._fill(channel))

    async def _fill(self, channel: Channel) -> None:
        try:
            while channel.has_gap and self._channels.get(channel.room_id) is channel:
                seen = channel.last_seq
                await asyncio.sleep(self._timings.fill_gap)
                if channel.last_seq > seen:
                    # What was lacking came after all: so will the rest, if the other processes are busy.
                    continue
                try:
                    channel.fill(await self._changes_since(channel.room_id, channel.last_seq))
                except Exception as error:
                    if not is_unavailable(error):
                        raise
                    await asyncio.sleep(self._timings.database_away)
        finally:
            channel.is_filling = False

    async def _poll(self) -> None:
        """Looks for gaps: whenever events may have been missed, and periodically where other
        processes write to the same rooms."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.poll if self._bus.remote else None):
                    await self._check_now.wait()
            self._check_now.clear()
            try:
                for room_id, last_seq in (await self._last_seqs(list(self._channels))).items():
                    channel = self._channels.get(room_id)
                    if channel is not None:
                        channel.note_last_seq(last_seq)
                        self._schedule_gap_fill(channel)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("looking for gaps failed")
                self._check_now.set()
                await asyncio.sleep(self._timings.database_away)


Member = TypeVar("Member")


def _discard(index: dict[int, set[Member]], key: int, member: Member) -> None:
    """Removes the member from its set, and an empty set from the index."""
    found = index.get(key)
    if found is not None:
        found.discard(member)
        if not found:
            del index[key]
