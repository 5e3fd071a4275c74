"""Reading a room's history: by pages for people, by changes for connections that come back. Nothing here writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from peewee import SQL, fn

from accounts.models import User
from chat.events import Batch, Changed, Cleared, Close, Event, Message, Quote, Reactions, Sealed, encode
from chat.models import Message as Row
from chat.models import MessageVersion, Reaction, Room
from helpers.batching import SharedCalls
from helpers.clock import iso
from helpers.text.markdown import without_marks

MAX_BEHIND = 1000
"""Changes. Who missed more loads the page anew: that is 50 messages, and this would be megabytes."""

MAX_PAGE = 100
MAX_PINS = 100

MAX_VERSIONS = 100
"""Former texts of one post, the last ones: each may be of ten thousand characters, and nobody counts them."""

NAMES_AT_ONCE = 100
"""Looked up by one statement. For many more PostgreSQL would rather read all users."""

MAX_QUOTE = 100
"""Characters that a reply shows of what it answers."""


def _name_of(user_id: Any) -> Any:
    """Looked up line by line: for a join of some hundred lines PostgreSQL would rather read all the users there are."""
    return User.select(User.name).where(User.id == user_id)


_answered = Row.alias()
_IS_ANSWERED = (_answered.room_id == Row.room_id) & (_answered.number == Row.reply_to)

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
    Row.changed_seq,
    Row.reply_to,
    Row.edited_at,
    Row.deleted_at,
    Row.deleted_by,
    Row.pinned,
    Row.reactions,
    _name_of(_answered.select(_answered.author_id).where(_IS_ANSWERED)),
    _answered.select(fn.SUBSTR(_answered.text, 1, 4 * MAX_QUOTE)).where(_IS_ANSWERED, _answered.deleted_at.is_null()),
    Row.mentions,
)
"""The columns of a Line."""


def _quote(author: str, text: str) -> Quote:
    """The beginning of a text, as one line."""
    line = " ".join(without_marks(text[: 4 * MAX_QUOTE]).split())
    return Quote(author, line if len(line) <= MAX_QUOTE else line[: MAX_QUOTE - 1] + "…")


class Reacted(NamedTuple):
    """One reaction, of one person."""

    emoji: str
    user_id: int
    name: str


class Called(NamedTuple):
    """One person whom a post calls."""

    user_id: int
    name: str


class Line(msgspec.Struct, frozen=True, gc=False):
    """A row of the history with the names that it shows. `changed_seq` is 0 where it is only being written.

    `called_ids` are Message.mentions as they are stored; `mentions` has their names."""

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
    changed_seq: int = 0
    reply_to: int | None = None
    edited_at: int | None = None
    deleted_at: int | None = None
    deleted_by: int | None = None
    pinned: bool = False
    reaction_count: int = 0
    quoted_author: str | None = None
    quoted_text: str | None = None
    called_ids: str | None = None
    reactions: tuple[Reacted, ...] = ()
    mentions: tuple[Called, ...] = ()

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def event(self) -> Event:
        """The line as it is now, for who sees it for the first time."""
        if self.kind == "cleared":
            return Cleared(self.seq, self.author, self.text, iso(self.at))
        if self.changed_seq <= self.seq and self.reply_to is None and not self.mentions:
            return Message(self.seq, self.kind, self.author, self.text, iso(self.at), self.number, self.html, self.target)
        return Message(self.seq, self.kind, self.author, at=iso(self.at), number=self.number, target=self.target, **self._state())

    def change(self) -> Event:
        """The same for who has seen it before."""
        return Changed(self.changed_seq, self.seq, self.number or 0, self.kind, self.author, at=iso(self.at), **self._state())

    def _state(self) -> dict[str, Any]:
        """What may change, and what is said of the post that it answers. Of a deleted one nothing is told."""
        if self.is_deleted:
            return {"text": "", "deleted": True}
        by_emoji: dict[str, list[str]] = {}
        for emoji, _, name in self.reactions:
            by_emoji.setdefault(emoji, []).append(name)
        return {
            "text": self.text,
            "html": self.html,
            "reply_to": self.reply_to,
            "quote": _quote(self.quoted_author or "?", self.quoted_text or "") if self.reply_to is not None else None,
            "edited_at": iso(self.edited_at) if self.edited_at is not None else None,
            "reactions": [Reactions(emoji, names) for emoji, names in by_emoji.items()] or None,
            "pinned": bool(self.pinned),
            "mentions": [one.name for one in self.mentions] or None,
        }

    def seal(self, since: int | None = None) -> Sealed:
        """Encodes the event, and says whose connections it is about. `since` is the seq up to which it is known who gets it;
        without it they know all that was before."""
        if self.changed_seq > self.seq:
            is_known = since is None or self.seq <= since
            return Sealed(self.changed_seq, encode(self.change() if is_known else self.event()), self.author_id, self.nonce)
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
class Around:
    """Lines on both sides of a post, and whether there are older and newer ones."""

    lines: list[Line]
    more: bool
    newer: bool


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
        lines = [Line(*row) for row in await query.order_by(Row.seq).limit(limit + 1).aio_execute()]
        return Page(await _complete(room.id, lines[:limit]), len(lines) > limit)
    if before_seq is not None:
        query = query.where(Row.seq < before_seq)
    lines = [Line(*row) for row in await query.order_by(Row.seq.desc()).limit(limit + 1).aio_execute()]
    return Page(await _complete(room.id, lines[:limit][::-1]), len(lines) > limit)


def _numbered(query: Any, room_id: int, number: int) -> Any:
    """Of a selection of Rows the one with this number. PostgreSQL sees a low number in every room and, asked for equality, expects
    many rows: with a limit it reads the history for the first of them. In the order of the numbers it takes the index."""
    return query.where(Row.room_id == room_id, Row.number >= number, Row.number <= number).order_by(Row.number).limit(1)


async def post_at(room_id: int, number: int) -> Line | None:
    """The post with this number, as it is now."""
    rows = await _numbered(Row.select(*_LINE), room_id, number).tuples().aio_execute()
    return (await _complete(room_id, [Line(*row) for row in rows]))[0] if rows else None


async def posts_with(room_id: int, seqs: list[int]) -> list[Line]:
    """The posts that have these seqs as they are now, cleared away or not."""
    rows = await Row.select(*_LINE).where(Row.room_id == room_id, Row.seq.in_(seqs)).order_by(Row.seq).tuples().aio_execute()
    return await _complete(room_id, [Line(*row) for row in rows if row[1] is not None])


async def visible_post(room: Room, number: int) -> Line | None:
    """The post with this number, unless it was cleared away."""
    return await post_at(room.id, number) if number > room.cleared_number else None


async def pinned(room: Room) -> list[Line]:
    """The pinned posts, the newest first, at most MAX_PINS."""
    # In the words of the index messages_pins.
    is_pinned = (Row.room_id + SQL("0") == room.id) & Row.pinned & Row.deleted_at.is_null()
    query = Row.select(*_LINE).where(is_pinned, Row.number > room.cleared_number)
    rows = await query.order_by(Row.number.desc()).limit(MAX_PINS).tuples().aio_execute()
    return await _complete(room.id, [Line(*row) for row in rows])


async def versions(room_id: int, seq: int) -> list[tuple[str, int]]:
    """What a line said before it was changed, and since when; the oldest first, of more than MAX_VERSIONS the last ones."""
    query = MessageVersion.select(MessageVersion.text, MessageVersion.at).where(
        MessageVersion.room_id == room_id, MessageVersion.seq == seq
    )
    rows = await query.order_by(MessageVersion.replaced_seq.desc()).limit(MAX_VERSIONS).tuples().aio_execute()
    return list(reversed(rows))


async def _complete(room_id: int, lines: list[Line]) -> list[Line]:
    """The lines with who reacted to them, and whom they call. Where that is nobody, which is most often, nothing is read."""
    reacted = [line.seq for line in lines if line.reaction_count]
    if reacted:
        reactions = await _reactions(room_id, reacted)
        lines = [replace(line, reactions=tuple(reactions[line.seq])) if line.seq in reactions else line for line in lines]
    called = {line.seq: [int(user_id) for user_id in line.called_ids.split(",")] for line in lines if line.called_ids}
    if called:
        names = await _names(sorted({user_id for user_ids in called.values() for user_id in user_ids}))
        lines = [
            replace(line, mentions=tuple(Called(user_id, names[user_id]) for user_id in called[line.seq] if user_id in names))
            if line.seq in called
            else line
            for line in lines
        ]
    return lines


async def _names(user_ids: list[int]) -> dict[int, str]:
    """Of those who haven't left: nobody is called who isn't there."""
    found: dict[int, str] = {}
    for start in range(0, len(user_ids), NAMES_AT_ONCE):
        some = user_ids[start : start + NAMES_AT_ONCE]
        found.update(await User.select(User.id, User.name).where(User.id.in_(some), User.left_at.is_null()).tuples().aio_execute())
    return found


async def _reactions(room_id: int, seqs: list[int]) -> dict[int, list[Reacted]]:
    """By seq, who reacted to these lines and how, the first first."""
    name = fn.COALESCE(_name_of(Reaction.user_id), "?")
    query = Reaction.select(Reaction.added_seq, Reaction.seq, Reaction.emoji, Reaction.user_id, name)
    rows = await query.where(Reaction.room_id == room_id, Reaction.seq.in_(seqs)).tuples().aio_execute()
    found: dict[int, list[Reacted]] = {}
    for _, seq, *reaction in sorted(rows):
        found.setdefault(seq, []).append(Reacted(*reaction))
    return found


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


async def page_around(room: Room, number: int, limit: int) -> Around | None:
    """At most `limit` lines with this post in their middle, oldest first. None where there is no such post, or it was cleared away."""
    seq = await _numbered(Row.select(Row.seq), room.id, number).aio_scalar() if number > room.cleared_number else None
    if seq is None:
        return None
    older = await page(room, limit // 2, before_seq=seq)
    newer = await page(room, limit - limit // 2, after_seq=seq - 1)
    return Around(older.lines + newer.lines, older.more, newer.more)


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
    """Everything in the room after `since`, in order of change, up to one moment's `last_seq`. Raises Room.DoesNotExist.

    Of a line that was changed more than once there is only the last change."""
    room = await Room.aio_get(Room.id == room_id)
    if not 0 <= room.last_seq - since <= MAX_BEHIND:
        return Changes(room.last_seq, room.posts, None)
    if since == room.last_seq:
        return Changes(room.last_seq, room.posts, [])
    # Not one statement with the room's: PostgreSQL plans by these values, and without them would rather read a long history whole.
    is_change = (Row.changed_seq > since) & (Row.changed_seq <= room.last_seq)
    query = Row.select(*_LINE).where(Row.room_id == room_id, is_change, Row.seq >= room.cleared_seq)
    rows = await query.order_by(Row.changed_seq).tuples().aio_execute()
    lines = await _complete(room_id, [Line(*row) for row in rows])
    return Changes(room.last_seq, room.posts, [line.seal(since) for line in lines])


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
