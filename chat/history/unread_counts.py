"""Reads the last posts of rooms and the read marks of their members, for many users by one
statement. Nothing here writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from peewee_async.databases import AioDatabase

from chat.drafts import ALL
from chat.events import OwnRoom
from chat.history.mentions import MAX_MENTIONS
from chat.history.room_lists import (
    MAX_CONVERSATIONS,
    MAX_DELETED,
    MAX_NEW_CONVERSATIONS,
    MAX_OWN,
    level_now,
)
from chat.history.titles import people_in, title_for
from chat.models import CONVERSATIONS
from helpers.db.bulk import Bulk
from helpers.db.database import fetch


class Mark(NamedTuple):
    """The last post that a user has read in a room, how many later posts mention the user, how many
    later posts are deleted and so don't count as unread, and how often the user has set the mark
    back."""

    read_number: int = 0
    mentions: int = 0
    deleted: int = 0
    times_back: int = 0


class Counts(NamedTuple):
    """None of them is above its bound, MAX_MENTIONS and MAX_DELETED."""

    mentions: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class OwnRoomView:
    """A room as one of its members sees it: its id, and what clients get."""

    id: int
    room: OwnRoom

    @property
    def mark(self) -> Mark:
        room = self.room
        return Mark(room.read_number or 0, room.mentions or 0, room.deleted or 0, room.times_back or 0)


_SEEN = """(
    SELECT CASE WHEN member.read_number > room.cleared_number
        THEN member.read_number ELSE room.cleared_number END
    FROM members AS member JOIN rooms AS room ON room.id = member.room_id
    WHERE member.room_id = given.room_id AND member.user_id = given.user_id)"""
"""SQL over a row `given`: the last post that the user has seen, or that was cleared away."""


_HEARD = """(
    NOT EXISTS (SELECT 1 FROM ignored WHERE ignored.user_id = given.user_id)
    OR NOT EXISTS (SELECT 1 FROM ignored WHERE ignored.user_id = given.user_id AND ignored.ignored_id = (
        SELECT author_id FROM messages AS post
        WHERE post.room_id = mention.room_id AND post.number = mention.number)))"""
"""SQL over rows `given` and `mention`: the author of the post isn't somebody whom the user ignores. For
those who ignore nobody, as most, the author isn't looked up."""


_MENTIONS = f"""
    SELECT COUNT(*) FROM (
        SELECT 1 FROM mentions AS mention
        WHERE mention.user_id = given.user_id AND mention.room_id = given.room_id
            AND mention.number > {_SEEN} AND {_HEARD} LIMIT {MAX_MENTIONS}) AS mentioning"""  # noqa: S608 - words of our own

_OF_ALL = f"""
    SELECT COUNT(*) FROM (
        SELECT (SELECT author_id FROM messages AS post
            WHERE post.room_id = mention.room_id AND post.number = mention.number) AS author_id
        FROM mentions AS mention
        WHERE mention.user_id = {ALL.user_id} AND mention.room_id = given.room_id
            AND mention.number > {_SEEN} AND {_HEARD} LIMIT {MAX_MENTIONS}) AS calling
    WHERE author_id <> given.user_id
        AND (SELECT 1 FROM blocks WHERE blocker_id = author_id AND blocked_id = given.user_id) IS NULL
        AND (SELECT 1 FROM blocks WHERE blocker_id = given.user_id AND blocked_id = author_id) IS NULL"""  # noqa: S608
"""How many posts mention all members, of those by others between whom and the user no block
stands."""


