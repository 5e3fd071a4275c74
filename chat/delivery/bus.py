"""What the chat sends to other processes. A lost batch is found in the database; a lost ephemeral
event is not found later."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from chat.envelopes import Batch, EphemeralEvent, StatusChange, UnreadHint, ViewerChanges
from chat.events import encode_value
from helpers.redis.bus import Bus

ROOM = b"room:"
"""Each room has a channel: this and the room's id."""

CONTROL = b"control"
"""Changes of statuses, as JSON. Other parts of the site share the channel, for messages that don't
begin with a brace."""

UNREAD_HINTS = b"activity"

PRESENCE = b"presence"
"""Says that something was recorded of who is online, or, as an array, who has become a member."""

VIEWERS = b"viewers"
"""Who has which room in front of them."""

RECORDED = b"\xc0"
"""Nothing, in msgpack. An empty payload is of the bus itself, and nobody hears it."""

EPHEMERAL = b"~"
"""Ephemeral events begin with this. A batch is an array, which in msgpack begins with another
byte."""


@dataclass(frozen=True)
class Listener:
    """The functions that receive messages of other processes: `on_batch` gets committed batches,
    `on_ephemeral` ephemeral events of a room, `on_status_change` changes of a user's status,
    `on_unread_hint` hints for unread counts, `on_presence` that something was recorded of who is
    online, `on_member` the room's id, the user's id and the name of a new member, and whether they are
    connected; `on_viewers` who has which room in front of them. `on_gap` is called when messages may
    have been missed."""

    on_batch: Callable[[Batch], None]
    on_ephemeral: Callable[[EphemeralEvent], None]
    on_status_change: Callable[[StatusChange], None]
    on_unread_hint: Callable[[UnreadHint], None]
    on_presence: Callable[[], None]
    on_member: Callable[[int, int, str, bool], None]
    on_viewers: Callable[[ViewerChanges], None]
    on_gap: Callable[[], None]


class RoomBus:
    """The chat's part of the process's bus."""

    def __init__(self, bus: Bus, listener: Listener) -> None:
        self.remote = bus.remote
        """Whether other processes can write to the same rooms."""
        self._bus = bus
        self._listener = listener
        self._unsubscribe: list[Callable[[], None]] = []

    def publish(self, batch: Batch) -> None:
        """Sends a batch to the other processes. Like all methods that send, it never waits and
        never fails."""
        self._bus.wake(_channel(batch.room_id), functools.partial(_encoder.encode, batch))

    def publish_ephemeral(self, ephemeral: EphemeralEvent) -> None:
        """Sends an ephemeral event to the other processes that follow its room now."""
        self._bus.publish_transient(_channel(ephemeral.room_id), EPHEMERAL + _encoder.encode(ephemeral))

    def publish_status_change(self, change: StatusChange) -> None:
        """Sends a status change to all other processes."""
        self._bus.publish(CONTROL, encode_value(change))

    def publish_unread_hint(self, hint: UnreadHint) -> None:
        """Sends a hint for unread counts to the other processes."""
        self._bus.wake(UNREAD_HINTS, functools.partial(_encoder.encode, hint))

    def publish_presence(self) -> None:
        """Tells the other processes that something was recorded of who is online."""
        self._bus.wake(PRESENCE, lambda: RECORDED)

    def publish_member(self, *member: int | str) -> None:
        """Tells the other processes of a new member, as `on_member` takes it."""
        self._bus.publish_transient(PRESENCE, _encoder.encode(member))

    def publish_viewers(self, changes: ViewerChanges) -> None:
        """Tells the other processes who has which room in front of them."""
        self._bus.publish_transient(VIEWERS, _encoder.encode(changes))

    async def follow(self, room_id: int) -> None:
        """After it returns, batches of the room are received (or, while Redis is unreachable, found
        later)."""
        await self._bus.follow(_channel(room_id))

    def unfollow(self, room_id: int) -> None:
        self._bus.unfollow(_channel(room_id))

    async def open(self) -> None:
        """Starts receiving. The process's bus is open already."""
        subscribe = self._bus.subscribe
        self._unsubscribe = [
            subscribe(ROOM, self._on_room, self._listener.on_gap),
            subscribe(CONTROL, self._on_control),
            subscribe(UNREAD_HINTS, self._on_unread_hint),
            subscribe(PRESENCE, self._on_presence),
            subscribe(VIEWERS, self._on_viewers),
        ]
        await self._bus.follow(CONTROL)
        await self._bus.follow(UNREAD_HINTS)
        await self._bus.follow(PRESENCE)
        await self._bus.follow(VIEWERS)

    def close(self) -> None:
        """Stops receiving."""
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

    def _on_unread_hint(self, channel: bytes, payload: bytes) -> None:
        self._listener.on_unread_hint(_unread_hint_decoder.decode(payload))

    def _on_presence(self, channel: bytes, payload: bytes) -> None:
        if payload == RECORDED:
            self._listener.on_presence()
        else:
            self._listener.on_member(*_member_decoder.decode(payload))

    def _on_viewers(self, channel: bytes, payload: bytes) -> None:
        self._listener.on_viewers(_viewers_decoder.decode(payload))


_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(Batch)
_status_change_decoder = msgspec.json.Decoder(StatusChange)
_ephemeral_decoder = msgspec.msgpack.Decoder(EphemeralEvent)
_member_decoder = msgspec.msgpack.Decoder(tuple[int, int, str, bool])
_viewers_decoder = msgspec.msgpack.Decoder(ViewerChanges)
_unread_hint_decoder = msgspec.msgpack.Decoder(UnreadHint)


def _channel(room_id: int) -> bytes:
    return b"%s%d" % (ROOM, room_id)
