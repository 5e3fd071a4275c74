"""Reads rooms for those who run the site: who is in them, how much is in them, and nothing of what is
said there. Conversations aren't among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from peewee import fn

from accounts.models import User
from chat.actions.deleted_rooms import DeletedView, all_deleted
from chat.actions.ownership import rooms_without_owner
from chat.history.room_lists import is_named
from chat.models import CONVERSATIONS, DELETED_KIND, DeletedRoom, Member, Message, Room
from chat.roles import Role
from helpers.clock import iso, now_ms
from helpers.db.base import database_proxy
from helpers.db.database import fetch

PAGE = 25
MAX_FOUND = 50
MOST_COUNTED = 10_000
"""Members of a room that are counted for a list."""

State = Literal["", "ownerless", "archived", "deleted"]

_IS_ROOM = Room.kind.not_in((*CONVERSATIONS, DELETED_KIND))


@dataclass(frozen=True)
class RoomFacts:
    """`name` is the address, None of a closed room: it opens nothing, and is for its members alone.
    Of a deleted room `due_at` is until when it can be restored."""

    id: int
    name: str | None
    title: str
    kind: str
    owner: str | None
    members: int
    messages: int
    last_at: int | None
    created_at: int
    archived_at: int | None
    due_at: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "owner": self.owner,
            "members": self.members,
            "messages": self.messages,
            "last_message_at": iso(self.last_at) if self.last_at else None,
            "created_at": iso(self.created_at),
            "archived_at": iso(self.archived_at) if self.archived_at else None,
            "restorable_until": iso(self.due_at) if self.due_at else None,
        }


async def rooms_before(state: State, before: int | None) -> tuple[list[RoomFacts], int | None]:
    """A page of rooms, the latest first, and where the next one begins."""
    if state == "ownerless":
        # In the order of their ids, which an index tells.
        ownerless, following = await rooms_without_owner(before or 0)
        return await facts_of([room.id for room in ownerless]), following
    if state == "deleted":
        deleted = await all_deleted(now_ms(), before)
        is_more = len(deleted) > PAGE
        return await _deleted(deleted[:PAGE]), deleted[PAGE - 1].deleted_at if is_more else None
    query = Room.select(Room.id).where(_IS_ROOM)
    if state == "archived":
        query = query.where(Room.archived_at.is_null(False))
    if before is not None:
        query = query.where(Room.id < before)
    rows = await query.order_by(Room.id.desc()).limit(PAGE + 1).tuples().aio_execute()
    ids = [room_id for (room_id,) in rows]
    return await facts_of(ids[:PAGE]), ids[PAGE - 1] if len(ids) > PAGE else None


async def find_rooms(text: str) -> list[RoomFacts]:
    """The rooms that are called like this, at most MAX_FOUND."""
    query = Room.select(Room.id).where(_IS_ROOM, is_named(text)).order_by(Room.id.desc()).limit(MAX_FOUND)
    return await facts_of([room_id for (room_id,) in await query.tuples().aio_execute()])


async def room_facts(room_id: int) -> RoomFacts | None:
    """A room, also one that can be restored."""
    if found := await facts_of([room_id]):
        return found[0]
    columns = (Room.name, fn.COALESCE(Room.title, Room.name), DeletedRoom.kind, DeletedRoom.deleted_at)
    query = (
        DeletedRoom.select(*columns, DeletedRoom.due_at)
        .join(Room, on=(Room.id == DeletedRoom.room_id))
        .where(DeletedRoom.room_id == room_id, ~DeletedRoom.erasing, DeletedRoom.due_at > now_ms())
    )
    rows = await query.tuples().aio_execute()
    views = [DeletedView(room_id, name, title, kind, "", at, due) for name, title, kind, at, due in rows]
    return (await _deleted(views))[0] if views else None


async def facts_of(ids: Sequence[int]) -> list[RoomFacts]:
    """The facts of these rooms, in this order. What are no rooms is left out."""
    if not ids:
        return []
    owner = (
        Member.select(User.name)
        .join(User, on=(User.id == Member.user))
        .where(Member.room == Room.id, Member.role == Role.OWNER)
        .limit(1)
    )
    last = Message.select(Message.at).where(Message.room_id == Room.id, Message.number == Room.posts)
    columns = (Room.id, Room.name, fn.COALESCE(Room.title, Room.name), Room.kind, owner)
    query = Room.select(*columns, Room.posts, last, Room.created_at, Room.archived_at)
    rows = await query.where(Room.id.in_(list(ids)), _IS_ROOM).tuples().aio_execute()
    counts = await _member_counts([row[0] for row in rows])
    by_id = {
        room_id: RoomFacts(
            *(room_id, name if kind == "open" else None, title, kind, owner_name),
            *(counts.get(room_id, 0), posts, at, created_at, archived_at),
        )
        for room_id, name, title, kind, owner_name, posts, at, created_at, archived_at in rows
    }
    return [by_id[room_id] for room_id in ids if room_id in by_id]


async def _member_counts(ids: Sequence[int]) -> dict[int, int]:
    """How many members each room has; of a very large one MOST_COUNTED."""
    if not ids:
        return {}
    numbers = ", ".join(str(int(room_id)) for room_id in ids)
    sql = f"""
        SELECT rooms.id, (SELECT COUNT(*) FROM (
            SELECT 1 FROM members WHERE members.room_id = rooms.id LIMIT {MOST_COUNTED}) AS counted)
        FROM rooms WHERE rooms.id IN ({numbers})"""  # noqa: S608 - numbers
    return {room_id: count for room_id, count in await fetch(database_proxy.obj, sql)}


async def _deleted(views: Sequence[DeletedView]) -> list[RoomFacts]:
    rows = await (
        Room.select(Room.id, Room.posts, Room.created_at)
        .where(Room.id.in_([view.id for view in views]))
        .tuples()
        .aio_execute()
    )
    more = {room_id: (posts, created_at) for room_id, posts, created_at in rows}
    return [
        RoomFacts(
            *(view.id, view.name if view.kind == "open" else None, view.title, view.kind, None, 0),
            *(more[view.id][0], None, more[view.id][1], None, view.due_at),
        )
        for view in views
        if view.id in more
    ]


MAX_MEMBERS = 50


async def members_of(room_id: int) -> list[tuple[str, int]]:
    """The names and roles of a room's members, the highest roles first, at most MAX_MEMBERS."""
    query = (
        Member.select(User.name, Member.role)
        .join(User, on=(User.id == Member.user))
        .where(Member.room == room_id)
        .order_by(Member.role.desc(), Member.user)
        .limit(MAX_MEMBERS)
    )
    return [(name, role) for name, role in await query.tuples().aio_execute()]


_SAMPLE = 500


async def estimated_bytes(room_id: int) -> int:
    """About what the room's texts take, by the mean of its last lines."""
    query = Message.select(Message.text, Message.html, Message.seq).where(Message.room_id == room_id)
    sample = query.order_by(Message.seq.desc()).limit(_SAMPLE).alias("sample")
    size = fn.AVG(fn.LENGTH(sample.c.text) + fn.COALESCE(fn.LENGTH(sample.c.html), 0))
    [(mean, last)] = await Message.select(size, fn.MAX(sample.c.seq)).from_(sample).tuples().aio_execute()
    return int(float(mean or 0) * (last or 0))
