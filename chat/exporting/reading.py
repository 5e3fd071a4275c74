"""Reads what is exported of a room: never what was deleted, cleared away or not kept. Nothing here writes,
and one page of a history is in memory at a time."""

import functools
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from peewee import SQL, Tuple

from accounts.models import User
from accounts.people.names import DELETED
from chat.events import FileView
from chat.history.lines import file_views
from chat.models import File, Member, Reaction, Room
from chat.models import Message as Row
from chat.roles import Role
from helpers.storage.blobs import Blob
from helpers.storage.store import Store
from helpers.storage.zipping import Entry

PAGE = 200
"""Messages of one read: 8 MB for the longest ones."""

PEOPLE_AT_ONCE = 20
"""People looked up by one statement. For many more PostgreSQL reads all users."""

_UNSAFE = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
"""What the name of a file can't hold on every system."""


@dataclass(frozen=True)
class ExportedPerson:
    """`shown` is what others read, `name` the handle; both are the placeholder where the account is gone."""

    id: int
    name: str
    shown: str


@dataclass(frozen=True)
class ExportedMember:
    person: ExportedPerson
    role: Role
    joined_at: int


@dataclass(frozen=True)
class ExportedFile:
    """`path` is where the file lies beside the messages."""

    view: FileView
    path: str


@dataclass(frozen=True)
class ExportedMessage:
    """`at` and `edited_at` are milliseconds since 1970. `reactions` are the people by emoji, `reply_to` is
    the number of another post."""

    number: int
    kind: str
    author: ExportedPerson
    at: int
    text: str
    html: str | None
    reply_to: int | None
    edited_at: int | None
    pinned: bool
    reactions: Mapping[str, list[ExportedPerson]] = field(default_factory=dict)
    files: tuple[ExportedFile, ...] = ()


class People:
    """Remembers how people are called while a room is exported."""

    def __init__(self) -> None:
        self._found: dict[int, ExportedPerson] = {}

    async def get(self, user_ids: set[int]) -> Mapping[int, ExportedPerson]:
        """Those with these ids, and all whom it knows."""
        wanted = sorted(user_ids - self._found.keys())
        for start in range(0, len(wanted), PEOPLE_AT_ONCE):
            some = wanted[start : start + PEOPLE_AT_ONCE]
            query = User.select(User.id, User.name, User.display_name, User.left_at).where(User.id.in_(some))
            for user_id, name, display_name, left_at in await query.tuples().aio_execute():
                called = (DELETED, DELETED) if left_at is not None else (name, display_name or name)
                self._found[user_id] = ExportedPerson(user_id, *called)
            for user_id in some:
                self._found.setdefault(user_id, ExportedPerson(user_id, DELETED, DELETED))
        return self._found


async def members_of(room: Room, people: People) -> list[ExportedMember]:
    """By how they are called."""
    found: list[ExportedMember] = []
    after = 0
    while True:
        query = Member.select(Member.user, Member.role, Member.joined_at)
        query = query.where(Member.room == room.id, Member.user > after).order_by(Member.user).limit(PAGE)
        rows = await query.tuples().aio_execute()
        named = await people.get({user_id for user_id, _, _ in rows})
        for user_id, role, joined_at in rows:
            after = user_id
            found.append(ExportedMember(named[user_id], Role(role), joined_at))
        if len(rows) < PAGE:
            return sorted(found, key=lambda member: member.person.name.lower())


def _there(room: Room, author_id: int | None) -> Any:
    """Which lines are exported: posts that can be read. `author_id` None is everybody."""
    is_there = (
        (Row.room_id == room.id)
        & (Row.seq >= max(room.cleared_seq, 1))
        & Row.kind.in_(["post", "me"])
        & Row.deleted_at.is_null()
    )
    return is_there if author_id is None else is_there & (Row.author_id == author_id)


_COLUMNS = (
    *(Row.seq, Row.number, Row.kind, Row.author_id, Row.at, Row.text, Row.html, Row.reply_to),
    *(Row.edited_at, Row.pinned, Row.reactions, Row.files),
)


async def messages_of(
    room: Room, people: People, author_id: int | None = None
) -> AsyncIterator[list[ExportedMessage]]:
    """The messages in pages, the oldest first; those of one author, or of all."""
    after = 0
    while True:
        query = Row.select(*_COLUMNS).where(_there(room, author_id), Row.seq > after)
        rows = await query.order_by(Row.seq).limit(PAGE).tuples().aio_execute()
        if rows:
            yield await _messages(room, people, rows)
            after = rows[-1][0]
        if len(rows) < PAGE:
            return


async def _messages(room: Room, people: People, rows: list[tuple[Any, ...]]) -> list[ExportedMessage]:
    reacted = await _reactions(room, [row[0] for row in rows if row[10]])
    wanted = {row[3] for row in rows} | {user_id for found in reacted.values() for _, user_id in found}
    named = await people.get(wanted)
    messages = []
    for seq, number, kind, author_id, at, text, html, reply_to, edited_at, pinned, _, files in rows:
        reactions: dict[str, list[ExportedPerson]] = {}
        for emoji, user_id in reacted.get(seq, ()):
            reactions.setdefault(emoji, []).append(named[user_id])
        views = file_views(files) if files else ()
        messages.append(
            ExportedMessage(
                *(number, kind, named[author_id], at, text, html, reply_to, edited_at, bool(pinned)),
                reactions=reactions,
                files=tuple(
                    ExportedFile(view, path_of(number, place, view.name)) for place, view in enumerate(views)
                ),
            )
        )
    return messages


async def _reactions(room: Room, seqs: list[int]) -> dict[int, list[tuple[str, int]]]:
    """Emoji and person, in the order in which they were added, by the seqs of these messages."""
    found: dict[int, list[tuple[str, int]]] = {}
    if not seqs:
        return found
    query = Reaction.select(Reaction.seq, Reaction.emoji, Reaction.user_id, Reaction.added_seq)
    wanted = set(seqs)
    between = (Reaction.seq >= seqs[0]) & (Reaction.seq <= seqs[-1])
    rows = await query.where(Reaction.room_id == room.id, between).tuples().aio_execute()
    for seq, emoji, user_id, _ in sorted(rows, key=lambda row: (row[0], row[3], row[2])):
        if seq in wanted:
            found.setdefault(seq, []).append((emoji, user_id))
    return found


def path_of(number: int, place: int, name: str) -> str:
    """Where a file of a message lies: its number tells files of one name apart."""
    return f"files/{number}-{place + 1} {_UNSAFE.sub('_', name).rstrip(' .') or 'file'}"


async def files_of(
    room: Room, store: Store, author_id: int | None = None, folder: str = ""
) -> AsyncIterator[Entry]:
    """The contents of the files, in the order of the messages."""
    last = (0, -1)
    key = (File.seq, File.place)
    while True:
        query = File.select(*key, File.name, File.at, Blob.key, Row.number).join(
            Blob, on=(Blob.id == File.blob_id)
        )
        query = query.join_from(File, Row, on=((Row.room_id == File.room_id) & (Row.seq == File.seq)))
        query = query.where(File.room_id == room.id, Tuple(*key) > Tuple(*last), _there(room, author_id))
        rows = await query.order_by(*key).limit(PAGE).tuples().aio_execute()
        for seq, place, name, at, content, number in rows:
            last = (seq, place)
            path = f"{folder}{path_of(number, place, name)}"
            yield Entry(path, at, functools.partial(store.stream, content))
        if len(rows) < PAGE:
            return


async def count_messages(room: Room, author_id: int | None = None) -> int:
    return int(await Row.select(SQL("1")).where(_there(room, author_id)).aio_count())
