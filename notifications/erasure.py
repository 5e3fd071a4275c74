"""Ends notices: those that are too old or too many, those of accounts and rooms that end, and those between
people who block one another."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import peewee

from accounts.keys import DeletedAccount
from chat.models import Room
from chat.personal_data.room_erasure import RoomTable
from helpers.clock import now_ms
from notifications.models import (
    CANCELLED,
    WAITING,
    Notice,
    NoticeDelivery,
    NoticeJob,
    NoticeKeyword,
    NoticeProgress,
    NoticeSettings,
)
from notifications.push.models import PushClosing, PushDevice
from notifications.storing import ROWS_AT_ONCE, remove_some

KEPT_MS = 30 * 86400 * 1000
KEPT_OF_PERSON = 1000
"""Of more the oldest ones go."""

NOTICES_OF_ROOMS: tuple[RoomTable, ...] = (
    (Notice, Notice.room_id, Notice.id),
    (NoticeJob, NoticeJob.room_id, NoticeJob.id),
)
"""What is erased with a room. What is left of it is of seconds (push_closings), or goes by a trigger
(notice_progress)."""


async def remove_old() -> bool:
    """A bounded part of those that are too old. Returns whether there may be more."""
    return bool((await remove_some(Notice.at < now_ms() - KEPT_MS)).user_ids)


async def remove_many(user_id: int) -> None:
    """A bounded part of those of a person that are too many."""
    query = Notice.select(Notice.id).where(Notice.user_id == user_id).order_by(Notice.id.desc())
    rows = await query.offset(KEPT_OF_PERSON).limit(ROWS_AT_ONCE).tuples().aio_execute()
    if rows:
        await Notice.delete().where(Notice.id.in_([notice_id for (notice_id,) in rows])).aio_execute()


async def erase_notices(account: DeletedAccount) -> AsyncGenerator[None, None]:
    """What somebody was told, what they caused, and how they wanted it."""
    for condition in (Notice.user_id == account.user_id, Notice.by_id == account.user_id):
        while (await remove_some(condition)).user_ids:
            yield
    for table in (NoticeSettings, NoticeKeyword, NoticeDelivery):
        await table.delete().where(table.user_id == account.user_id).aio_execute()
        yield


async def end_waiting() -> None:
    """After the database was restored from a backup: what waited then was told since, and what wasn't decided
    was decided. The devices are those of sessions that have ended."""
    change: dict[str, Any] = {"state": CANCELLED, "detail": "restored", "at": now_ms()}
    await NoticeDelivery.update(change).where(NoticeDelivery.state == WAITING).aio_execute()
    for table in (NoticeJob, PushClosing, PushDevice):
        await table.delete().aio_execute()
    # SQLite needs a condition, lest ON CONFLICT be one of a join.
    rooms = Room.select(Room.id, Room.last_seq, peewee.Value(0)).where(Room.id > 0)
    columns = [NoticeProgress.room_id, NoticeProgress.seq, NoticeProgress.after_id]
    kept = {column: getattr(peewee.EXCLUDED, column.column_name) for column in columns[1:]}
    insert = NoticeProgress.insert_from(rooms, columns)
    await insert.on_conflict(conflict_target=[NoticeProgress.room_id], update=kept).aio_execute()


async def remove_between(one: int, other: int) -> Callable[[], None] | None:
    """In the transaction that blocks one of them. Nobody has more than KEPT_OF_PERSON, and a few."""
    for user_id, by_id in ((one, other), (other, one)):
        await Notice.delete().where(Notice.user_id == user_id, Notice.by_id == by_id).aio_execute()
    return None
