"""What the chat tells the other processes. What was committed only wakes them up: what gets lost is
found in the database.

Ephemeral events are found nowhere later."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from chat.envelopes import Batch, EphemeralEvent, StatusChange, UnreadHint
from chat.events import encode_value
from helpers.redis.bus import Bus

ROOM = b"aiochat:room:"
"""Each room has a channel of its own, which ends in the room's id."""

CONTROL = b"aiochat:control"
"""Changes of statuses, as JSON. Others share the channel, for what doesn't begin with a brace."""

ACTIVITY = b"aiochat:activity"

EPHEMERAL = b"~"
"""What begins with this is ephemeral. A batch is an array, which in msgpack begins with another
byte."""


@dataclass(frozen=True)
class Listener:
    """Whom the bus wakes: `on_batch` with what another process committed, `on_ephemeral` with what
    it told a room,

    `on_status_change` with what it announced of a user, `on_unread_hint` with what is news for who
    counts the unread, `on_gap` when messages may have been missed."""

    on_batch: Callable[[Batch], None]
    on_ephemeral: Callable[[EphemeralEvent], None]
    on_status_change: Callable[[StatusChange], None]
    on_unread_hint: Callable[[UnreadHint], None]
    on_gap: Callable[[], None]


class RoomBus:
    """The chat's part of the process's bus."""

    def __init__(self, bus: Bus, listener: Listener) -> None:
        self.remote = bus.remote
        """Are there other processes that can commit to our rooms?"""
        self._bus = bus
        self._listener = listener
        self._unsubscribe: list[Callable[[], None]] = []

    def publish(self, batch: Batch) -> None:
        """Sends a batch to the other processes. Never waits and never fails, like all that tells
        them something."""
        self._bus.wake(_channel(batch.room_id), functools.partial(_encoder.encode, batch))

    def tell(self, ephemeral: EphemeralEvent) -> None:
        """Sends it to the other processes that follow its room now."""
        self._bus.publish_transient(_channel(ephemeral.room_id), EPHEMERAL + _encoder.encode(ephemeral))

    def announce(self, change: StatusChange) -> None:
        """Tells the other processes, wherever the user is."""
        self._bus.publish(CONTROL, encode_value(change))

    def tell_unread_hint(self, hint: UnreadHint) -> None:
        """Tells the other processes what is news for who counts the unread."""
        self._bus.wake(ACTIVITY, functools.partial(_encoder.encode, hint))

    async def follow(self, room_id: int) -> None:
        """From its return on, batches of the room are heard (or, if Redis is away, found later)."""
        await self._bus.follow(_channel(room_id))

    def unfollow(self, room_id: int) -> None:
        self._bus.unfollow(_channel(room_id))

    async def open(self) -> None:
        """Hears from now on. The process's bus is open already."""
        subscribe = self._bus.subscribe
        self._unsubscribe = [
            subscribe(ROOM, self._on_room, self._listener.on_gap),
            subscribe(CONTROL, self._on_control),
            subscribe(ACTIVITY, self._on_activity),
        ]
        await self._bus.follow(CONTROL)
        await self._bus.follow(ACTIVITY)

    def close(self) -> None:
        """Hears no more."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def _on_room(self, channel: bytes, payload: bytes) -> None:
        if payload.startswith(EPHEMERAL):
            self._listener.on_ephemeral(_ephemeral_decoder.decode(payload[1:]))
        else:
            self._listener.on_batch(_batch_decoder.decode(payload))

    def _on_control(self, channel: bytes, payload: bytes) -> None:
        if payload.startswith(b"{"):
            self._listener.on_status_change(_status_change_decoder.decode(payload))

    def _on_activity(self, channel: bytes, payload: bytes) -> None:
        self._listener.on_unread_hint(_unread_hint_decoder.decode(payload))


_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(Batch)
_status_change_decoder = msgspec.json.Decoder(StatusChange)
_ephemeral_decoder = msgspec.msgpack.Decoder(EphemeralEvent)
_unread_hint_decoder = msgspec.msgpack.Decoder(UnreadHint)


def _channel(room_id: int) -> bytes:
    return b"%s%d" % (ROOM, room_id)
