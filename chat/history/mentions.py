"""Whom and what texts name, and how often somebody is called by posts that they haven't seen.
Nothing here writes."""

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
"""Of one room that are counted: who has been called more often gets to hear that it were so
many."""


class Named(NamedTuple):
    """Of what a text names, that which there is: by how it was written, who that is, and how the
    room's name is written."""

    people: dict[str, Mentioned]
    rooms: dict[str, str]


class Directory:
    """Finds people and open rooms by their names: one statement for all who write at once."""

    def __init__(self, access: RoomAccessReader) -> None:
        self._access = access
        self._people = NamedPeople()

    async def find(self, names: Iterable[str], rooms: Iterable[str]) -> Named:
        """Those who have one of the names, in any capitals, and the open rooms."""
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
    """How many posts of a room call somebody who hasn't read that far. The posts before a clearing
    don't count."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        # Looked up pair by pair: of a join of some hundred PostgreSQL would rather read all
        # members.
        self._count = Bulk(
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
        """The count for each (room id, user id), by one statement, at most MAX_MENTIONS; 0 where they
        are no member."""
        asked = sorted(set(pairs))
        if not asked:
            return {}
        statement = self._count.bind(asked)
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {(room_id, user_id): count for room_id, user_id, count in rows}
