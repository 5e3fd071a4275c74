"""Reading who is in a room, and which rooms someone is in. Nothing here writes."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Case, Select, fn
from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.names import DELETED
from chat.models import CONVERSATIONS, Member, Mention, Room, Status
from chat.roles import Role, Standing
from chat.titles import people_in, title_for
from helpers.batching import BatchedReads
from helpers.clock import iso, now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

MAX_MEMBERS = 1000

MAX_OWN = 200
"""One's own rooms in a list, those with unread posts first. Who is in more of them finds the others by their names."""

MAX_CALLS = 100
"""Of one room that are counted: who has been called more often gets to hear that it were so many."""

MAX_OPEN = 100
"""Open rooms on a page."""


_NAMES_HOLD = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class MemberView:
    name: str
    role: str
    present: bool
    status: str = ""
    status_text: str = ""
    status_until: str = ""
    picture: int | None = None
    """The version of theirs."""

    def shown(self) -> dict[str, Any]:
        """As JSON has it: without what says nothing."""
        return {name: value for name, value in vars(self).items() if value != "" and value is not None}


@dataclass(frozen=True)
class RoomView:
    """A room as somebody sees it in a list; `role` is None where they are no member. `title` is what to show as its name.

    `read_number` is the last post that they have seen, `mentions` how many after it call them."""

    name: str
    title: str
    topic: str
    kind: str
    role: str | None
    unread: int
    last_number: int
    read_number: int
    mentions: int = 0

    @property
    def is_conversation(self) -> bool:
        return self.kind in CONVERSATIONS


@dataclass(frozen=True)
class Entrance:
    """A room as somebody finds it who wants to come in; `read_number` is None where they are no member."""

    room: Room
    standing: Standing
    read_number: int | None


BLOCKED = """
    CASE WHEN (SELECT kind FROM rooms WHERE rooms.id = member.room_id) = 'direct' THEN EXISTS (
        SELECT 1 FROM members AS other WHERE other.room_id = member.room_id AND other.user_id <> member.user_id AND (
            (SELECT 1 FROM blocks WHERE blocker_id = member.user_id AND blocked_id = other.user_id) IS NOT NULL
            OR (SELECT 1 FROM blocks WHERE blocker_id = other.user_id AND blocked_id = member.user_id) IS NOT NULL))
    ELSE FALSE END"""
"""Of a `member` in a statement: do the two of this conversation not write to each other? No other room looks."""


class _Member(NamedTuple):
    """Somebody in a room of this kind, as they are stored."""

    kind: str
    role: int
    present: bool
    read_number: int
    is_blocked: bool


class Entrances:
    """Finds rooms, and what those who ask are in them: one statement for all who come at once."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._find = Bulk(
            database,
            """
            SELECT given.slug, room.id, room.name, room.topic, room.kind, room.last_seq, room.posts,
                room.cleared_seq, room.cleared_number, room.created_at
            FROM {given} JOIN rooms AS room ON room.slug = given.slug""",
            given={"slug": "text"},
        )
        self._stand = Bulk(
            database,
            f"""
            SELECT member.room_id, member.user_id, room.kind, member.role, member.present, member.read_number, {BLOCKED}
            FROM {{given}} JOIN members AS member ON member.room_id = given.room_id AND member.user_id = given.user_id
            JOIN rooms AS room ON room.id = member.room_id""",  # noqa: S608 - words of our own
            given={"room_id": "bigint", "user_id": "bigint"},
        )
        self._rooms: BatchedReads[str, Room] = BatchedReads(self._read_rooms)
        self._members: BatchedReads[tuple[int, int], _Member] = BatchedReads(self._read_members)

    async def find(self, slug: str, user: User) -> Entrance | None:
        """The room of this name without capitals, or None."""
        room = await self._rooms.get(slug)
        if room is None:
            return None
        member = await self._members.get((room.id, user.id))
        return Entrance(room, _standing(member, user), member.read_number if member else None)

    async def rooms(self, slugs: Collection[str]) -> dict[str, Room]:
        """Those that there are, by their names without capitals."""
        return await self._rooms.get_all(slugs)

    async def standing(self, room_id: int, user: User) -> Standing:
        """What the user is in the room now."""
        return _standing(await self._members.get((room_id, user.id)), user)

    async def _read_rooms(self, slugs: list[str]) -> Mapping[str, Room]:
        statement = self._find.over([(slug,) for slug in slugs])
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {row[0]: Room(**dict(zip(_ROOM_COLUMNS, row, strict=True))) for row in rows}

    async def _read_members(self, asked: list[tuple[int, int]]) -> Mapping[tuple[int, int], _Member]:
        statement = self._stand.over(asked)
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {(room_id, user_id): _Member(*member) for room_id, user_id, *member in rows}


_ROOM_COLUMNS = ("slug", "id", "name", "topic", "kind", "last_seq", "posts", "cleared_seq", "cleared_number", "created_at")


def _standing(member: _Member | None, user: User) -> Standing:
    if member is None:
        return Standing(None, False, user.is_admin)
    return Standing(Role(member.role), bool(member.present), user.is_admin, member.kind, bool(member.is_blocked))


async def members_of(room_id: int) -> list[MemberView]:
    """The members by role and name, at most MAX_MEMBERS: of a larger crowd those who are here, before those who are away."""
    # The order is the index's, so that no more is read than is shown. The users are looked up one by one: for a join
    # PostgreSQL would rather read all there are.
    # Name and picture in one value: each that is looked up for each member costs.
    with_picture = User.name.concat(" ").concat(User.picture.cast("TEXT"))
    name, is_admin = (User.select(column).where(User.id == Member.user) for column in (with_picture, User.is_admin))
    rows = await (
        Member.select(name, Member.role, Member.present, is_admin, _stored_status(Member.user))
        .where(Member.room == room_id)
        .order_by(Member.present.desc(), Member.role.desc(), Member.user)
        .limit(MAX_MEMBERS)
        .tuples()
        .aio_execute()
    )
    return [
        MemberView(
            name.rpartition(" ")[0],
            Standing(Role(role), is_admin=bool(is_admin)).title or "",
            bool(present),
            *_status(status),
            picture=int(name.rpartition(" ")[2]) or None,
        )
        for name, role, present, is_admin, status in sorted(rows, key=lambda row: (-row[1], row[0].lower()))
        # Whose account was deleted a moment ago is just leaving.
        if name.rpartition(" ")[0] != DELETED
    ]


def _stored_status(user_id: Any) -> Any:
    """A user's status in one value, as `_status` reads it: each that is looked up for each member costs."""
    until = fn.COALESCE(Status.until.cast("TEXT"), "")
    return Status.select(Status.status.concat(" ").concat(until).concat(" ").concat(Status.text)).where(Status.user_id == user_id)


