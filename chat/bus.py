"""Carries what was committed to the other processes. It only wakes them up: what gets lost here is found in the database."""

import asyncio
import contextlib
import contextvars
import logging
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat.events import Batch
from helpers.text import one_line

log = logging.getLogger("aiochat.bus")

MAX_WAITING = 2000
"""Batches kept for a Redis that is away. The oldest go first; their rooms' readers fill the hole from the database."""

FOLLOW_SECONDS = 1.0
CONTROL = "aiochat:control"


@dataclass(frozen=True)
class Listener:
    """Whom the bus wakes: `on_batch` with what another process committed, `on_session_end` with a session's id,

    `on_gap` when messages may have been missed."""

    on_batch: Callable[[Batch], None]
    on_session_end: Callable[[str], None]
    on_gap: Callable[[], None]


class Bus(Protocol):
    remote: bool
    """Are there other processes that can commit to our rooms?"""

    def publish(self, batch: Batch) -> None:
        """Sends a batch to the other processes. Never waits and never fails."""

    def end_session(self, session_id: str) -> None:
        """Tells the other processes that a session has ended."""

    async def follow(self, room_id: int) -> None:
        """From its return on, batches of the room are heard (or, if Redis is away, found later)."""

    def unfollow(self, room_id: int) -> None: ...
    async def close(self) -> None: ...


class LocalBus:
    """For one process: nobody else is there to be told."""

    remote = False

    def publish(self, batch: Batch) -> None:
        pass

    def end_session(self, session_id: str) -> None:
        pass

    async def follow(self, room_id: int) -> None:
        pass

    def unfollow(self, room_id: int) -> None:
        pass

    async def close(self) -> None:
        pass


class RedisBus:
    """Redis pub/sub: one channel a room, and one for what isn't about a room. Both directions survive an outage."""

    remote = True

    def __init__(self, redis: "Redis", listener: Listener) -> None:
        self._redis = redis
        self._listener = listener
        self._origin = secrets.token_bytes(8)
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=MAX_WAITING)
        self._wake = asyncio.Event()
        self._followed: set[int] = set()
        self._confirmed: dict[str, asyncio.Future[None]] = {}
        self._pubsub = redis.pubsub(ignore_subscribe_messages=False)
        self._tasks = [
            asyncio.create_task(work(), name=f"bus {work.__name__}", context=contextvars.Context())
            for work in (self._publish_all, self._listen)
        ]

    def publish(self, batch: Batch) -> None:
        self._send(_channel(batch.room_id), msgspec.msgpack.encode(batch))

    def end_session(self, session_id: str) -> None:
        self._send(CONTROL, session_id.encode())

    def _send(self, channel: str, payload: bytes) -> None:
        self._waiting.append((channel, self._origin + payload))
        self._wake.set()

    async def follow(self, room_id: int) -> None:
        self._followed.add(room_id)
        channel = _channel(room_id)
        confirmed = self._confirmed.setdefault(channel, asyncio.get_running_loop().create_future())
        # Away or slow: the listener subscribes to all that is followed when it is back, and then looks for gaps.
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(FOLLOW_SECONDS):
                await self._pubsub.subscribe(channel)
                await asyncio.shield(confirmed)

    def unfollow(self, room_id: int) -> None:
        self._followed.discard(room_id)
        self._confirmed.pop(_channel(room_id), None)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _publish_all(self) -> None:
        """Publishes what waits, hundreds in a round trip. While Redis is away, the newest are kept."""
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            sending = [self._waiting.popleft() for _ in range(min(500, len(self._waiting)))]
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for channel, payload in sending:
                        pipeline.publish(channel, payload)
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                log.warning("Redis is away, others hear later: %s", one_line(error))
                room = MAX_WAITING - len(self._waiting)
                self._waiting.extendleft(reversed(sending[-room:] if room else []))
                await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        """Reads the subscription for ever. After each loss it subscribes anew and says that there may be a gap."""
        lost = False
        while True:
            try:
                await self._pubsub.subscribe(CONTROL, *map(_channel, self._followed))
                if lost:
                    log.warning("the subscription is back")
                lost = False
                self._listener.on_gap()
                while True:
                    message = await self._pubsub.get_message(timeout=1.0)
                    if message is not None:
                        await self._receive(message)
            except (RedisError, OSError) as error:
                if not lost:
                    log.warning("the subscription was lost: %s", one_line(error))
                lost = True
                with contextlib.suppress(RedisError, OSError):
                    await self._pubsub.aclose()  # type: ignore[no-untyped-call]
                self._pubsub = self._redis.pubsub(ignore_subscribe_messages=False)
                await asyncio.sleep(0.3)
            except Exception:
                log.exception("a message on the bus can't be understood")

    async def _receive(self, message: dict[str, object]) -> None:
        channel = message["channel"].decode()  # type: ignore[attr-defined]
        if message["type"] == "subscribe":
            confirmed = self._confirmed.get(channel)
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
            if channel != CONTROL and _room_id(channel) not in self._followed:
                await self._pubsub.unsubscribe(channel)
            return
        data = message["data"]
        if message["type"] != "message" or not isinstance(data, bytes) or data[:8] == self._origin:
            return
        if channel == CONTROL:
            self._listener.on_session_end(data[8:].decode())
        elif _room_id(channel) in self._followed:
            self._listener.on_batch(msgspec.msgpack.decode(data[8:], type=Batch))
        else:
            await self._pubsub.unsubscribe(channel)


def _channel(room_id: int) -> str:
    return f"aiochat:room:{room_id}"


def _room_id(channel: str) -> int:
    return int(channel.rpartition(":")[2])
