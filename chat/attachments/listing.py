"""The files of a room that its reader sees, the newest first."""

from dataclasses import dataclass
from typing import Any

from msgspec.structs import asdict
from peewee import Tuple, fn

from accounts.models import User
from chat.history.lines import file_views
from chat.models import File, Message, Room
from helpers.clock import iso

PAGE = 40
LOOKED_AT = 400
"""Files of one statement's answer, with those that are deleted."""


@dataclass(frozen=True)
class FilePage:
    """`cursor` goes on where there is more."""

    files: list[dict[str, Any]]
    cursor: str | None


async def files_of(
    room: Room, kind: str = "", owner_id: int | None = None, before: tuple[int, int] | None = None
) -> FilePage:
    """The files of a room as its reader sees it, at most PAGE: what a message tells of each, with the
    number of that message, its author and its time."""
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
    if before is not None:
        seq, place = before
        query = query.where(File.seq <= seq, Tuple(File.seq, File.place) < (seq, place))
    rows = await query.order_by(File.seq.desc(), File.place.desc()).limit(LOOKED_AT).dicts().aio_execute()
    found: list[dict[str, Any]] = []
    last = None
    for row in rows:
        if len(found) == PAGE:
            return FilePage(found, last)
        last = f"{row['seq']}-{row['place']}"
        told = {one.id: one for one in file_views(row["files"])} if row["files"] else {}
        if row["deleted_at"] is None and row["id"] in told:
            found.append(
                {
                    **asdict(told[row["id"]]),
                    "message": row["number"],
                    "by": row["author"],
                    "at": iso(row["at"]),
                }
            )
    return FilePage(found, last if len(rows) == LOOKED_AT else None)
