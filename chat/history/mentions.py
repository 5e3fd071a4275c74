"""The people and rooms that texts name, and the counts of unread mentions. Nothing here writes."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from peewee_async.databases import AioDatabase

from accounts.people.mentions import NamedPeople
from chat.drafts import Mentioned
from chat.history.access import RoomAccessReader
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

MAX_MENTIONS = 100
"""Mentions counted for one room; a higher number is shown as this."""


class Named(NamedTuple):
    """The people and rooms in a text that exist: by the name as typed, the person, or the spelling
    of the room's name."""

    people: dict[str, Mentioned]
    rooms: dict[str, str]


class Directory:
    """Finds people and open rooms by name: one statement for all requests at the same time."""

    def __init__(self, access: RoomAccessReader) -> None:
        self._access = access
        self._people = NamedPeople()

    async def find(self, names: Iterable[str], rooms: Iterable[str]) -> Named:
        """The people with these names, in any case, and the open rooms with these names."""
        people, open_rooms = await asyncio.gather(self._find_people(names), self._find_rooms(rooms))
        return Named(people, open_rooms)

    async def _find_people(self, names: Iterable[str]) -> dict[str, Mentioned]:
        return {
            name: Mentioned(user.id, user.name) for name, user in (await self._people.find(names)).items()
        }

    async def _find_rooms(self, rooms: Iterable[str]) -> dict[str, str]:
        slugs = {name: name.lower() for name in rooms}
        found = await self._access.rooms(set(slugs.values()))
        return {
            name: found[slug].name for name, slug in slugs.items() if slug in found and found[slug].is_open
        }


class MentionCounts:
    """Counts the unread posts of a room that mention a user. Posts before the last clearing don't
    count."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        # Looked up pair by pair: for a join of some hundred pairs PostgreSQL reads all members.
        self._counts = Bulk(
            database,
            """
            SELECT given.room_id, given.user_id, (
                SELECT COUNT(*) FROM (
                    SELECT 1 FROM mentions AS mention
                    WHERE mention.user_id = given.user_id AND mention.room_id = given.room_id
                        AND mention.number > (
                        SELECT CASE WHEN member.read_number > room.cleared_number
                            THEN member.read_number ELSE room.cleared_number END
                        FROM members AS member JOIN rooms AS room ON room.id = member.room_id
                        WHERE member.room_id = given.room_id AND member.user_id = given.user_id)
                    LIMIT {most}) AS calls)
            FROM {given}""".replace("{most}", str(MAX_MENTIONS)),
            given={"room_id": "bigint", "user_id": "bigint"},
        )

    async def of(self, pairs: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], int]:
        """The count for each (room id, user id), by one statement, at most MAX_MENTIONS; 0 where
        the user is no member."""
        asked = sorted(set(pairs))
        if not asked:
            return {}
        statement = self._counts.bind(asked)
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {(room_id, user_id): count for room_id, user_id, count in rows}
