"""A room and a user's standing in it, read once for all requests at the same time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from peewee import JOIN, fn
from peewee_async.databases import AioDatabase

from accounts.models import User
from chat.models import MODE_COLUMNS, Member, Room, Timeout, modes_of
from chat.roles import STRANGER, Modes, Past, Role, Standing
from helpers.batching import BatchLoader
from helpers.db.bulk import Bulk
from helpers.db.database import fetch


@dataclass(frozen=True)
class RoomAccess:
    """A room as a user finds it by its name, as `room_seen_by` has it; `read_number` is None where
    they are no member.
    `times_back` is how often they have set that mark back."""

    room: Room
    standing: Standing
    read_number: int | None
    times_back: int


def room_seen_by(room: Room, standing: Standing) -> Room:
    """The room as somebody of this standing may read it: what is hidden from them is as if it were
    cleared away. Who is no member of a room that hides its past reads nothing in it."""
    if standing.is_member:
        first_seq, hidden_number = standing.past
    elif room.hides_past:
        first_seq, hidden_number = room.last_seq + 1, room.posts
    else:
        return room
    if first_seq <= room.cleared_seq:
        return room
    hidden = {"cleared_seq": first_seq, "cleared_number": max(room.cleared_number, hidden_number)}
    return Room(**{**room.__data__, **hidden})


BLOCKED = """
    CASE WHEN (SELECT kind FROM rooms WHERE rooms.id = member.room_id) = 'direct' THEN EXISTS (
        SELECT 1 FROM members AS other
            WHERE other.room_id = member.room_id AND other.user_id <> member.user_id AND (
            (SELECT 1 FROM blocks WHERE blocker_id = member.user_id
                AND blocked_id = other.user_id) IS NOT NULL
            OR (SELECT 1 FROM blocks WHERE blocker_id = other.user_id
                AND blocked_id = member.user_id) IS NOT NULL))
    ELSE FALSE END"""
"""SQL over a row `member`: whether one of the two in a conversation has blocked the other. Only
looked up for conversations of two."""


TIMEOUT = """
    COALESCE((SELECT until FROM timeouts WHERE timeouts.room_id = member.room_id
        AND timeouts.user_id = member.user_id), 0)"""
"""SQL over a row `member`: until when the person only reads, 0 for no timeout."""


MODES = ", ".join(f"room.{name}" for name in MODE_COLUMNS)
"""SQL over a row `room`: its MODE_COLUMNS."""

_KEPT_COLUMNS = ("retention_days", "retention_since", "keeps_pinned", "kept_seq")
_KEPT = ", ".join(f"room.{name}" for name in _KEPT_COLUMNS)


class _Member(NamedTuple):
    """A stored membership, and the kind and modes of its room."""

    kind: str
    role: int
    read_number: int
    times_back: int
    is_admin: bool
    is_blocked: bool
    timeout_until: int
    first_seq: int
    hidden_number: int
    modes: Modes


class RoomAccessReader:
    """Finds rooms and standings: one statement for all requests at the same time."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._find_rooms = Bulk(
            database,
            f"""
            SELECT given.slug, room.slug, room.id, room.name, room.title, room.topic, room.kind,
                room.last_seq, room.posts, room.cleared_seq, room.cleared_number, room.created_at,
                room.picture,
                {MODES}, {_KEPT}
            FROM {{given}} JOIN rooms AS room ON room.slug = given.slug""",  # noqa: S608 - words of our own
            given={"slug": "text"},
        )
        self._find_renamed = Bulk(
            database,
            f"""
            SELECT given.slug, room.slug, room.id, room.name, room.title, room.topic, room.kind,
                room.last_seq, room.posts, room.cleared_seq, room.cleared_number, room.created_at,
                room.picture,
                {MODES}, {_KEPT}
            FROM {{given}} JOIN room_names AS former ON former.slug = given.slug
                JOIN rooms AS room ON room.id = former.room_id""",  # noqa: S608 - words of our own
            given={"slug": "text"},
        )
        self._find_members = Bulk(
            database,
            f"""
            SELECT member.room_id, member.user_id, room.kind, member.role,
                member.read_number, member.times_back,
                (SELECT users.is_admin FROM users WHERE users.id = member.user_id), {BLOCKED}, {TIMEOUT},
                member.first_seq, member.hidden_number, {MODES}
            FROM {{given}} JOIN members AS member ON member.room_id = given.room_id
                AND member.user_id = given.user_id
            JOIN rooms AS room ON room.id = member.room_id""",  # noqa: S608 - words of our own
            given={"room_id": "bigint", "user_id": "bigint"},
        )
        self._rooms: BatchLoader[str, Room] = BatchLoader(self._read_rooms)
        self._members: BatchLoader[tuple[int, int], _Member] = BatchLoader(self._read_members)

    async def find(self, slug: str, user: User) -> RoomAccess | None:
        """The room that has, or has had, this lower-case name, or None."""
        room = await self._rooms.get(slug)
        if room is None:
            return None
        member = await self._members.get((room.id, user.id))
        read_number, times_back = (member.read_number, member.times_back) if member else (None, 0)
        standing = _standing(member, user)
        return RoomAccess(room_seen_by(room, standing), standing, read_number, times_back)

    async def rooms(self, slugs: Collection[str]) -> dict[str, Room]:
        """The rooms that exist, by these lower-case names, also by former ones."""
        return await self._rooms.get_all(slugs)

    async def standing(self, room_id: int, user: User) -> Standing:
        """The user's current standing in the room."""
        return _standing(await self._members.get((room_id, user.id)), user)

    async def standing_of(self, room_id: int, user_id: int) -> Standing:
        """The same, of a user of whom only the id is known."""
        member = await self._members.get((room_id, user_id))
        return STRANGER if member is None else _member_standing(member)

    async def _read_rooms(self, slugs: list[str]) -> Mapping[str, Room]:
        found: dict[str, Room] = {}
        for bulk in (self._find_rooms, self._find_renamed):
            statement = bulk.bind([(slug,) for slug in slugs if slug not in found])
            rows = await fetch(self._database, statement.sql, *statement.params)
            for slug, *row in rows:
                found[slug] = Room(**dict(zip(_ROOM_COLUMNS, row, strict=True)))
            if len(found) == len(slugs):
                break
        return found

    async def _read_members(self, asked: list[tuple[int, int]]) -> Mapping[tuple[int, int], _Member]:
        statement = self._find_members.bind(asked)
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {
            (room_id, user_id): _Member(*(*member[:-_MODES], modes_of(*member[-_MODES:])))
            for room_id, user_id, *member in rows
        }