def _status(stored: str | None) -> tuple[str, str, str]:
    """The status, its text, and until when it holds; empty where there is none, or it has run out."""
    if not stored:
        return "", "", ""
    status, until, text = stored.split(" ", 2)
    if until and int(until) <= now_ms():
        return "", "", ""
    return status, text, iso(int(until)) if until else ""


_LISTED = (Room.id, Room.name, Room.topic, Room.kind, Member.role, Room.posts, Room.cleared_number, Member.read_number)


_SEEN = Case(None, [(Member.read_number > Room.cleared_number, Member.read_number)], Room.cleared_number)
_IS_CALL = (Mention.user_id == Member.user) & (Mention.room_id == Room.id) & (Mention.number > _SEEN)
_CALLS = Select([Mention.select(Mention.number).where(_IS_CALL).limit(MAX_CALLS).alias("calls")], [fn.COUNT(SQL("1"))])
"""How often the member is called by what they haven't seen. Before the room was cleared nothing counts."""


def _is_named(words: str) -> Any:
    """Has the room's name this in it? No name has anything but the letters of names."""
    words = words.strip().removeprefix("#").lower()
    # LIKE takes `_` for any letter, and is written in another way on each database.
    return fn.REPLACE(Room.slug, words, "") != Room.slug if _NAMES_HOLD.fullmatch(words) else Room.id.is_null()


async def own_rooms(user: User, named: str = "") -> list[RoomView]:
    """The rooms that the user is in, those with unread posts first, at most MAX_OWN. With `named`, those with this in their names."""
    has_unread = (Room.posts > Member.read_number) & (Room.posts > Room.cleared_number)
    query = Room.select(*_LISTED, _CALLS).join(Member, on=((Member.room == Room.id) & (Member.user == user.id)))
    if named:
        # A conversation's own name says nothing to anybody.
        query = query.where(_is_named(named), Room.kind.not_in(CONVERSATIONS))
    rows = await query.order_by(has_unread.desc(), Room.slug).limit(MAX_OWN).tuples().aio_execute()
    views = {row[0]: _view(row[1:], user) for row in rows}
    people = await people_in(room_id for room_id, view in views.items() if view.kind in CONVERSATIONS)
    for room_id, named_people in people.items():
        views[room_id] = replace(views[room_id], title=title_for(user.id, named_people, views[room_id].kind))
    return [*views.values()]


async def open_rooms(user: User, named: str = "", after: str = "") -> tuple[list[RoomView], bool]:
    """The next MAX_OPEN open rooms that the user isn't in, by name, after the room of that name; and whether there are more."""
    query = (
        Room.select(*_LISTED)
        .join(Member, JOIN.LEFT_OUTER, on=((Member.room == Room.id) & (Member.user == user.id)))
        .where(Room.kind == "open", Member.user.is_null())
    )
    if after:
        query = query.where(Room.slug > after.lower())
    if named:
        query = query.where(_is_named(named))
    rows = await query.order_by(Room.slug).limit(MAX_OPEN + 1).tuples().aio_execute()
    return [_view(row[1:], user) for row in rows[:MAX_OPEN]], len(rows) > MAX_OPEN


def _view(row: tuple[Any, ...], user: User) -> RoomView:
    name, topic, kind, role, posts, cleared_number, read_number, *calls = row
    if role is None:
        return RoomView(name, name, topic, kind, None, 0, posts, posts)
    seen = max(cleared_number, read_number or 0)
    title = Standing(Role(role), is_admin=user.is_admin, kind=kind).title
    return RoomView(name, name, topic, kind, title, max(0, posts - seen), posts, seen, *calls)
