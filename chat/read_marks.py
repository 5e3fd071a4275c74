"""How far people have read: noted for a moment, and stored together once a second. One statement for all, however many write."""

import asyncio
import contextvars
import logging

from peewee_async.databases import AioDatabase

from helpers.bulk import Bulk
from helpers.database import fetch, is_away

log = logging.getLogger("aiochat.read_marks")

STORE_SECONDS = 1.0


class ReadMarks:
    """Marks only move forward, and never past the room's last post. One that is lost with the process is noted again by reading on."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._noted: dict[tuple[int, int], int] = {}
        self._update = Bulk(
            database,
            """
            UPDATE members SET read_number = CASE WHEN given.number > room.posts THEN room.posts ELSE given.number END
            FROM {given} JOIN rooms AS room ON room.id = given.room_id
            WHERE members.room_id = given.room_id AND members.user_id = given.user_id AND members.read_number < given.number""",
            given={"room_id": "bigint", "user_id": "bigint", "number": "bigint"},
        )
        self._task = asyncio.create_task(self._run(), name="read marks", context=contextvars.Context())

    def note(self, room_id: int, user_id: int, number: int) -> None:
        """The user has seen everything up to this post."""
        key = (room_id, user_id)
        self._noted[key] = max(number, self._noted.get(key, 0))

    async def close(self) -> None:
        """Stores what is noted, and stops."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._store()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self._store()

    async def _store(self) -> None:
        noted, self._noted = self._noted, {}
        if not noted:
            return
        statement = self._update.over(sorted((*key, number) for key, number in noted.items()))
        try:
            await fetch(self._database, statement.sql, *statement.params)
        except Exception as error:
            if not is_away(error):
                log.exception("%d read marks weren't stored", len(noted))
                return
            for (room_id, user_id), number in noted.items():
                self.note(room_id, user_id, number)
