"""When nothing refers to a content any more it is erased, and not before; whatever happens at the same
time."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from peewee_async.databases import AioDatabase

from chat.actions.editing import UNDELETE_SECONDS, amend
from chat.actions.undo import undo
from chat.attachments.attachments import Attachments, Bounds
from chat.attachments.ending import Sweeper
from chat.attachments.looking import Looker
from chat.drafts import Draft, FileRef, Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.lines import file_views
from chat.history.reading import posts_by_number
from chat.history.writing.erasing import erase
from chat.history.writing.journal import Change
from chat.history.writing.transaction import UNDO_SECONDS
from chat.models import File, FileUsage, Member, Message, Upload
from chat.personal_data.purge import Purge
from chat.requests import Delete, Undelete
from chat.roles import Role
from helpers.clock import now_ms
from helpers.images import PictureMaker
from helpers.storage.blobs import Blob
from helpers.storage.store import StorageError, Store, open_store
from tests.chat.history.conftest import ALICE, BOB
from tests.chat.history.test_journal import append
from tests.chat.history.test_purge import database, engine
from tests.support.people import PATIENCE

__all__ = ["database", "engine"]

CONTENT = b"the same content"


@pytest.fixture
async def attachments(engine: Engine, tmp_path: Path) -> AsyncIterator[Attachments]:
    store = open_store((tmp_path / "files").as_uri())
    pictures = PictureMaker()
    found = Attachments(engine.database, store, Bounds(10_000_000, 20_000_000, None), Looker(pictures, ""))
    yield found
    await pictures.close()
    await found.close()


async def send(attachments: Attachments, data: bytes = CONTENT, owner_id: int = 1) -> str:
    return await attachments.take(owner_id, "a.txt", io.BytesIO(data), len(data))


async def objects(attachments: Attachments) -> list[str]:
    return sorted([one["path"] async for some in attachments.store._store.list() for one in some])


async def sweep(attachments: Attachments) -> None:
    await Sweeper(attachments, 1).run_once()


async def post(engine: Engine, *ids: str, room_id: int = 1, nonce: str = "") -> None:
    files = tuple(FileRef(one) for one in ids)
    await append(engine.journal, Draft(room_id, ALICE, nonce or ids[0], "", files=files))


async def erase_posts(engine: Engine, *numbers: int) -> None:
    async def apply(room: Any) -> Any:
        erase(room, await posts_by_number(1, numbers))
        return Receipt("", room.last_seq)

    await engine.journal.change(Change(1, ALICE, f"erase-{numbers}", apply))


async def test_a_content_is_there_as_long_as_something_refers_to_it(
    engine: Engine, attachments: Attachments
) -> None:
    first, second = await send(attachments), await send(attachments)
    assert len(await objects(attachments)) == 1, "stored once"
    assert [blob.refs for blob in await Blob.select().aio_execute()] == [2]
    await post(engine, first)
    await post(engine, second)
    usage = {one.owner_id: (one.files, one.bytes) for one in await FileUsage.select().aio_execute()}
    assert usage == {1: (2, 2 * len(CONTENT)), 0: (1, len(CONTENT))}
    await erase_posts(engine, 1)
    await sweep(attachments)
    assert len(await objects(attachments)) == 1
    await erase_posts(engine, 2)
    await sweep(attachments)
    assert await objects(attachments) == []
    assert not await Blob.select().aio_exists()
    usage = {one.owner_id: (one.files, one.bytes) for one in await FileUsage.select().aio_execute()}
    assert usage == {1: (0, 0), 0: (0, 0)}


async def test_the_same_content_comes_while_the_last_reference_goes(
    engine: Engine, attachments: Attachments
) -> None:
    """Again and again, all at once: whatever is recorded can be read."""
    kept = []
    for turn in range(12):
        file_id = await send(attachments)
        await Upload.update(until=0).where(Upload.id == file_id).aio_execute()
        found = await asyncio.gather(
            attachments.end(await Upload.aio_get(Upload.id == file_id)),
            *(sweep(attachments) for _ in range(2)),
            *(send(attachments, owner_id=2 + turn) for _ in range(3)),
        )
        kept += found[-3:]
        await sweep(attachments)
        query = File.select(Blob.key).join(Blob, on=(Blob.id == File.blob_id)).where(File.id.in_(kept))
        for (key,) in await query.tuples().aio_execute():
            assert await attachments.store.read(key) == CONTENT
        for one in kept if turn % 2 else ():
            await attachments.end(await Upload.aio_get(Upload.id == one))
        kept = [] if turn % 2 else kept
    await sweep(attachments)
    await Blob.update(at=0).where(Blob.state == "new").aio_execute()
    await sweep(attachments)
    assert not await Blob.select().aio_exists()
    assert await objects(attachments) == []


async def test_what_is_not_posted_ends_after_its_time(engine: Engine, attachments: Attachments) -> None:
    posted, other = await send(attachments, b"posted"), await send(attachments, b"other")
    await post(engine, posted)
    half = await attachments.create(1, "half", 10)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"12345"

    await attachments.append(half, 0, pieces())
    await sweep(attachments)
    assert len(await objects(attachments)) == 3
    await Upload.update(until=1).aio_execute()
    await File.update(until=1).where(File.until.is_null(False)).aio_execute()
    await sweep(attachments)
    assert not await Upload.select().aio_exists()
    assert [file.id for file in await File.select().aio_execute()] == [posted] != [other]
    assert len(await objects(attachments)) == 1


@pytest.mark.parametrize("by", [ALICE, BOB])
async def test_a_deleted_post_of_files_goes_after_the_time_of_undo(
    engine: Engine, attachments: Attachments, by: Person
) -> None:
    file_id = await send(attachments)
    await post(engine, file_id)
    await Member.update(role=Role.OWNER).where(Member.user == BOB.id).aio_execute()
    receipt = await amend(engine, 1, by, Delete(1))
    purge = asyncio.create_task(Purge(engine).run())
    if by == BOB:
        assert receipt.act is not None
        await undo(engine, 1, by, receipt.act, "", "undo")
    else:
        await amend(engine, 1, by, Undelete(1))
    await sweep(attachments)
    [line] = await posts_by_number(1, [1])
    assert line.files is not None
    assert (line.is_deleted, [one.id for one in file_views(line.files)]) == (False, [file_id])
    await amend(engine, 1, by, Delete(1))
    seconds = UNDELETE_SECONDS if by == ALICE else UNDO_SECONDS
    await Message.update(deleted_at=now_ms() - seconds * 1000 - 1).where(Message.number == 1).aio_execute()
    async with asyncio.timeout(PATIENCE):
        while await File.select().aio_exists():
            await asyncio.sleep(0.01)
    purge.cancel()
    await asyncio.gather(purge, return_exceptions=True)
    await sweep(attachments)
    assert await objects(attachments) == []
    assert (await posts_by_number(1, [1]))[0].files is None


class Broken:
    """A store that fails as a full disk or a store that is away does."""

    def __init__(self, store: Any, text: str) -> None:
        self.store, self.text, self.fails = store, text, True

    async def put_async(self, *args: Any, **options: Any) -> Any:
        if self.fails and args[0].startswith("blobs/"):
            raise OSError(self.text)
        return await self.store.put_async(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


async def test_a_store_that_fails_leaves_nothing_half(engine: Engine, attachments: Attachments) -> None:
    broken = Broken(attachments.store._store, "No space left on device (os error 28)")
    attachments.store = Store(broken)
    with pytest.raises(StorageError) as raised:
        await send(attachments)
    assert raised.value.is_full
    assert not await File.select().aio_exists()
    assert not await Upload.select().aio_exists()
    upload = await attachments.create(1, "a", 5)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"hello"

    upload = await attachments.append(upload, 0, pieces())
    await attachments.wait_for(upload)
    state = await attachments.state_of(await Upload.aio_get(Upload.id == upload.id))
    assert (state["ready"], state["offset"]) == (False, 5), "it came"
    assert state["error"] == "There is no more space for files on this site."
    broken.fails = False
    async with asyncio.timeout(PATIENCE):
        while not (found := await attachments.find(1, upload.id)) or found.state != "ready":
            await asyncio.sleep(0.01)
    await Blob.update(at=0).where(Blob.state == "new").aio_execute()
    await sweep(attachments)
    assert [blob.state for blob in await Blob.select().aio_execute()] == ["stored"]


async def test_quotas(engine: Engine, attachments: Attachments, database: AioDatabase) -> None:
    attachments.bounds = Bounds(100, 150, 230)
    with pytest.raises(ActionError, match="at most"):
        await attachments.create(1, "a", 101)
    await send(attachments, b"a" * 100)
    with pytest.raises(ActionError, match="may take"):
        await send(attachments, b"b" * 51)
    await attachments.create(1, "announced", 30)
    with pytest.raises(ActionError, match="may take"):
        await attachments.create(1, "b", 30)
    await send(attachments, b"c" * 100, owner_id=2)
    with pytest.raises(ActionError, match="no more space"):
        await send(attachments, b"d" * 31, owner_id=3)
    await send(attachments, b"a" * 30, owner_id=3)


async def test_a_quota_holds_for_what_comes_at_the_same_moment(
    engine: Engine, attachments: Attachments
) -> None:
    attachments.bounds = Bounds(100, 250, None)
    begun = await asyncio.gather(
        *(attachments.create(1, "a", 100) for _ in range(8)),
        *(attachments.take(1, "b", io.BytesIO(bytes([one]) * 100), 100) for one in range(8)),
        return_exceptions=True,
    )
    refused = [one for one in begun if isinstance(one, BaseException)]
    assert len(refused) == 14
    assert {getattr(one, "code", one) for one in refused} == {"over_quota"}
    # What somebody else does meanwhile isn't theirs.
    assert await attachments.create(2, "c", 100)
