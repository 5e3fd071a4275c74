"""By whatever way a message goes for good, its files go from the store: not before an undo is over, not
while they are held, and not while another message has the same content."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from accounts.keys import DeletedAccount
from accounts.models import User
from accounts.people.site_acts import SiteActor
from chat.actions.editing import amend
from chat.actions.order import deleting, moderation
from chat.actions.rooms.deleted_rooms import delete_room
from chat.actions.rooms.retention import SITE_RETENTION
from chat.actions.undo import undo
from chat.attachments.attachments import Attachments
from chat.attachments.ending import erase_uploads
from chat.drafts import Draft, FileRef
from chat.engine import Engine
from chat.history.writing.transaction import UNDO_SECONDS
from chat.models import Clearing, DeletedRoom, File, Member, Message, Room, Upload
from chat.personal_data.erasure import erase_from_chat
from chat.personal_data.holds import hold, release
from chat.personal_data.purge import Purge
from chat.personal_data.retention import Retention
from chat.personal_data.room_erasure import erase_deleted_rooms
from chat.requests import Delete
from chat.roles import Role
from helpers.db.leases import Lease
from tests.chat.attachments.test_erasure import attachments, database, engine, objects, post, send, sweep
from tests.chat.history.conftest import ALICE, BOB
from tests.chat.history.test_journal import append

__all__ = ["attachments", "database", "engine"]

DAY = 86_400_000
SECONDS = 30
SHELL = SiteActor(None, "root")


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    yield
    SITE_RETENTION.follow(lambda: (0, 0))


async def _bob_owns() -> None:
    await Member.update(role=Role.OWNER).where(Member.user == BOB.id).aio_execute()


async def _undone(engine: Engine, act: int | None) -> None:
    """A moderator takes it back, and the files are there; then it is done again by the caller."""
    assert act is not None
    await undo(engine, 1, BOB, act, "", f"undo {act}")


async def _long_ago() -> None:
    change = Message.update(deleted_at=Message.deleted_at - UNDO_SECONDS * 1000 - 1)
    await change.where(Message.deleted_at.is_null(False)).aio_execute()
    await Clearing.update(due_at=1).aio_execute()
    await DeletedRoom.update(due_at=DeletedRoom.deleted_at - 1).aio_execute()


async def _by_a_moderator(engine: Engine) -> None:
    await _undone(engine, (await amend(engine, 1, BOB, Delete(1))).act)
    await amend(engine, 1, BOB, Delete(1))


async def _by_purge(engine: Engine) -> None:
    alice = await User.aio_get(User.id == ALICE.id)
    await _undone(engine, (await deleting.purge(engine, 1, BOB, alice, 3600, "", "first")).act)
    await deleting.purge(engine, 1, BOB, alice, 3600, "", "again")


async def _by_clearing(engine: Engine) -> None:
    await _undone(engine, (await moderation.clear(engine, 1, BOB, "", "first")).act)
    await moderation.clear(engine, 1, BOB, "", "again")


async def _with_the_room(engine: Engine) -> None:
    await delete_room(engine, 1, BOB, "r1", "", "delete")


async def _by_age(engine: Engine) -> None:
    await Room.update(retention_days=7, retention_since=0).where(Room.id == 1).aio_execute()
    await Message.update(at=Message.at - 30 * DAY).where(Message.room_id == 1).aio_execute()


async def _with_the_account(engine: Engine) -> None:
    async for _ in erase_from_chat(engine, DeletedAccount(ALICE.id, "alice", removes=True)):
        pass


Way = Callable[[Engine], Awaitable[None]]
UNDOABLE: list[Way] = [_by_a_moderator, _by_purge, _by_clearing, _with_the_room]
WAYS: list[Way] = [*UNDOABLE, _by_age, _with_the_account]


async def _works(engine: Engine, attachments: Attachments) -> None:
    """All that runs in the background, once."""
    await Lease.update(until=0).aio_execute()
    purge = Purge(engine)
    assert await purge._claim.hold()
    await purge._purge_deleted()
    await purge._purge_cleared()
    await erase_deleted_rooms(engine, purge._step_done)
    await Retention(engine).run_once()
    await sweep(attachments)


async def _is_gone(engine: Engine, attachments: Attachments) -> None:
    async with asyncio.timeout(SECONDS):
        while await objects(attachments):
            await _works(engine, attachments)
    assert not await File.select().aio_exists()


@pytest.mark.parametrize("way", WAYS)
async def test_a_file_goes_with_its_message(engine: Engine, attachments: Attachments, way: Way) -> None:
    await _bob_owns()
    await post(engine, await send(attachments))
    await way(engine)
    if way in UNDOABLE:
        await _works(engine, attachments)
        assert len(await objects(attachments)) == 1, "it can be taken back"
    await _long_ago()
    await _is_gone(engine, attachments)


@pytest.mark.parametrize("way", WAYS)
async def test_another_message_keeps_the_content(engine: Engine, attachments: Attachments, way: Way) -> None:
    await _bob_owns()
    await post(engine, await send(attachments))
    other = await send(attachments, owner_id=BOB.id)
    await append(engine.journal, Draft(2, BOB, "other", "", files=(FileRef(other),)))
    await way(engine)
    await _long_ago()
    async with asyncio.timeout(SECONDS):
        while await File.select().aio_count() > 1:
            await _works(engine, attachments)
    await _works(engine, attachments)
    assert [file.id for file in await File.select().aio_execute()] == [other]
    assert len(await objects(attachments)) == 1


@pytest.mark.parametrize(("way", "subject"), list(zip(WAYS, ["person", "room"] * 3, strict=True)))
async def test_a_hold_keeps_it(engine: Engine, attachments: Attachments, way: Way, subject: str) -> None:
    await _bob_owns()
    await post(engine, await send(attachments))
    held = await (User.aio_get(User.id == ALICE.id) if subject == "person" else Room.aio_get(Room.id == 1))
    await hold(engine, SHELL, held, "a court asked")
    await way(engine)
    await _long_ago()
    await _works(engine, attachments)
    assert len(await objects(attachments)) == 1
    assert await File.select().aio_count() == 1
    await release(engine, SHELL, held)
    if way is _with_the_account:
        await way(engine)
    await _long_ago()
    await _is_gone(engine, attachments)


async def test_what_a_deleted_account_did_not_post(engine: Engine, attachments: Attachments) -> None:
    await send(attachments)
    half = await attachments.create(ALICE.id, "half", 10)
    assert await Upload.select().aio_count() == 2
    async for _ in erase_uploads(attachments, DeletedAccount(ALICE.id, "alice", removes=False)):
        pass
    assert not await Upload.select().where(Upload.id == half.id).aio_exists()
    await _is_gone(engine, attachments)
