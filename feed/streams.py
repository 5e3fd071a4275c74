"""The event streams of this process. New events are read once and passed to each stream that they
concern.

A new stream, or one that may have missed events, reads the missing ones from the database until it
has caught up with the others."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from peewee_async.databases import AioDatabase

from accounts.keys import Successor
from accounts.relations.visibility import Visibility
from feed import event_log
from feed.encoding import (
    AT_ONCE,
    EncodedEvent,
    Renamed,
    encode_events,
    encode_name,
    frame,
    heartbeat,
    removal,
)
from feed.event_log import MAX_BEHIND
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_unavailable
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.feed")

MAX_STREAMS = 10
"""Per person. With HTTP/1.1 a browser's tabs share six connections to a site anyway."""

MAX_OUTBOX = 64 * 1024
"""Bytes queued for one reader beside what is being written. A reader with more gets it from the
database when it has read."""

READ_AT_ONCE = 50
"""Events that are read for a stream that catches up, and held until they are written."""

SWEEP_SECONDS = 3600.0
PAIRS_AT_ONCE = 1000

Answer = TypeVar("Answer")


class StreamEnded(Exception):
    """The stream ends: its reader reads nothing, its session ended, or the process shuts down."""


class Connection(Protocol):
    """The connection of a stream."""

    @property
    def is_open(self) -> bool: ...
    async def write(self, data: bytes) -> None: ...
    def abort(self) -> None:
        """Drops the connection with all unsent data."""


