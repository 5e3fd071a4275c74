"""Reading a room's history: by pages for people, by changes for connections that come back. Nothing here writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import fn

from accounts.models import User
from chat.events import Batch, Cleared, Close, Event, Message, Sealed, encode
from chat.models import Message as Row
from chat.models import Room
from helpers.clock import iso
from helpers.sharing import SharedCalls

MAX_BEHIND = 1000
"""Changes. Who missed more loads the page anew: that is 50 messages, and this would be megabytes."""

MAX_PAGE = 100


def _name_of(user_id: Any) -> Any:
    """Looked up line by line: for a join of some hundred lines PostgreSQL would rather read all the users there are."""
    return User.select(User.name).where(User.id == user_id)


_LINE = (
    Row.seq,
    Row.number,
    Row.kind,
    Row.author_id,
    fn.COALESCE(_name_of(Row.author_id), "?"),
    Row.target_id,
    _name_of(Row.target_id),
    Row.nonce,
    Row.text,
    Row.html,
    Row.at,
)
"""The columns of a Line."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """A row of the history with the names that it shows."""

    seq: int
    number: int | None
    kind: str
    author_id: int
    author: str
    target_id: int | None
    target: str | None
    nonce: str
    text: str
    html: str | None
    at: int

    def event(self) -> Event:
        if self.kind == "cleared":
            return Cleared(self.seq, self.author, self.text, iso(self.at))
        return Message(self.seq, self.kind, self.author, self.text, iso(self.at), self.number, self.html, self.target)

    def seal(self) -> Sealed:
        """Encodes the event, and says whose connections it is about."""
        about, code = 0, 0
        if self.kind == "killed":
            about, code = self.target_id or 0, Close.KILLED
        elif self.kind == "left":
            about, code = self.author_id, Close.LEFT
        elif self.kind == "role":
            about = self.target_id or 0
        return Sealed(self.seq, encode(self.event()), self.author_id, self.nonce, about, code)


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    more: bool


@dataclass(frozen=True)
class Changes:
    """What a room saw since a seq. `events` is None where that is too much, or another history."""

    last_seq: int
    last_number: int
    events: list[Sealed] | None


async def page(room: Room, limit: int, *, before_seq: int | None = None, after_seq: int | None = None) -> Page:
    """At most `limit` lines, oldest first: the last ones, those before a seq, or those after one."""
    # One lower bound: of two SQLite takes the first, and reads all that lies between them.
    first = room.cleared_seq if after_seq is None else max(room.cleared_seq, after_seq + 1)
    query = Row.select(*_LINE).where(Row.room_id == room.id, Row.seq >= first).tuples()
    if after_seq is not None:
        rows = await query.order_by(Row.seq).limit(limit + 1).aio_execute()
        lines = [Line(*row) for row in rows]
        return Page(lines[:limit], len(lines) > limit)
    if before_seq is not None:
        query = query.where(Row.seq < before_seq)
    rows = await query.order_by(Row.seq.desc()).limit(limit + 1).aio_execute()
    lines = [Line(*row) for row in rows]
    return Page(lines[:limit][::-1], len(lines) > limit)


async def page_before(room: Room, number: int, limit: int) -> Page:
    """The lines before a post. Where comings and goings alone would fill the page, its first line is the next post."""
    end = await _next_post(room, number) or room.last_seq + 1
    found = await page(room, limit, before_seq=end)
    if not found.more or any(line.number for line in found.lines):
        return found
    next_post = await _post_before(room, number)
    return Page([*await _line_at(room, next_post), *found.lines[1:]], more=True) if next_post else found


async def page_after(room: Room, number: int, limit: int) -> Page:
    """The lines after a post. Where comings and goings alone would fill the page, its last line is the next post."""
    start = await _post_before(room, number + 1) or 0
    found = await page(room, limit, after_seq=start)
    if not found.more or any(line.number for line in found.lines):
        return found
    next_post = await _next_post(room, number + 1)
    return Page([*found.lines[:-1], *await _line_at(room, next_post)], more=True) if next_post else found


async def _line_at(room: Room, seq: int) -> list[Line]:
    return (await page(room, 1, after_seq=seq - 1)).lines


async def _next_post(room: Room, number: int) -> int | None:
    """The seq of the first visible post from this number on."""
    first = max(number, room.cleared_number + 1)
    query = Row.select(Row.seq).where(Row.room_id == room.id, Row.number >= first).order_by(Row.number).limit(1)
    seq: int | None = await query.aio_scalar()
    return seq


async def _post_before(room: Room, number: int) -> int | None:
    """The seq of the last visible post before this number."""
    is_visible = (Row.room_id == room.id) & (Row.number > room.cleared_number)
    query = Row.select(Row.seq).where(is_visible, Row.number < number).order_by(Row.number.desc()).limit(1)
    seq: int | None = await query.aio_scalar()
    return seq


async def changes_since(room_id: int, since: int) -> Changes:
    """Everything in the room after `since`, in order of change, up to one moment's `last_seq`. Raises Room.DoesNotExist."""
    room = await Room.aio_get(Room.id == room_id)
    if not 0 <= room.last_seq - since <= MAX_BEHIND:
        return Changes(room.last_seq, room.posts, None)
    if since == room.last_seq:
        return Changes(room.last_seq, room.posts, [])
    # Not one statement with the room's: PostgreSQL plans by these values, and without them would rather read a long history whole.
    is_change = (Row.changed_seq > since) & (Row.changed_seq <= room.last_seq)
    query = Row.select(*_LINE).where(Row.room_id == room_id, is_change, Row.seq >= room.cleared_seq)
    rows = await query.order_by(Row.changed_seq).tuples().aio_execute()
    return Changes(room.last_seq, room.posts, [Line(*row).seal() for row in rows])


def shared_changes_since() -> Callable[[int, int], Awaitable[Changes]]:
    """`changes_since` for a crowd that comes back at once: who asks for the same, before the read begins, shares it."""
    reads: SharedCalls[tuple[int, int], Changes] = SharedCalls(lambda key: changes_since(*key))
    return lambda room_id, since: reads.get((room_id, since))


async def last_seqs(room_ids: list[int]) -> dict[int, int]:
    """The last seq of each of the rooms, as the database has it now."""
    if not room_ids:
        return {}
    return {room_id: seq for room_id, seq in await Room.select(Room.id, Room.last_seq).where(Room.id.in_(room_ids)).tuples().aio_execute()}


def batches(lines: dict[int, list[Line]]) -> list[Batch]:
    """What a commit brought, by room, as it is delivered."""
    return [Batch(room_id, [line.seal() for line in found]) for room_id, found in lines.items() if found]
