"""A process that is killed in the middle of a call to many loses nobody, and two tell nobody twice."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peewee_async.databases import AioDatabase

from accounts.models import User
from bench.clients.guests import Seats
from bench.seed import seed
from chat.models import Message, Room
from helpers.clock import now_ms
from helpers.db.database import fetch, open_database
from notifications.people import AT_ONCE
from notifications.push.models import PushDevice
from notifications.rooms import RoomDecider
from tests.support.databases import new_sqlite

MEMBERS = 3 * AT_ONCE + 7
ROOM = 1
DEVICES = 20


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AioDatabase]:
    """Somebody has called all members of a room."""
    url = new_sqlite(tmp_path / "aiochat.db")
    await seed(Seats(1, MEMBERS, 1, 0), [0], url, "")
    database = open_database(url)
    post = {"room_id": ROOM, "seq": 1, "changed_seq": 1, "number": 1, "kind": "post", "author_id": 1}
    await Message.insert(**post, nonce="one", text="@all", at=now_ms(), mentions="-1").aio_execute()
    await Room.update(last_seq=1, posts=1).aio_execute()
    device = {"session_id": "", "endpoint": "", "browser_key": "", "auth": "", "name": "", "made_at": 0}
    people = list(await User.select(User.id).where(User.id > 1).limit(DEVICES).tuples().aio_execute())
    devices = [
        {**device, "user_id": user_id, "endpoint_hash": str(user_id), "used_at": 0} for (user_id,) in people
    ]
    await PushDevice.insert_many(devices).aio_execute()
    try:
        yield database
    finally:
        await database.aio_close()


async def counted(database: AioDatabase) -> list[tuple[int, int]]:
    """How many notices there are, and of how many people."""
    return await fetch(database, "SELECT COUNT(*), COUNT(DISTINCT user_id) FROM notices")


async def decide(decider: RoomDecider) -> None:
    is_more = True
    while is_more:
        _, is_more = await decider.step(ROOM)
        await asyncio.sleep(0)


async def test_another_process_goes_on_where_one_was_killed(database: AioDatabase) -> None:
    killed = RoomDecider(database, takes_mail=False)
    changed, is_more = await killed.step(ROOM)
    assert is_more
    assert await counted(database) == [(len(changed.user_ids), AT_ONCE - 1)]
    await decide(RoomDecider(database, takes_mail=False))
    assert await counted(database) == [(MEMBERS - 1, MEMBERS - 1)]
    assert await fetch(database, "SELECT seq FROM notice_progress") == [(1,)]
    # Whoever was killed comes back late, and tells nobody again.
    await decide(killed)
    assert await counted(database) == [(MEMBERS - 1, MEMBERS - 1)]
    rows = await fetch(database, "SELECT COUNT(*), COUNT(DISTINCT notice_id) FROM notice_deliveries")
    assert rows == [(DEVICES, DEVICES)], "for whoever has no device nothing waits"


async def test_two_at_once_tell_nobody_twice(database: AioDatabase) -> None:
    deciders = [RoomDecider(database, takes_mail=False) for _ in range(2)]
    await asyncio.gather(
        *(asyncio.create_task(decide(one), context=contextvars.Context()) for one in deciders)
    )
    assert await counted(database) == [(MEMBERS - 1, MEMBERS - 1)]
