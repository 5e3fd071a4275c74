"""Pictures that are in the database, from before there was a store, are moved to it: bit by bit, whatever
happens meanwhile; and what nobody has any more goes from the store."""

import io
from typing import Any

import pytest

from accounts import site_logo
from accounts.models import Picture, SiteLogo, User
from accounts.people import pictures as people
from chat.actions import previews
from chat.actions.rooms import room_pictures
from chat.attachments.attachments import Attachments
from chat.engine import Engine
from chat.models import PreviewPicture, Room, RoomPicture
from feed import pictures as feed
from feed.models import Picture as FeedPicture
from feed.models import PictureFile, Post
from helpers.storage import moving
from helpers.storage.blobs import Blob, hold, keep
from helpers.storage.moving import Mover
from helpers.storage.store import StorageError, Store
from tests.chat.attachments.test_erasure import attachments, database, engine, objects, send, sweep

__all__ = ["attachments", "database", "engine"]

PLACES = [people.PLACE, room_pictures.PLACE, feed.PLACE, previews.PLACE, site_logo.PLACE]
SIZES = (64, 128, 256)


def content(name: str, size: int = 0) -> bytes:
    return f"{name} {size}".encode() * 3


async def fill() -> int:
    """As the former release has stored them. Returns the id of a picture of the feed."""
    for size in SIZES:
        row = {"size": size, "version": 7, "data": content("alice", size)}
        await Picture.insert(row | {"user_id": 1}).aio_execute()
        # The same picture, by somebody else.
        await Picture.insert(row | {"user_id": 2}).aio_execute()
        row["data"] = content("room", size)
        await RoomPicture.insert(row | {"room_id": 1}).aio_execute()
    await Room.update(picture=7).where(Room.id == 1).aio_execute()
    post = {"author_id": 1, "text": "", "html": "", "at": 1, "likes": 0, "comments": 0}
    post_id = await Post.insert(post).aio_execute()
    shown = {"post_id": post_id, "place": 0, "width": 640, "height": 1, "alt": ""}
    picture_id = int(await FeedPicture.insert(shown).aio_execute())
    file = {"picture_id": picture_id, "size": 640, "data": content("feed")}
    await PictureFile.insert(file).aio_execute()
    await SiteLogo.insert(size=64, version=7, data=content("logo")).aio_execute()
    card = {"id": "ab" * 16, "room_id": 1, "seq": 1, "picture": content("card")}
    await PreviewPicture.insert(card).aio_execute()
    return picture_id


async def read_all(store: Store, picture_id: int) -> list[bytes | None]:
    alice, room = await User.aio_get(User.id == 1), await Room.aio_get(Room.id == 1)
    return [
        *[await people.read_picture(store, alice, size) for size in SIZES],
        *[await room_pictures.read_picture(store, room, size) for size in SIZES],
        await feed.read(store, picture_id, 640),
        await previews.PLACE.read(store, PreviewPicture.id == "ab" * 16),
        await site_logo.read_logo(store, 64, 7),
    ]


ALL = [
    *[content("alice", size) for size in SIZES],
    *[content("room", size) for size in SIZES],
    content("feed"),
    content("card"),
    content("logo"),
]


class Failing:
    """A store that takes so many objects and no more."""

    def __init__(self, store: Any, most: int) -> None:
        self.store, self.left = store, most

    async def put_async(self, *args: Any, **options: Any) -> Any:
        if not self.left:
            raise OSError("no connection")
        self.left -= 1
        return await self.store.put_async(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


async def test_all_is_moved_and_can_be_read_all_the_time(engine: Engine, attachments: Attachments) -> None:
    store, picture_id = attachments.store, await fill()
    before = await people.stored_bytes(1), await feed.used_bytes(1)
    assert await read_all(store, picture_id) == ALL
    # It ends in the middle, again and again: with the store, or as a process is killed.
    for most in (0, 1, 1):
        with pytest.raises(StorageError):
            await Mover(Store(Failing(store._store, most)), PLACES).move_all()
        assert await read_all(store, picture_id) == ALL
    assert 0 < await Picture.select().where(Picture.blob_id.is_null()).aio_count() < 6
    await Mover(store, PLACES).move_all()
    assert await read_all(store, picture_id) == ALL
    assert (await people.stored_bytes(1), await feed.used_bytes(1)) == before
    for place in PLACES:
        for data, blob_id in await place.model.select(place.data, place.blob_id).tuples().aio_execute():
            assert (bytes(data), blob_id is None) == (b"", False), "the database holds none"
    refs = {len(ALL): 0} | {one.refs: 0 for one in await Blob.select().aio_execute()}
    assert set(refs) >= {1, 2}, "what two people have is there once"
    await Mover(store, PLACES).move_all()
    await Blob.update(at=0).where(Blob.state == "new").aio_execute()
    await sweep(attachments)
    assert len(await objects(attachments)) == len(ALL)


async def test_what_nobody_has_any_more_is_erased(engine: Engine, attachments: Attachments) -> None:
    picture_id = await fill()
    await Mover(attachments.store, PLACES).move_all()
    await send(attachments, content("alice", 64))
    await Blob.update(until=0).aio_execute()
    await Picture.delete().where(Picture.user_id == 1).aio_execute()
    await sweep(attachments)
    assert len(await objects(attachments)) == len(ALL), "bob has the same one"
    await Picture.delete().where(Picture.user_id == 2).aio_execute()
    await sweep(attachments)
    assert len(await objects(attachments)) == len(ALL) - 2, "a file has the smallest"
    await RoomPicture.delete().where(RoomPicture.room_id == 1).aio_execute()
    # The database deletes a post's pictures with it.
    await Post.update(deleted_at=5).aio_execute()
    assert await feed.read(attachments.store, picture_id, 640) is None
    await PreviewPicture.delete().where(PreviewPicture.id == "ab" * 16).aio_execute()
    await SiteLogo.delete().where(SiteLogo.version == 7).aio_execute()
    await sweep(attachments)
    assert len(await objects(attachments)) == 1


async def test_one_that_is_replaced_while_it_is_moved_stays_replaced(
    engine: Engine, attachments: Attachments, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill()
    alice = await User.aio_get(User.id == 1)
    new = await keep(attachments.store, b"new")

    async def replaced(store: Store, data: bytes) -> int:
        await people.save_picture(engine.database, alice, {64: new})
        return await keep(store, data)

    monkeypatch.setattr(moving, "keep", replaced)
    await Mover(attachments.store, [people.PLACE]).move_all()
    assert await people.read_picture(attachments.store, alice, 64) == b"new"
    assert await people.read_picture(attachments.store, alice, 128) is None
    refs = await Blob.select(Blob.refs).where(Blob.id == new).aio_scalar()
    assert refs == 1


async def test_a_content_that_was_kept_waits_for_what_refers_to_it(
    engine: Engine, attachments: Attachments
) -> None:
    blob_id = await keep(attachments.store, b"soon")
    await sweep(attachments)
    assert len(await objects(attachments)) == 1
    assert await keep(attachments.store, b"soon") == blob_id
    await Blob.update(until=0).aio_execute()
    assert await hold(blob_id)
    await sweep(attachments)
    assert await attachments.store.read((await Blob.aio_get()).key) == io.BytesIO(b"soon").read()
    await Blob.update(until=0).aio_execute()
    await sweep(attachments)
    assert await objects(attachments) == []
    assert not await hold(blob_id)
