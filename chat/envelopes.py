"""Events in transit: encoded once, with what delivery and other processes need to know."""

from typing import NamedTuple

import msgspec

from chat.events import encode_value
from chat.roles import Past


class EncodedEvent(msgspec.Struct, frozen=True, array_like=True):
    """A durable event in its wire form, encoded once, with what delivery needs to know.

    `about` is the id of the user whose standing it changes, EVERYBODY for all, 0 for none. That
    user's connections to the room close with `close_code`; where that is 0 they look at the standing
    again. `line_seq` is the seq of a line that was changed, 0 for a new one, and `reply_to` the
    number of the post that it answers: not everybody may read these."""

    seq: int
    data: bytes
    author_id: int
    nonce: str
    about: int = 0
    close_code: int = 0
    line_seq: int = 0
    reply_to: int = 0

    @property
    def may_be_hidden(self) -> bool:
        """Whether somebody may not read it, or what it quotes."""
        return bool(self.line_seq or self.reply_to)

    def seen_by(self, user_id: int, past: Past) -> bytes | None:
        """The event as it is told to somebody from whom this is hidden; None where it is of a line
        that is hidden. Its author gets the nonce."""
        data = self.for_author() if self.author_id == user_id and self.nonce else self.data
        if (self.line_seq or self.seq) < past.first_seq:
            return None
        return without_quote(data) if self.reply_to and self.reply_to <= past.hidden_number else data

    def for_author(self) -> bytes:
        """The event with its nonce, for the author's own connections."""
        return self.data[:-1] + b',"nonce":' + encode_value(self.nonce) + b"}"


def without_quote(data: bytes) -> bytes:
    """An encoded event as if it answered no post."""
    event = msgspec.json.decode(data)
    return encode_value({name: event[name] for name in event if name not in ("reply_to", "quote")})


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """The events of one commit in one room, in the order of seq, without gaps."""

    room_id: int
    events: list[EncodedEvent]


class EphemeralEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event for the clients connected now, except those of one user; it is not stored. It has no
    seq."""

    room_id: int
    data: bytes
    but_user_id: int = 0


class StatusChange(msgspec.Struct, frozen=True):
    """An event about a user's status or name, for all rooms of which the user is a member. `is_away`
    is the new state, None where it is as before."""

    user_id: int
    data: bytes
    is_away: bool | None
    room_ids: tuple[int, ...] = ()


class ViewerChange(NamedTuple):
    """Somebody who has a room in front of them, or no longer."""

    room_id: int
    name: str
    is_there: bool


class ViewerChanges(NamedTuple):
    """Those that a process tells, by the name that it has for itself."""

    process: str
    changes: list[ViewerChange]


class MovedMark(NamedTuple):
    """A read mark as stored. `went_back` is true where it was set to an exact number, which may be
    lower."""

    room_id: int
    user_id: int
    number: int
    went_back: bool


class UnreadHint(msgspec.Struct, array_like=True):
    """Changes committed by one process, for all that count unread posts: the last post number by
    room; the (room id, user id) of new mentions; the users whose memberships or invitations changed;
    the rooms whose history was cleared, or whose title or name changed; the read marks that moved;
    the rooms in which posts changed; the (room id, user id, number) of the last posts of their
    authors; by room the last number of the posts that were deleted; and the rooms whose members may
    be mentioned together by a post.

    However much is posted, it holds one entry for each room, user or pair of them; only of `moved`
    there is one for each time that a mark was stored."""

    numbers: dict[int, int] = msgspec.field(default_factory=dict)
    mentions: set[tuple[int, int]] = msgspec.field(default_factory=set)
    standings: set[int] = msgspec.field(default_factory=set)
    cleared: set[int] = msgspec.field(default_factory=set)
    moved: list[MovedMark] = msgspec.field(default_factory=list)
    amended: set[int] = msgspec.field(default_factory=set)
    posted: list[tuple[int, int, int]] = msgspec.field(default_factory=list)
    deleted: dict[int, int] = msgspec.field(default_factory=dict)
    groups: set[int] = msgspec.field(default_factory=set)
