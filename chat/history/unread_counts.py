"""Reads the last posts of rooms and the read marks of their members, for many users by one
statement. Nothing here writes."""

from dataclasses import dataclass

from peewee_async.databases import AioDatabase

from chat.events import OwnRoom
from chat.history.mentions import MentionCounts
from chat.history.room_lists import MAX_OWN
from chat.history.titles import people_in, title_for
from chat.models import CONVERSATIONS
from helpers.db.bulk import Bulk
from helpers.db.database import fetch


@dataclass(frozen=True, slots=True)
class OwnRoomView:
    """A room as one of its members sees it: its id, and what clients get."""

    id: int
    told: OwnRoom

    @property
    def mark(self) -> tuple[int, int]:
        """Up to which post they have read, and how many calls of theirs are after it."""
        return self.told.read_number or 0, self.told.mentions or 0


class OwnRooms:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._mentions = MentionCounts(database)
        self._rooms = Bulk(
            database,
            """
            SELECT member.user_id, room.id, room.name, room.slug, room.kind, room.posts, room.cleared_number,
                member.read_number
            FROM {given} JOIN members AS member ON member.user_id = given.user_id
                JOIN rooms AS room ON room.id = member.room_id""",
            given={"user_id": "bigint"},
        )
        self._marks = Bulk(
            database,
            """
            SELECT member.room_id, member.user_id, room.posts, room.cleared_number, member.read_number
            FROM {given} JOIN members AS member ON member.room_id = given.room_id
                AND member.user_id = given.user_id
            JOIN rooms AS room ON room.id = member.room_id""",
            given={"room_id": "bigint", "user_id": "bigint"},
        )

    async def of(self, user_ids: list[int]) -> dict[int, list[OwnRoomView]]:
        """The rooms of each user, by name. A user with more than MAX_OWN gets those with unread
        posts first."""
        statement = self._rooms.bind([(user_id,) for user_id in user_ids])
        rows = await fetch(self._database, statement.sql, *statement.params)
        by_user: dict[int, list[tuple[bool, str, int, str, str, int, int]]] = {
            user_id: [] for user_id in user_ids
        }
        for user_id, room_id, name, slug, kind, posts, cleared, read in rows:
            seen = max(cleared, read)
            by_user[user_id].append((posts <= seen, slug, room_id, name, kind, posts, seen))
        for found in by_user.values():
            if len(found) > MAX_OWN:
                found.sort()
                del found[MAX_OWN:]
            found.sort(key=lambda room: room[1])
        people = await people_in(
            room[2] for found in by_user.values() for room in found if room[4] in CONVERSATIONS
        )
        mentions = await self._mentions.of(
            [(room[2], user_id) for user_id, found in by_user.items() for room in found if not room[0]]
        )
        return {
            user_id: [
                OwnRoomView(
                    room_id,
                    OwnRoom(
                        name,
                        kind,
                        title_for(user_id, people[room_id], kind) if kind in CONVERSATIONS else name,
                        posts,
                        seen,
                        mentions.get((room_id, user_id), 0),
                    ),
                )
                for _, _, room_id, name, kind, posts, seen in found
            ]
            for user_id, found in by_user.items()
        }

    async def marks(self, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
        """By (room id, user id), the number of the last post read, and how many later posts mention
        the user."""
        statement = self._marks.bind(pairs)
        rows = await fetch(self._database, statement.sql, *statement.params)
        seen = {(room_id, user_id): max(cleared, read) for room_id, user_id, _, cleared, read in rows}
        mentions = await self._mentions.of(
            [(row[0], row[1]) for row in rows if row[2] > seen[row[0], row[1]]]
        )
        return {pair: (number, mentions.get(pair, 0)) for pair, number in seen.items()}
