"""Read marks: noted in memory and stored together once a second, all by one statement."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Collection
from typing import NamedTuple

from peewee_async.databases import AioDatabase

from chat.envelopes import MovedMark
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_unavailable
from helpers.tasks import cancel_all
from timings import DEFAULT, Timings

log = logging.getLogger("aiochat.read_marks")


class _Noted(NamedTuple):
    """A mark to store: at least `number`, or exactly `number` where it was set back `times_back`
    times."""

    number: int
    times_back: int

    @property
    def is_exact(self) -> bool:
        return self.times_back > 0

    def merged_with(self, later: "_Noted") -> "_Noted":
        number = later.number if later.is_exact else max(self.number, later.number)
        return _Noted(number, self.times_back + later.times_back)


class ReadMarks:
    """Marks only move forward, except by an explicit request, which counts as one time back, and
    stay between the last cleared post and the room's last post.

    `on_moved` is called with the stored marks. A forward mark lost with the process is noted again
    when the user reads on."""

    def __init__(
        self,
        database: AioDatabase,
        on_moved: Callable[[list[MovedMark]], None],
        timings: Timings = DEFAULT,
    ) -> None:
        self._database = database
        self._pause = timings.store_marks
        self._on_moved = on_moved
        self._noted: dict[tuple[int, int], _Noted] = {}
        self._being_stored: dict[tuple[int, int], _Noted] = {}
        self._storing = asyncio.Lock()
        self._update = Bulk(
            database,
            """
            UPDATE members SET read_number = CASE
                    WHEN given.number > room.posts THEN room.posts
                    WHEN given.number < room.cleared_number THEN room.cleared_number
                    WHEN given.number < members.hidden_number AND room.hides_past AND members.role < 2
                        THEN members.hidden_number
                    ELSE given.number END,
                times_back = members.times_back + given.times_back
            FROM {given} JOIN rooms AS room ON room.id = given.room_id
            WHERE members.room_id = given.room_id AND members.user_id = given.user_id
                AND (members.read_number < given.number OR given.times_back > 0)
            RETURNING members.room_id, members.user_id, members.read_number""",
            given={"room_id": "bigint", "user_id": "bigint", "number": "bigint", "times_back": "bigint"},
        )
        self._task = asyncio.create_task(self._run(), name="read marks", context=contextvars.Context())

    def note(self, room_id: int, user_id: int, number: int) -> None:
        """Notes that the user has read everything up to this post."""
        self._add((room_id, user_id), _Noted(number, 0))

    async def put(self, room_id: int, user_id: int, number: int, *, back: bool) -> None:
        """Stores the mark before it returns. With `back` the mark becomes this number even where it
        was higher. Raises the database's errors; then the mark is stored later."""
        self._add((room_id, user_id), _Noted(number, int(back)))
        await self._store()

    async def store_for(self, user_ids: Collection[int]) -> None:
        """Stores the noted marks of these users, so that a following read of the database is
        current. That includes those whose statement runs now."""
        if any(user_id in user_ids for _, user_id in (*self._being_stored, *self._noted)):
            await self._store()

    def forget(self, room_id: int, user_id: int) -> None:
        """Drops a noted mark, because the user set it back in another process after it was
        noted."""
        noted = self._noted.get((room_id, user_id))
        if noted is not None and not noted.is_exact:
            del self._noted[room_id, user_id]

    async def close(self) -> None:
        """Stores all noted marks and stops."""
        await cancel_all([self._task])
        await self._store_or_log()

    def _add(self, key: tuple[int, int], later: _Noted) -> None:
        before = self._noted.get(key)
        self._noted[key] = before.merged_with(later) if before is not None else later

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self._store_or_log()

    async def _store_or_log(self) -> None:
        try:
            await self._store()
        except Exception as error:
            if not is_unavailable(error):
                log.exception("read marks weren't stored")

    async def _store(self) -> None:
        # One at a time: of two that run at once the older might write last.
        async with self._storing:
            self._being_stored, self._noted = self._noted, {}
            noted = self._being_stored
            if not noted:
                return
            statement = self._update.bind(sorted((*key, *mark) for key, mark in noted.items()))
            try:
                rows = await fetch(self._database, statement.sql, *statement.params)
            except BaseException as error:
                if not isinstance(error, Exception) or is_unavailable(error):
                    # Older marks first, then those noted meanwhile.
                    meanwhile, self._noted = self._noted, noted
                    for key, later in meanwhile.items():
                        self._add(key, later)
                raise
            finally:
                self._being_stored = {}
        moved = [
            MovedMark(room_id, user_id, number, noted[room_id, user_id].is_exact)
            for room_id, user_id, number in rows
        ]
        if moved:
            self._on_moved(moved)
