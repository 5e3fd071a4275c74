"""Reads the log: what the site's people did and what was done for order in rooms, the latest first."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from peewee import JOIN, Value, fn

from accounts.models import SiteAct, User
from chat.models import Act, Room
from helpers.clock import iso

PAGE = 50
EXPORT_PAGE = 500


class Position(NamedTuple):
    """The place of an entry: by time, then by what makes it one of a kind. The site's acts have the
    source 1 and the room 0, those of rooms the source 0."""

    at: int
    source: int
    room_id: int
    number: int

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        if not re.fullmatch(r"[0-9]{1,15}-[01]-[0-9]{1,15}-[0-9]{1,15}", text):
            return None
        return cls(*map(int, text.split("-")))


@dataclass(frozen=True)
class LogFilter:
    """What is looked for; None for everything. `since` and `until` are milliseconds since 1970."""

    by_id: int | None = None
    target_id: int | None = None
    room_id: int | None = None
    act: str | None = None
    since: int | None = None
    until: int | None = None
    rooms: bool = True
    """Whether the acts of rooms are among them."""


@dataclass(frozen=True)
class LogEntry:
    """`by` is None where the act was done by the shell, by the machine's user `shell`. `before` and
    `after` are empty for an act of a closed room: they may hold what stands in it."""

    position: Position
    act: str
    by: str | None
    shell: str
    whom: str | None
    room: str | None
    """How the room is called."""
    room_id: int | None
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def label(self) -> str:
        return f"{'S' if self.position.source else 'A'}{self.position.number}"

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.label,
            "act": self.act,
            "by": self.by,
            "shell": self.shell or None,
            "whom": self.whom,
            "room": self.room,
            "room_id": self.room_id,
            "reason": self.reason,
            "at": iso(self.position.at),
            "before": self.before,
            "after": self.after,
        }


async def log_entries(wanted: LogFilter, after: Position | None, most: int) -> list[LogEntry]:
    """At most so many entries, from the one after this position on."""
    found = [
        *await _entries(SiteAct, 1, wanted, after, most),
        *(await _entries(Act, 0, wanted, after, most) if wanted.rooms else []),
    ]
    return sorted(found, key=lambda entry: entry.position, reverse=True)[:most]


async def whole_log(wanted: LogFilter, most: int) -> AsyncIterator[list[LogEntry]]:
    """All entries in pieces, at most `most`."""
    position: Position | None = None
    while most > 0:
        found = await log_entries(wanted, position, min(EXPORT_PAGE, most))
        if not found:
            return
        yield found
        position, most = found[-1].position, most - len(found)


async def _entries(
    model: type[SiteAct] | type[Act], source: int, wanted: LogFilter, after: Position | None, most: int
) -> list[LogEntry]:
    author, target = User.alias(), User.alias()
    is_site = source == 1
    room_of_key = Value(0) if is_site else Act.room_id
    # The room's name in a lookup of its own: acts outlive their rooms.
    query = (
        model.select(
            *(model.at, room_of_key, model.number, model.act, author.name),
            *((SiteAct.shell if is_site else Value("")), target.name, model.room_id),
            *(fn.COALESCE(Room.title, Room.name), Room.kind, model.reason, model.before, model.after),
        )
        .join(author, JOIN.LEFT_OUTER, on=(author.id == model.author_id))
        .join(target, JOIN.LEFT_OUTER, on=(target.id == model.target_id))
        .join(Room, JOIN.LEFT_OUTER, on=(Room.id == model.room_id))
    )
    for column, value in (
        (model.author_id, wanted.by_id),
        (model.target_id, wanted.target_id),
        (model.room_id, wanted.room_id),
        (model.act, wanted.act),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(model.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(model.at < wanted.until)
    if after is not None:
        query = query.where(_is_after(model, source, after))
    order = (model.at.desc(), *(() if is_site else (Act.room_id.desc(),)), model.number.desc())
    rows = await query.order_by(*order).limit(most).tuples().aio_execute()
    return [_entry(source, row) for row in rows]


def _is_after(model: type[SiteAct] | type[Act], source: int, after: Position) -> Any:
    """A condition for what comes after a position, going back in time."""
    same = model.at == after.at
    if source > after.source:
        return model.at < after.at
    if source < after.source:
        return model.at <= after.at
    if source == 1:
        return (model.at < after.at) | (same & (model.number < after.number))
    in_room = (Act.room_id == after.room_id) & (Act.number < after.number)
    return (Act.at < after.at) | (same & ((Act.room_id < after.room_id) | in_room))


def _entry(source: int, row: tuple[Any, ...]) -> LogEntry:
    at, key_room, number, act, by, shell, whom, room_id, room, kind, reason, before, after = row
    shows = source == 1 or kind == "open"
    return LogEntry(
        Position(at, source, key_room, number),
        *(act, by, shell, whom, room, room_id, reason),
        json.loads(before) if shows else {},
        json.loads(after) if shows else {},
    )
