"""Carries what was committed to the other processes. It only wakes them up: what gets lost here is
found in the database.

And what is fleeting, of which nothing is found anywhere."""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from chat.envelopes import Batch, EphemeralEvent, StatusChange, UnreadHint
from chat.events import encode_value
from helpers.redis.pubsub import PubSub

log = logging.getLogger("aiochat.bus")

CONTROL = b"aiochat:control"
ACTIVITY = b"aiochat:activity"

NEWS = b"{"
"""What begins with this on the control channel is news, as JSON; anything else is the id of a
session."""

FLEETING = b"~"
"""What begins with this is fleeting. A batch is an array, which in msgpack begins with another
byte."""


@dataclass(frozen=True)
class Listener:
    """Whom the bus wakes: `on_batch` with what another process committed, `on_fleeting` with what
    it told a room,

    `on_status_change` with what it announced of a user, `on_session_end` with a session's id,
    `on_unread_hint` with what is news for who counts the unread, `on_gap` when messages may have
    been missed."""

    on_batch: Callable[[Batch], None]
    on_fleeting: Callable[[EphemeralEvent], None]
    on_status_change: Callable[[StatusChange], None]
    on_session_end: Callable[[str], None]
    on_unread_hint: Callable[[UnreadHint], None]
    on_gap: Callable[[], None]


class Bus(Protocol):
    remote: bool
    """Are there other processes that can commit to our rooms?"""

    def publish(self, batch: Batch) -> None:
        """Sends a batch to the other processes. Never waits and never fails."""

    def tell(self, ephemeral: EphemeralEvent) -> None:
        """Sends it to the other processes that follow its room now. Never waits and never fails."""

    def announce(self, change: StatusChange) -> None:
        """Tells the other processes, wherever the user is."""

    def end_session(self, session_id: str) -> None:
        """Tells the other processes that a session has ended."""

    def tell_unread_hint(self, hint: UnreadHint) -> None:
        """Tells the other processes what is news for who counts the unread."""

    async def follow(self, room_id: int) -> None:
        """From its return on, batches of the room are heard (or, if Redis is away, found later)."""

    def unfollow(self, room_id: int) -> None: ...
    async def open(self) -> None:
        """Connects. Raises RedisError where that can't be done."""

    async def close(self) -> None: ...


class LocalBus:
    """For one process: nobody else is there to be told."""

    remote = False

    def publish(self, batch: Batch) -> None:
        pass

    def tell(self, ephemeral: EphemeralEvent) -> None:
        pass

    def announce(self, change: StatusChange) -> None:
        pass

    def end_session(self, session_id: str) -> None:
        pass

    def tell_unread_hint(self, hint: UnreadHint) -> None:
        pass

    async def follow(self, room_id: int) -> None:
        pass

    def unfollow(self, room_id: int) -> None:
        pass

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass


class RedisBus:
    """Redis pub/sub, sharded where Redis is a cluster: one channel a room, and two for what isn't
    about one room."""

    remote = True

    def __init__(self, url: str, listener: Listener) -> None:
        self._listener = listener
        self._pubsub = PubSub(url, self._receive, listener.on_gap)

    def publish(self, batch: Batch) -> None:
        self._pubsub.wake(_channel(batch.room_id), functools.partial(_encoder.encode, batch))

    def tell(self, ephemeral: EphemeralEvent) -> None:
        self._pubsub.mention(_channel(ephemeral.room_id), FLEETING + _encoder.encode(ephemeral))

    def announce(self, change: StatusChange) -> None:
        self._pubsub.publish(CONTROL, encode_value(change))

    def end_session(self, session_id: str) -> None:
        self._pubsub.publish(CONTROL, session_id.encode())

    def tell_unread_hint(self, hint: UnreadHint) -> None:
        self._pubsub.wake(ACTIVITY, functools.partial(_encoder.encode, hint))

    async def follow(self, room_id: int) -> None:
        await self._pubsub.follow(_channel(room_id))

    def unfollow(self, room_id: int) -> None:
        self._pubsub.unfollow(_channel(room_id))

    async def open(self) -> None:
        await self._pubsub.open()
        await self._pubsub.follow(CONTROL)
        await self._pubsub.follow(ACTIVITY)

    async def close(self) -> None:
        await self._pubsub.close()

    def _receive(self, channel: bytes, payload: bytes) -> None:
        try:
            if channel == CONTROL and payload.startswith(NEWS):
                self._listener.on_status_change(_status_change_decoder.decode(payload))
            elif channel == CONTROL:
                self._listener.on_session_end(payload.decode())
            elif channel == ACTIVITY:
                self._listener.on_unread_hint(_activity_decoder.decode(payload))
            elif payload.startswith(FLEETING):
                self._listener.on_fleeting(_fleeting_decoder.decode(payload[1:]))
            else:
                self._listener.on_batch(_decoder.decode(payload))
        except msgspec.DecodeError:
            log.exception("something on the bus can't be read")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Batch)
_status_change_decoder = msgspec.json.Decoder(StatusChange)
_fleeting_decoder = msgspec.msgpack.Decoder(EphemeralEvent)
_activity_decoder = msgspec.msgpack.Decoder(UnreadHint)


def _channel(room_id: int) -> bytes:
    return b"aiochat:room:%d" % room_id