class Stream:
    """One reader's stream. `post_id` limits it to one post; None is the reader's feed."""

    def __init__(
        self,
        connection: Connection,
        user_id: int,
        session_id: str,
        mark: int,
        post_id: int | None,
        position: int,
        timings: Timings = DEFAULT,
    ) -> None:
        self._timings = timings
        self.connection = connection
        self.user_id = user_id
        self.session_id = session_id
        self.mark = mark
        self.post_id = post_id
        self.position = position
        """All events up to this id were sent or are in the outbox."""
        self._sent = position
        self.is_live = False
        self.is_removed = False
        """The post is now hidden from the reader, who was sent its removal."""
        self.is_disconnected = asyncio.Event()
        self._outbox: deque[bytes] = deque()
        self._waiting = 0
        self._wake = asyncio.Event()

    def offer(self, encoded: Iterable[EncodedEvent], up_to: int) -> None:
        """Queues events without waiting. A reader whose outbox is too large has to catch up."""
        for event in encoded:
            if event.id > self.position:
                self._outbox.append(event.frame)
                self._waiting += len(event.frame)
        self.position = max(self.position, up_to)
        if self._waiting > MAX_OUTBOX:
            self._outbox.clear()
            self._waiting = 0
            self.position = self._sent
            # The removal may have been among them.
            self.is_removed = False
            self.mark_stale()
        if self._outbox:
            self._wake.set()

    def tell(self, data: bytes) -> None:
        """Queues what no reader has to catch up with."""
        if self._waiting < MAX_OUTBOX:
            self._outbox.append(data)
            self._waiting += len(data)
            self._wake.set()

    def caught_up(self, up_to: int) -> None:
        """All events up to this id are being written."""
        self.position = self._sent = up_to

    def mark_stale(self) -> None:
        """Events may have been missed: the stream reads them from the database."""
        self.is_live = False
        self._wake.set()

    @property
    def has_waiting(self) -> bool:
        return bool(self._outbox)

    def disconnect(self) -> None:
        """Ends the stream. If the reader doesn't read, the connection is aborted a moment
        later."""
        if not self.is_disconnected.is_set():
            asyncio.get_running_loop().call_later(self._timings.feed_end, self.connection.abort)
        self.is_disconnected.set()
        self._outbox.clear()
        self._wake.set()

    async def next(self) -> bytes:
        """Returns the next data to write. After a while without events it is the current id.
        Empty if the stream has to catch up first. Raises StreamEnded."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timings.feed_heartbeat):
                await self._wake.wait()
        if self.is_disconnected.is_set():
            raise StreamEnded
        if not self._outbox:
            self._wake.clear()
            return heartbeat(self.position) if self.is_live else b""
        joined = b"".join(self._outbox)
        self._outbox.clear()
        self._waiting = 0
        self._sent = self.position
        self._wake.clear()
        return joined


class Streams:
    def __init__(self, database: AioDatabase, visibility: Visibility, timings: Timings = DEFAULT) -> None:
        self._timings = timings
        self._database = database
        self._visibility = visibility
        self._streams: set[Stream] = set()
        self._last = 0
        """The live streams have received all events up to this id."""
        self._renamed: list[Renamed] = []
        self._committed = asyncio.Event()
        self._empty = asyncio.Event()
        # Looked up pair by pair: if millions follow a person, PostgreSQL prefers to scan them all.
        self._follows = Bulk(
            database,
            """
            SELECT given.follower_id, given.followed_id FROM {given}
            WHERE (
                SELECT 1 FROM follows WHERE follows.follower_id = given.follower_id
                    AND follows.followed_id = given.followed_id
            ) IS NOT NULL
            """,
            given={"follower_id": "bigint", "followed_id": "bigint"},
        )

    def wake(self) -> None:
        """A transaction was committed in this or another process."""
        self._committed.set()

    def tell_name(self, person: Renamed) -> None:
        """Somebody is shown by another name: their followers and they themselves are told, and
        whoever reads a post."""
        self._renamed.append(person)
        self._committed.set()

    def end_session(self, session_id: str, successor: Successor | None = None) -> None:
        """Ends the session's streams, but those of the browser with which it goes on."""
        for stream in self._streams:
            if stream.session_id == session_id:
                if successor is not None and stream.mark == successor.client:
                    stream.session_id = successor.session_id
                else:
                    stream.disconnect()

    def open_sessions(self) -> set[tuple[str, int]]:
        """The sessions of all streams, each with its user's id."""
        return {(stream.session_id, stream.user_id) for stream in self._streams}

    async def close(self) -> None:
        """Ends all streams."""
        for stream in self._streams:
            stream.disconnect()
        while self._streams:
            self._empty.clear()
            await self._empty.wait()

    def count(self, user_id: int) -> int:
        return sum(stream.user_id == user_id and stream.connection.is_open for stream in self._streams)

    async def run(self, stream: Stream, is_signed_in: Callable[[str, int], Awaitable[bool]]) -> None:
        """Writes to a reader until the connection closes, the stream is cut, or the database is
        unavailable. Clients reconnect."""
        self._streams.add(stream)
        try:
            # Only now: a session may have ended after the request's look at it, and before the
            # stream was known here.
            if not await is_signed_in(stream.session_id, stream.user_id):
                raise StreamEnded
            while stream.connection.is_open:
                if not stream.is_live and not stream.has_waiting:
                    await self._catch_up(stream)
                if data := await stream.next():
                    await self._write(stream, data)
        except ConnectionError:
            pass
        except (StreamEnded, TimeoutError):
            stream.disconnect()
        except Exception as error:
            if not is_unavailable(error):
                log.exception("a stream of the feed")
        finally:
            self._streams.discard(stream)
            if not self._streams:
                self._empty.set()

    async def _catch_up(self, stream: Stream) -> None:
        last = await event_log.last_id()
        if stream.position > last or last - stream.position > MAX_BEHIND:
            stream.caught_up(last)
            await self._write(stream, frame(last, "reset", {"last": last}))
        while True:
            found = await event_log.read_since(
                stream.position, READ_AT_ONCE, reader_id=stream.user_id, post_id=stream.post_id
            )
            encoded = (await self._visible_events([stream], await encode_events(found.events), None))[stream]
            if stream.is_disconnected.is_set():
                raise StreamEnded
            stream.caught_up(found.up_to)
            if encoded:
                await self._write(stream, b"".join(event.frame for event in encoded))
            # Nothing is awaited between this check and the next offer.
            if not found.events and self._last <= stream.position:
                stream.is_live = True
                return

    async def deliver_forever(self) -> None:
        """Passes new events to the live streams."""
        self._last = await self._retry_until_available(event_log.last_id)
        while True:
            try:
                await self._tell_names()
                while await self._deliver():
                    pass
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("the feed's streams")
                for stream in self._streams:
                    stream.mark_stale()
                await asyncio.sleep(self._timings.feed_poll)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.feed_poll):
                    await self._committed.wait()
            self._committed.clear()

    async def _deliver(self) -> bool:
        """Passes the next events to the streams that they concern. Returns False if there were
        none."""
        if not any(stream.is_live for stream in self._streams):
            # New streams catch up by themselves.
            last = await event_log.last_id()
            if any(stream.is_live for stream in self._streams):
                return True
            self._last = max(self._last, last)
            return False
        found = await event_log.read_since(self._last, AT_ONCE)
        if found.up_to <= self._last:
            return False
        # No await between these two lines: a stream that becomes live later has caught up with
        # these events.
        self._last = found.up_to
        live = [stream for stream in self._streams if stream.is_live]
        encoded = await encode_events(found.events)
        readers = {stream.user_id for stream in live if stream.post_id is None}
        follows = await self._following_pairs(readers, {event.author_id for event in encoded})
        visible = await self._visible_events(live, encoded, follows)
        for stream in live:
            if stream.is_live:
                stream.offer(visible[stream], found.up_to)
        return True

    async def _visible_events(
        self, streams: Sequence[Stream], encoded: Sequence[EncodedEvent], follows: set[tuple[int, int]] | None
    ) -> dict[Stream, list[EncodedEvent]]:
        """Returns the events for each stream, as its reader may see them. Without `follows` all
        events concern every stream.

        Visibility is checked after the events were read, so a block or unfollow that was committed
        before an event applies to it."""
        by_stream = {
            stream: [event for event in encoded if follows is None or _concerns(stream, event, follows)]
            for stream in streams
        }
        actors = {
            event.user_id
            for events in by_stream.values()
            for event in events
            if event.anonymous is not event.frame
        }
        hidden_actors = await self._visibility.hidden_among({stream.user_id for stream in streams}, actors)
        hidden = await self._visibility.hidden_posts(
            (stream.user_id, events[0].author_id)
            for stream, events in by_stream.items()
            if stream.post_id is not None and events
        )
        for stream, events in by_stream.items():
            if (
                hidden
                and stream.post_id is not None
                and events
                and (stream.user_id, events[0].author_id) in hidden
            ):
                # The reader gets one removal, and no further events of the post.
                by_stream[stream] = [] if stream.is_removed else [removal(events[0])]
                stream.is_removed = True
            elif hidden_actors:
                by_stream[stream] = [
                    event._replace(frame=event.anonymous)
                    if (stream.user_id, event.user_id) in hidden_actors
                    else event
                    for event in events
                ]
        return by_stream

    async def _following_pairs(self, readers: set[int], authors: set[int]) -> set[tuple[int, int]]:
        pairs = [(reader, author) for author in authors for reader in readers if reader != author]
        found: set[tuple[int, int]] = set()
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            statement = self._follows.bind(pairs[start : start + PAIRS_AT_ONCE])
            found.update(
                (follower, followed)
                for follower, followed in await fetch(self._database, statement.sql, *statement.params)
            )
        return found

    async def _tell_names(self) -> None:
        renamed, self._renamed = self._renamed, []
        if not renamed:
            return
        readers = {stream.user_id for stream in self._streams if stream.post_id is None}
        follows = await self._following_pairs(readers, {person.id for person in renamed})
        for person in renamed:
            data = encode_name(person)
            for stream in self._streams:
                reader = stream.user_id
                if stream.post_id is not None or reader == person.id or (reader, person.id) in follows:
                    stream.tell(data)

    async def sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._retry_until_available(event_log.forget_old)

    async def _write(self, stream: Stream, data: bytes) -> None:
        async with asyncio.timeout(self._timings.feed_stuck):
            await stream.connection.write(data)

    async def _retry_until_available(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        while True:
            try:
                return await ask()
            except Exception as error:
                if not is_unavailable(error):
                    raise
                await asyncio.sleep(self._timings.feed_poll)


def _concerns(stream: Stream, event: EncodedEvent, follows: set[tuple[int, int]]) -> bool:
    if stream.post_id is not None:
        return stream.post_id == event.post_id
    return stream.user_id == event.author_id or (stream.user_id, event.author_id) in follows