class UnreadCounts:
    """Counts, of a room's posts after a user's read mark, those that mention the user and those that
    are deleted. Posts before the last clearing don't count."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        # Looked up pair by pair: for a join of some hundred pairs PostgreSQL reads all members.
        self._counts = Bulk(
            database,
            f"""
            SELECT given.room_id, given.user_id, ({_MENTIONS}), ({_OF_ALL}), (
                SELECT COUNT(*) FROM (
                    SELECT 1 FROM messages AS message
                    WHERE (message.room_id + 0) = given.room_id AND message.deleted_at IS NOT NULL
                        AND message.number > {_SEEN} LIMIT {MAX_DELETED}) AS deleted)
            FROM {{given}}""",  # noqa: S608 - words of our own
            given={"room_id": "bigint", "user_id": "bigint"},
        )

    async def of(self, pairs: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], Counts]:
        """The counts for each (room id, user id), by one statement; 0 where the user is no member."""
        asked = sorted(set(pairs))
        if not asked:
            return {}
        statement = self._counts.bind(asked)
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {
            (room_id, user_id): Counts(min(named + together, MAX_MENTIONS), deleted)
            for room_id, user_id, named, together, deleted in rows
        }


_IS_NEW = "(room.kind IN ('direct', 'group') AND member.read_number = 0)"
"""SQL over rows `room` and `member`: a conversation of which the member has read nothing yet."""


_REPORTS = """
    CASE WHEN room.kind IN ('open', 'closed')
        AND (member.role >= 2 OR (SELECT is_admin FROM users WHERE users.id = member.user_id))
    THEN (SELECT COUNT(*) FROM reports AS report
        WHERE report.room_id = room.id AND report.answered_at IS NULL AND report.author_id <> member.user_id)
        + (SELECT COUNT(*) FROM held_posts AS held WHERE held.room_id = room.id AND held.answered_at IS NULL)
    ELSE 0 END"""
"""SQL over rows `room` and `member`: how many reports, and posts that are held, wait for the
member's answer. Only looked up for
those who answer them."""


_Found = tuple[bool, str, int, str, str, int, int, str, int, int, bool, int, str | None, str | None]
"""Whether nothing is unread, slug, id, name, kind, last post, last post read, title, how often the
mark was set back, how many reports there are to answer, whether it is archived, the version of its
picture, and the level that holds, with its end."""


def _listed(found: list[_Found], gone: dict[int, int]) -> list[_Found]:
    """The rooms of one user that are listed. `gone` counts posts that aren't unread since they are
    deleted, by room."""
    if len(found) <= min(MAX_OWN, MAX_CONVERSATIONS):
        return found
    found = sorted(found, key=lambda room: (room[5] - room[6] <= gone.get(room[2], 0), room[1]))
    rooms = [room for room in found if room[4] not in CONVERSATIONS]
    known = [room for room in found if room[4] in CONVERSATIONS and room[6]]
    new = [room for room in found if room[4] in CONVERSATIONS and not room[6]]
    return [*rooms[:MAX_OWN], *known[:MAX_CONVERSATIONS], *new]


class OwnRooms:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._counts = UnreadCounts(database)
        self._rooms = Bulk(
            database,
            f"""
            SELECT user_id, id, name, slug, title, kind, posts, cleared_number, read_number, times_back,
                archived_at IS NOT NULL, picture, reports, notify, notify_until
            FROM (
                SELECT member.user_id, room.id, room.name, room.slug,
                    COALESCE(room.title, room.name) AS title, room.kind, room.posts, room.cleared_number,
                    member.read_number, member.times_back, room.archived_at, room.picture,
                    member.notify, member.notify_until, {_REPORTS} AS reports, {_IS_NEW} AS is_new,
                    ROW_NUMBER() OVER (PARTITION BY member.user_id, {_IS_NEW}
                        ORDER BY room.kind, room.id DESC) AS place
                FROM {{given}} JOIN members AS member ON member.user_id = given.user_id
                    JOIN rooms AS room ON room.id = member.room_id) AS own
            WHERE NOT is_new OR place <= {MAX_NEW_CONVERSATIONS}""",  # noqa: S608 - words of our own
            given={"user_id": "bigint"},
        )
        # The sum keeps PostgreSQL from finding the room first, and then all its members.
        self._marks = Bulk(
            database,
            """
            SELECT member.room_id, member.user_id, room.posts, room.cleared_number, member.read_number,
                member.times_back
            FROM {given} JOIN members AS member ON member.room_id = given.room_id
                AND member.user_id = given.user_id
            JOIN rooms AS room ON room.id = member.room_id + 0""",
            given={"room_id": "bigint", "user_id": "bigint"},
        )

    async def of(self, user_ids: list[int]) -> dict[int, list[OwnRoomView]]:
        """The rooms of each user, by name, within the bounds of room_lists.py. Of more those with
        unread posts come first."""
        statement = self._rooms.bind([(user_id,) for user_id in user_ids])
        rows = await fetch(self._database, statement.sql, *statement.params)
        by_user: dict[int, list[_Found]] = {user_id: [] for user_id in user_ids}
        for (
            user_id,
            room_id,
            name,
            slug,
            title,
            kind,
            posts,
            cleared,
            read,
            times_back,
            archived,
            picture,
            reports,
            *level,
        ) in rows:
            seen = max(cleared, read)
            room = (
                posts <= seen,
                slug,
                room_id,
                name,
                kind,
                posts,
                seen,
                title,
                times_back,
                reports,
                bool(archived),
                picture,
                *level_now(*level),
            )
            by_user[user_id].append(room)
        behind = [(room[2], user_id) for user_id, found in by_user.items() for room in found if not room[0]]
        counts = await self._counts.of(behind)
        for user_id, found in by_user.items():
            gone = {room_id: count.deleted for (room_id, of), count in counts.items() if of == user_id}
            found[:] = sorted(_listed(found, gone), key=lambda room: room[1])
        people = await people_in(
            room[2] for found in by_user.values() for room in found if room[4] in CONVERSATIONS
        )
        return {
            user_id: [
                OwnRoomView(
                    room_id,
                    OwnRoom(
                        name,
                        kind,
                        title_for(user_id, people[room_id], kind) if kind in CONVERSATIONS else title,
                        posts,
                        seen,
                        counts.get((room_id, user_id), Counts()).mentions,
                        counts.get((room_id, user_id), Counts()).deleted or None,
                        times_back or None,
                        reports or None,
                        archived or None,
                        picture or None,
                        level,
                        until,
                    ),
                )
                for (
                    _,
                    _,
                    room_id,
                    name,
                    kind,
                    posts,
                    seen,
                    title,
                    times_back,
                    reports,
                    archived,
                    picture,
                    level,
                    until,
                ) in found
            ]
            for user_id, found in by_user.items()
        }

    async def marks(self, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], Mark]:
        """By (room id, user id)."""
        statement = self._marks.bind(pairs)
        rows = await fetch(self._database, statement.sql, *statement.params)
        seen = {(row[0], row[1]): (max(row[3], row[4]), row[5]) for row in rows}
        behind = [(row[0], row[1]) for row in rows if row[2] > seen[row[0], row[1]][0]]
        counts = await self._counts.of(behind)
        return {
            pair: Mark(number, *counts.get(pair, Counts()), times_back)
            for pair, (number, times_back) in seen.items()
        }
