"""The files of a room that its reader sees, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import asdict
from peewee import Tuple, fn

from accounts.models import User
from chat.history.lines import file_views, told_file
from chat.models import File, Message, Room
from helpers.clock import iso
from helpers.text.folding import folded_letters

PAGE = 40
LOOKED_AT = 400
"""Files of one statement's answer, with those that are deleted."""

STATEMENTS = 5
"""For one page of those with certain words."""


@dataclass(frozen=True)
class FilePage:
    """`cursor` goes on where there is more."""

    files: list[dict[str, Any]]
    cursor: str | None


async def files_of(
    room: Room,
    kind: str = "",
    owner_id: int | None = None,
    before: tuple[int, int] | None = None,
    words: Sequence[str] = (),
) -> FilePage:
    """The files of a room as its reader sees it, at most PAGE: what a message tells of each, with the
    number of that message, its author and its time. `words`, folded, are all in its name or its
    description. There may be fewer, with a cursor: then many were looked at in vain."""
    query = _query(room, kind, owner_id)
    found: list[dict[str, Any]] = []
    for _ in range(STATEMENTS if words else 1):
        rows = await _before(query, before).limit(LOOKED_AT).dicts().aio_execute()
        for row in rows:
            if len(found) == PAGE and before is not None:
                return FilePage(found, _cursor(before))
            before = row["seq"], row["place"]
            file = _told(row)
            if file is not None and all(word in _text(file) for word in words):
                found.append(file)
        if len(rows) < LOOKED_AT:
            return FilePage(found, None)
    return FilePage(found, _cursor(before) if before else None)


def _query(room: Room, kind: str, owner_id: int | None) -> Any:
    is_message = (Message.room_id == File.room_id) & (Message.seq == File.seq)
    # Looked up line by line, as in chat/history/reading.py.
    author = fn.COALESCE(User.select(User.name).where(User.id == File.owner_id), "?")
    query = File.select(
        File, Message.number, Message.at, Message.deleted_at, Message.files, author.alias("author")
    ).join(Message, on=is_message)
    query = query.where(File.room_id == room.id, File.seq >= room.cleared_seq)
    if kind:
        query = query.where(File.kind == kind)
    if owner_id is not None:
        query = query.where(File.owner_id == owner_id)
    return query.order_by(File.seq.desc(), File.place.desc())


def _before(query: Any, before: tuple[int, int] | None) -> Any:
    if before is None:
        return query
    return query.where(File.seq <= before[0], Tuple(File.seq, File.place) < before)


def _cursor(place: tuple[int, int]) -> str:
    return f"{place[0]}-{place[1]}"


def _told(row: dict[str, Any]) -> dict[str, Any] | None:
    """None for one that isn't there any more."""
    if row["deleted_at"] is not None or not row["files"]:
        return None
    for view in file_views(row["files"]):
        if view.id == row["id"]:
            told = {"message": row["number"], "by": row["author"], "at": iso(row["at"])}
            return {**asdict(told_file(view)), **told}
    return None


def _text(file: dict[str, Any]) -> str:
    """One line that its words are looked for in."""
    return folded_letters(f"{file['name']} {file['description']}")
