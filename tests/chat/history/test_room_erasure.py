"""What remains of a deleted room once its time is over: nothing."""

import asyncio
from typing import Any

import peewee
import pytest

from chat import models
from chat.actions.editing import amend
from chat.actions.order.moderation import clear
from chat.actions.rooms.deleted_rooms import delete_room, restore_room
from chat.drafts import Draft, Mentioned
from chat.engine import Engine
from chat.errors import ActionError
from chat.models import DeletedRoom, Member, Mention, Message, MessageVersion, Reaction, Room, RoomName
from chat.personal_data import room_erasure
from chat.personal_data.purge import Purge
from chat.personal_data.room_erasure import ROOM_TABLES, erase_deleted_rooms
from chat.requests import Edit, React
from chat.roles import Role
from tests.chat.history.conftest import ALICE, BOB
from tests.chat.history.test_journal import append
from tests.chat.history.test_purge import _everything, database, engine
from tests.support.people import PATIENCE

__all__ = ["database", "engine"]

SECRET = "the 5ecret of the cellar"


async def _goes_on(began: float) -> bool:
    return True


async def _fill(engine: Engine, count: int) -> None:
    await Member.update(role=Role.OWNER).where(Member.user == ALICE.id).aio_execute()
    for number in range(1, count + 1):
        mentions = (Mentioned(2, "bob"),) if number % 3 else ()
        await append(engine.journal, Draft(1, ALICE, f"n{number}", f"{SECRET} {number}", mentions=mentions))
    await amend(engine, 1, BOB, React(1, "🎉", True))
    await amend(engine, 1, ALICE, Edit(2, f"{SECRET}, otherwise"))
    await append(engine.journal, Draft(2, ALICE, "elsewhere", "elsewhere", mentions=(Mentioned(2, "bob"),)))


async def _delete(engine: Engine) -> None:
    await delete_room(engine, 1, ALICE, "r1", "", "delete")


async def _is_due(seconds: int = 1) -> None:
    await DeletedRoom.update(due_at=DeletedRoom.deleted_at - seconds * 1000).aio_execute()


async def test_nothing_remains_and_the_rest_is_whole(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_erasure, "LINES_AT_ONCE", 7)
    await _fill(engine, 30)
    await clear(engine, 1, ALICE, "tidy", "clear")
    await _delete(engine)
    await erase_deleted_rooms(engine, _goes_on)
    assert await Message.select().where(Message.room_id == 1).aio_count() == 32, "it isn't due yet"
    await _is_due()
    await erase_deleted_rooms(engine, _goes_on)
    own = (Message, Mention, MessageVersion, Reaction, DeletedRoom)
    tables: list[tuple[Any, Any]] = [(one.room_id, one) for one in own]
    tables += [(column, table) for table, column, _ in ROOM_TABLES]
    tables += [(RoomName.room, RoomName), (Room.id, Room)]
    for column, table in tables:
        assert not await table.select().where(column == 1).aio_count(), table
    assert SECRET not in await _everything(engine.database)
    assert await Message.select().where(Message.room_id == 2).aio_count() == 1
    assert await Mention.select().where(Mention.room_id == 2).aio_count() == 1
    assert await Member.select().where(Member.room == 2).aio_count() == 2


async def test_it_goes_on_after_a_crash_and_is_never_restored_then(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_erasure, "LINES_AT_ONCE", 5)
    await _fill(engine, 20)
    await _delete(engine)
    await _is_due()
    steps = iter([True, False])

    async def ends_soon(began: float) -> bool:
        return next(steps)

    await erase_deleted_rooms(engine, ends_soon)
    assert 0 < await Message.select().where(Message.room_id == 1).aio_count() < 20
    await DeletedRoom.update(due_at=2**52).aio_execute()
    with pytest.raises(ActionError) as error:
        await restore_room(engine, 1, ALICE, "restore")
    assert error.value.code == "too_late"
    await _is_due()
    task = asyncio.create_task(Purge(engine).run())
    async with asyncio.timeout(PATIENCE):
        while await Room.select().where(Room.id == 1).aio_count():
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_restores_it_in_that_moment_has_it_whole(engine: Engine) -> None:
    """It was due when the task looked, and is restored when the journal comes to it."""
    await _fill(engine, 3)
    await _delete(engine)
    await restore_room(engine, 1, ALICE, "restore")
    assert not await room_erasure._begin(engine, 1)
    await erase_deleted_rooms(engine, _goes_on)
    assert await Message.select().where(Message.room_id == 1, Message.number.is_null(False)).aio_count() == 3


def test_no_table_of_rooms_is_forgotten() -> None:
    own = {one.__name__ for one in (Message, Mention, MessageVersion, Reaction, DeletedRoom, RoomName)}
    listed = {table.__name__ for table, _, _ in ROOM_TABLES}
    known = own | listed
    found = {
        table.__name__
        for table in vars(models).values()
        if isinstance(table, type)
        and issubclass(table, peewee.Model)
        and any(field.column_name == "room_id" for field in table._meta.sorted_fields)
    }
    assert found == known
