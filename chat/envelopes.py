"""Events on their way: encoded once, with what delivery and other processes must know about
them."""

from typing import NamedTuple

import msgspec

from chat.events import encode_value


class EncodedEvent(msgspec.Struct, frozen=True, array_like=True):
    """A durable event as it goes on the wire, encoded once, with what delivery must know about it.

    `about` is the id of a user whose standing it changes, 0 for none: their connections to the room
    end with it, by `close_code`, or, where that is 0, are greeted anew."""

    seq: int
    data: bytes
    author_id: int
    nonce: str
    about: int = 0
    close_code: int = 0

    def for_author(self) -> bytes:
        """The same event with its nonce, for the author's own connections."""
        return self.data[:-1] + b',"nonce":' + encode_value(self.nonce) + b"}"


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What one commit brought for one room, in order of seq, without holes."""

    room_id: int
    events: list[EncodedEvent]


class EphemeralEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event that is told to whoever listens now, but for one user, and to nobody later. It has
    no place in the order."""

    room_id: int
    data: bytes
    but_user_id: int = 0


class StatusChange(msgspec.Struct, frozen=True):
    """An event about a user, for all the rooms that they are connected to. `is_unavailable`: are they,
    from now on?"""

    user_id: int
    data: bytes
    is_unavailable: bool


class MovedMark(NamedTuple):
    """A read mark as it is stored now."""

    room_id: int
    user_id: int
    number: int
    went_back: bool


class UnreadHint(msgspec.Struct, array_like=True):
    """What happened in one process, for those who count what is unread: the last posts of rooms,
    (room id, user id) of who was called, whose rooms are others now, which histories were emptied,
    the read marks that moved, in which rooms posts have changed, and (room id, user id, number) of
    the last posts of their authors."""

    numbers: dict[int, int] = msgspec.field(default_factory=dict)
    called: list[tuple[int, int]] = msgspec.field(default_factory=list)
    standings: list[int] = msgspec.field(default_factory=list)
    cleared: list[int] = msgspec.field(default_factory=list)
    moved: list[MovedMark] = msgspec.field(default_factory=list)
    amended: list[int] = msgspec.field(default_factory=list)
    wrote: list[tuple[int, int, int]] = msgspec.field(default_factory=list)
