"""The streams of this process: what happened is read once, and given to each stream of somebody
whom it concerns.

A stream that comes, or that something went wrong for, reads from the database what it lacks, until
it has all that the others have."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from peewee_async.databases import AioDatabase

from accounts.relations.visibility import Visibility
from feed import event_log
from feed.event_log import MAX_BEHIND
from feed.telling import AT_ONCE, Told, frame, gone, mark, tell
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_away

log = logging.getLogger("aiochat.feed")

MAX_STREAMS = 10
"""Of one person. A browser's tabs share six connections to a site by HTTP/1.1 anyway."""

MAX_OUTBOX = 256 * 1024
"""Bytes that wait for one reader, beside the 64 KB of the transport: some hundred posts."""

POLL_SECONDS = 1.5
"""What the bus has lost is found then."""

HEARTBEAT_SECONDS = 15.0
STUCK_SECONDS = 20.0
"""No progress for so long, and the reader is cut."""

GRACE_SECONDS = 0.5
"""For the end of a stream to be sent."""

SWEEP_SECONDS = 3600.0
PAIRS_AT_ONCE = 1000


class Cut(Exception):
    """The stream ends: its reader was too slow, its session has ended, or the process does."""


class Connection(Protocol):
    """What a stream goes over."""

    @property
    def is_open(self) -> bool: ...
    async def write(self, data: bytes) -> None: ...
    def abort(self) -> None:
        """Drops it, with what the reader has left unread."""