_ROOM_COLUMNS = (
    "slug",
    "id",
    "name",
    "title",
    "topic",
    "kind",
    "last_seq",
    "posts",
    "cleared_seq",
    "cleared_number",
    "created_at",
    "picture",
    *MODE_COLUMNS,
    *_KEPT_COLUMNS,
)
_MODES = len(MODE_COLUMNS)


def _standing(member: _Member | None, user: User) -> Standing:
    if member is None:
        return Standing(None, user.is_admin)
    return _member_standing(member)


def _member_standing(member: _Member) -> Standing:
    return Standing(
        Role(member.role),
        bool(member.is_admin),
        member.kind,
        bool(member.is_blocked),
        member.modes,
        member.timeout_until,
        Past(member.first_seq, member.hidden_number),
    )


async def standing_in(room_id: int, kind: str, modes: Modes, user_id: int) -> Standing:
    """A user's standing as it is stored, in a room of this kind and with these modes that a
    transaction has locked."""
    until = fn.COALESCE(Timeout.until, 0)
    is_theirs = (Timeout.room_id == Member.room) & (Timeout.user_id == Member.user)
    rows = await (
        Member.select(Member.role, User.is_admin, until, Member.first_seq, Member.hidden_number)
        .join(User, on=(User.id == Member.user))
        .join(Timeout, JOIN.LEFT_OUTER, on=is_theirs)
        .where(Member.room == room_id, Member.user == user_id)
        .tuples()
        .aio_execute()
    )
    if not rows:
        return STRANGER
    role, is_admin, timeout_until, *joined = rows[0]
    return Standing(
        *(Role(role), bool(is_admin), kind),
        modes=modes,
        timeout_until=timeout_until,
        joined=Past(*joined),
    )
