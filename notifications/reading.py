"""Reads the notices of people, and notes that they were read."""

from collections.abc import Sequence

from peewee_async.databases import AioDatabase

from helpers.clock import now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch
from notifications.models import Notice
from notifications.push.closings import note_read
from notifications.storing import ROWS_AT_ONCE, cancel

MARKS_AT_ONCE = 20


class Marks:
    """What is read in a room is a read notice, wherever it was read."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._found = Bulk(
            database,
            f"""
            SELECT notice.id, notice.user_id
            FROM {{given}} JOIN notices AS notice ON notice.user_id = given.user_id
                AND notice.room_id = given.room_id AND notice.number <= given.number
            WHERE notice.read_at IS NULL LIMIT {ROWS_AT_ONCE}""",  # noqa: S608
            given={"room_id": "bigint", "user_id": "bigint", "number": "bigint"},
        )

    async def read(self, marks: Sequence[tuple[int, int, int]]) -> set[int]:
        """`marks` are (room id, user id, number of the last post read). Returns whose notices changed."""
        changed: set[int] = set()
        for start in range(0, len(marks), MARKS_AT_ONCE):
            while True:
                statement = self._found.bind(marks[start : start + MARKS_AT_ONCE])
                rows = await fetch(self._database, statement.sql, *statement.params)
                if rows:
                    await mark_read(self._database, [notice_id for notice_id, _ in rows])
                changed |= {user_id for _, user_id in rows}
                if len(rows) < ROWS_AT_ONCE:
                    break
        return changed


async def mark_read(database: AioDatabase, notice_ids: Sequence[int]) -> None:
    """These notices are read, and what waits to be sent of them is cancelled."""
    async with database.aio_atomic():
        change = Notice.update(read_at=now_ms())
        await change.where(Notice.id.in_(notice_ids), Notice.read_at.is_null()).aio_execute()
        await cancel(notice_ids, "read")
        await note_read(notice_ids)


async def mark_all_read(database: AioDatabase, user_id: int) -> None:
    """All notices of the person, in bounded steps."""
    while True:
        query = Notice.select(Notice.id).where(Notice.user_id == user_id, Notice.read_at.is_null())
        rows = await query.order_by(Notice.id.desc()).limit(ROWS_AT_ONCE).tuples().aio_execute()
        if rows:
            await mark_read(database, [notice_id for (notice_id,) in rows])
        if len(rows) < ROWS_AT_ONCE:
            return