class Stream:
    """One reader. `post_id` is the one post that they follow, None for their feed."""

    def __init__(
        self, connection: Connection, user_id: int, session_id: str, post_id: int | None, position: int
    ) -> None:
        self.connection = connection
        self.user_id = user_id
        self.session_id = session_id
        self.post_id = post_id
        self.position = position
        """Up to this id everything was given to the reader, or waits for them in the outbox."""
        self.is_live = False
        self.is_over = False
        """The one post was told to be gone: it is hidden from the reader now."""
        self.is_cut = asyncio.Event()
        self._outbox: deque[bytes] = deque()
        self._waiting = 0
        self._stirred = asyncio.Event()

    def offer(self, told: Iterable[Told], upto: int) -> None:
        """Never waits. A reader for whom too much waits is cut."""
        for event in told:
            if event.id > self.position:
                self._outbox.append(event.frame)
                self._waiting += len(event.frame)
        self.position = max(self.position, upto)
        if self._waiting > MAX_OUTBOX:
            self.cut()
        if self._outbox:
            self._stirred.set()

    def mark_stale(self) -> None:
        """Something may have been missed: it is read from the database."""
        self.is_live = False
        self._stirred.set()

    @property
    def has_waiting(self) -> bool:
        return bool(self._outbox)

    def cut(self) -> None:
        """Ends it: in good order, or where the reader doesn't read, all the same."""
        if not self.is_cut.is_set():
            asyncio.get_running_loop().call_later(GRACE_SECONDS, self.connection.abort)
        self.is_cut.set()
        self._outbox.clear()
        self._stirred.set()

    async def next(self) -> bytes:
        """What is to be written next, after a while without anything a mark. Empty where the stream
        has to catch up first. Raises Cut."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._stirred.wait()
        if self.is_cut.is_set():
            raise Cut
        if not self._outbox:
            self._stirred.clear()
            return mark(self.position) if self.is_live else b""
        joined = b"".join(self._outbox)
        self._outbox.clear()
        self._waiting = 0
        self._stirred.clear()
        return joined


class Streams:
    def __init__(self, database: AioDatabase, visibility: Visibility) -> None:
        self._database = database
        self._sights = visibility
        self._streams: set[Stream] = set()
        self._last = 0
        """Up to this id the live streams were given everything."""
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        # Looked up pair by pair: where millions follow somebody, PostgreSQL would rather read them
        # all.
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
        """Something was committed, here or elsewhere."""
        self._news.set()

    def end_session(self, session_id: str) -> None:
        for stream in self._streams:
            if stream.session_id == session_id:
                stream.cut()

    async def close(self) -> None:
        """Ends all streams."""
        for stream in self._streams:
            stream.cut()
        while self._streams:
            self._empty.clear()
            await self._empty.wait()

    def count(self, user_id: int) -> int:
        return sum(stream.user_id == user_id and stream.connection.is_open for stream in self._streams)

    async def run(self, stream: Stream) -> None:
        """Writes to a reader until they go, are cut, can't be written to, or the database is away:
        whoever is left comes back."""
        self._streams.add(stream)
        try:
            while stream.connection.is_open:
                if not stream.is_live and not stream.has_waiting:
                    await self._catch_up(stream)
                if data := await stream.next():
                    await _write(stream, data)
        except ConnectionError:
            pass
        except (Cut, TimeoutError):
            stream.cut()
        except Exception as error:
            if not is_away(error):
                log.exception("a stream of the feed")
        finally:
            self._streams.discard(stream)
            if not self._streams:
                self._empty.set()

    async def _catch_up(self, stream: Stream) -> None:
        last = await event_log.last_id()
        if stream.position > last or last - stream.position > MAX_BEHIND:
            stream.position = last
            await _write(stream, frame(last, "reset", {"last": last}))
        while True:
            found = await event_log.read_since(
                stream.position, AT_ONCE, reader_id=stream.user_id, post_id=stream.post_id
            )
            told = (await self._fitted([stream], await tell(found.events), None))[stream]
            if stream.is_cut.is_set():
                raise Cut
            stream.position = found.upto
            if told:
                await _write(stream, b"".join(event.frame for event in told))
            # Nothing is awaited between this look and the next offer.
            if not found.events and self._last <= stream.position:
                stream.is_live = True
                return

    async def deliver_forever(self) -> None:
        """Gives the live streams what happens."""
        self._last = await _until_there(event_log.last_id)
        while True:
            try:
                while await self._deliver():
                    pass
            except Exception as error:
                if not is_away(error):
                    log.exception("the feed's streams")
                for stream in self._streams:
                    stream.mark_stale()
                await asyncio.sleep(POLL_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._news.wait()
            self._news.clear()

    async def _deliver(self) -> bool:
        """Gives the next events to whom they concern. Was there anything?"""
        if not any(stream.is_live for stream in self._streams):
            # Who comes reads for themselves.
            last = await event_log.last_id()
            if any(stream.is_live for stream in self._streams):
                return True
            self._last = max(self._last, last)
            return False
        found = await event_log.read_since(self._last, AT_ONCE)
        if found.upto <= self._last:
            return False
        # Together, without awaiting: who becomes live from here on has caught up with these.
        self._last = found.upto
        live = [stream for stream in self._streams if stream.is_live]
        told = await tell(found.events)
        readers = {stream.user_id for stream in live if stream.post_id is None}
        follows = await self._who_follows(readers, {event.author_id for event in told})
        fitted = await self._fitted(live, told, follows)
        for stream in live:
            if stream.is_live:
                stream.offer(fitted[stream], found.upto)
        return True

    async def _fitted(
        self, streams: Sequence[Stream], told: Sequence[Told], follows: set[tuple[int, int]] | None
    ) -> dict[Stream, list[Told]]:
        """What each stream is given of these events, as its reader may see them. Without `follows`
        all concern every stream.

        Asked when the events have been read: a block or an end of following that was committed
        before them holds for them."""
        heard = {
            stream: [event for event in told if follows is None or _concerns(stream, event, follows)]
            for stream in streams
        }
        named = {
            event.user_id
            for events in heard.values()
            for event in events
            if event.nameless is not event.frame
        }
        unseen = await self._sights.hidden_among({stream.user_id for stream in streams}, named)
        hidden = await self._sights.hidden_posts(
            (stream.user_id, events[0].author_id)
            for stream, events in heard.items()
            if stream.post_id is not None and events
        )
        for stream, events in heard.items():
            if (
                hidden
                and stream.post_id is not None
                and events
                and (stream.user_id, events[0].author_id) in hidden
            ):
                # Told once, and then nothing: not even that something goes on there.
                heard[stream] = [] if stream.is_over else [gone(events[0])]
                stream.is_over = True
            elif unseen:
                heard[stream] = [
                    event._replace(frame=event.nameless)
                    if (stream.user_id, event.user_id) in unseen
                    else event
                    for event in events
                ]
        return heard

    async def _who_follows(self, readers: set[int], authors: set[int]) -> set[tuple[int, int]]:
        pairs = [(reader, author) for author in authors for reader in readers if reader != author]
        found: set[tuple[int, int]] = set()
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            statement = self._follows.over(pairs[start : start + PAIRS_AT_ONCE])
            found.update(
                (follower, followed)
                for follower, followed in await fetch(self._database, statement.sql, *statement.params)
            )
        return found

    async def sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await _until_there(event_log.forget_old)


def _concerns(stream: Stream, event: Told, follows: set[tuple[int, int]]) -> bool:
    if stream.post_id is not None:
        return stream.post_id == event.post_id
    return stream.user_id == event.author_id or (stream.user_id, event.author_id) in follows


async def _write(stream: Stream, data: bytes) -> None:
    async with asyncio.timeout(STUCK_SECONDS):
        await stream.connection.write(data)


Answer = TypeVar("Answer")


async def _until_there(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    while True:
        try:
            return await ask()
        except Exception as error:
            if not is_away(error):
                raise
            await asyncio.sleep(POLL_SECONDS)
