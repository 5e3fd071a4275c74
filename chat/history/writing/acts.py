"""Acts of order in a room: recorded inside the transaction of what they do, with what was before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from peewee import JOIN, fn

from accounts.models import User
from chat.drafts import Person
from chat.history.writing.transaction import RoomTransaction
from chat.models import Act


async def record_act(
    room: RoomTransaction,
    act: str,
    author: Person,
    *,
    target: Person | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    until: int | None = None,
    undoes: int | None = None,
) -> int:
    """Records an act of order, of which the last line or change of this transaction tells.
    `before` and `after` are what it changed. Returns its number in the room."""
    if room.acts is None:
        room.acts = await last_act(room.room_id)
    room.acts += 1
    row = {
        "room_id": room.room_id,
        "number": room.acts,
        "act": act,
        "author_id": author.id,
        "target_id": target.id if target else None,
        "reason": reason,
        "before": json.dumps(before or {}),
        "after": json.dumps(after or {}),
        "at": room.at,
        "until": until,
        "seq": room.last_seq,
        "undoes": undoes,
    }
    room.amendments.append(Act.insert(row))
    if undoes is not None:
        room.undone.add(undoes)
        is_undone = (Act.room_id == room.room_id) & (Act.number == undoes)
        room.amendments.append(Act.update(undone_by=room.acts).where(is_undone))
    return room.acts


@dataclass(frozen=True)
class RecordedAct:
    """An act with the names of its people. See chat.models.Act."""

    number: int
    act: str
    author: Person
    target: Person | None
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    at: int
    until: int | None
    seq: int
    undoes: int | None
    undone_by: int | None

    def on(self) -> Person:
        """Whom it is about. Raises ValueError where it is about nobody."""
        if self.target is None:
            raise ValueError(f"A{self.number} is about nobody")
        return self.target


async def act_numbered(room: RoomTransaction, number: int) -> RecordedAct | None:
    """The act with this number, or None. `undone_by` is 0 where this transaction undoes it."""
    found = await acts(room.room_id, number, number)
    if found and number in room.undone:
        return replace(found[0], undone_by=0)
    return found[0] if found else None


async def acts(room_id: int, first: int, last: int) -> list[RecordedAct]:
    """The acts with these numbers, the latest first."""
    author, target = User.alias(), User.alias()
    rows = (
        await Act.select(
            *(Act.number, Act.act, Act.author_id, fn.COALESCE(author.name, "?"), Act.target_id),
            *(fn.COALESCE(target.name, "?"), Act.reason, Act.before, Act.after, Act.at, Act.until),
            *(Act.seq, Act.undoes, Act.undone_by),
        )
        .join(author, JOIN.LEFT_OUTER, on=(author.id == Act.author_id))
        .join(target, JOIN.LEFT_OUTER, on=(target.id == Act.target_id))
        .where(Act.room_id == room_id, Act.number >= first, Act.number <= last)
        .order_by(Act.number.desc())
        .tuples()
        .aio_execute()
    )
    return [
        RecordedAct(
            *(number, act, Person(author_id, author_name)),
            Person(target_id, target_name) if target_id is not None else None,
            *(reason, json.loads(before), json.loads(after), *rest),
        )
        for number, act, author_id, author_name, target_id, target_name, reason, before, after, *rest in rows
    ]


async def last_act(room_id: int) -> int:
    """The number of the room's last act, 0 where there is none."""
    return await Act.select(fn.MAX(Act.number)).where(Act.room_id == room_id).aio_scalar() or 0
