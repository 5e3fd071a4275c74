"""Contents that are stored once, however often they are kept, found by their SHA-256, and erased when
nothing refers to them any more.

A blob is written before anything refers to it, and its object is deleted after nothing can any more.
Every blob has a key of its own: where the same content comes again while the former one is being
erased, it is stored anew, and neither gets in the other's way. `refs` is counted by the database
itself (migration 0043), whoever adds and deletes what refers to a blob."""

import asyncio
import hashlib
import io
import secrets
from collections.abc import Mapping
from typing import IO, Any

import peewee
from peewee_async.databases import AioDatabase

from helpers.clock import now_ms
from helpers.db.base import Base
from helpers.storage.store import StorageError, Store

CHUNK = 1024 * 1024
NEW, STORED, DEAD = "new", "stored", "dead"

UNUSED_SECONDS = 3600
"""For so long a blob that nothing refers to yet may still be under way."""

HELD_SECONDS = 900
"""For so long a content that was kept may wait for the transaction that refers to it."""

ERASED_AT_ONCE = 100


class Blob(Base):
    """`size` is that of the content and of its variants together. `variants` are the names of objects
    that are made of the content, such as thumbnails, separated by commas. It stays until `until`, also
    where nothing refers to it."""

    sha256 = peewee.TextField()
    key = peewee.TextField()
    size = peewee.BigIntegerField()
    variants = peewee.TextField()
    state = peewee.TextField()
    refs = peewee.BigIntegerField(default=0)
    at = peewee.BigIntegerField()
    until = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "blobs"


def digest(file: IO[bytes]) -> str:
    """The SHA-256 of a file, in hexadecimal. It is read from its start, and left there."""
    found = hashlib.sha256()
    file.seek(0)
    while piece := file.read(CHUNK):
        found.update(piece)
    file.seek(0)
    return found.hexdigest()


def variant_key(key: str, variant: str) -> str:
    return f"{key}-{variant}" if variant else key


async def store_blob(
    store: Store, content: IO[bytes], size: int, variants: Mapping[str, bytes] | None = None
) -> tuple[str, int | None]:
    """Stores a content, unless it is there. Returns its SHA-256, and the id of a new blob; None where
    there is one. `take_blob` then refers to it. Raises StorageError."""
    sha256 = await asyncio.to_thread(digest, content)
    is_there = (Blob.sha256 == sha256) & (Blob.state == STORED)
    if await Blob.select(Blob.id).where(is_there).tuples().aio_execute():
        return sha256, None
    return sha256, await _store_anew(store, sha256, content, size, variants or {})


async def _store_anew(
    store: Store, sha256: str, content: IO[bytes], size: int, variants: Mapping[str, bytes]
) -> int:
    key = f"blobs/{sha256[:2]}/{sha256}-{secrets.token_hex(4)}"
    row: dict[str, Any] = {"sha256": sha256, "key": key, "state": NEW, "at": now_ms()}
    row |= {"size": size + sum(map(len, variants.values())), "variants": ",".join(variants)}
    blob_id = int(await Blob.insert(row).aio_execute())
    for name, data in variants.items():
        await store.put(variant_key(key, name), data)
    await store.put(key, content)
    return blob_id


async def take_blob(sha256: str, blob_id: int | None) -> int | None:
    """The id of the blob of this content, which something may refer to from now on: call it in the
    transaction that stores what does. `blob_id` is that of a new blob. None where it has been erased in
    between: then store it anew."""
    is_there = (Blob.sha256 == sha256) & (Blob.state == STORED)
    # Whoever erases it waits for this transaction, and sees then that it is referred to.
    found = await Blob.update(at=now_ms()).where(is_there).returning(Blob.id).aio_execute()
    for row in found:
        return int(row.id)
    if blob_id is None:
        return None
    is_new = (Blob.id == blob_id) & (Blob.state == NEW)
    return blob_id if await Blob.update(state=STORED).where(is_new).aio_execute() else None


async def keep(store: Store, content: bytes) -> int:
    """Stores a small content, unless it is there, and returns the id of its blob, which something may
    refer to within HELD_SECONDS. Call it outside a transaction. Raises StorageError."""
    for _ in range(3):
        sha256, blob_id = await store_blob(store, io.BytesIO(content), len(content))
        change = {"at": now_ms(), "until": now_ms() + HELD_SECONDS * 1000, "state": STORED}
        is_there = (Blob.sha256 == sha256) & (Blob.state == STORED)
        if found := await Blob.update(change).where(is_there).returning(Blob.id).aio_execute():
            return int(found[0].id)
        try:
            is_new = (Blob.id == blob_id) & (Blob.state == NEW)
            if await Blob.update(change).where(is_new).aio_execute():
                return int(blob_id or 0)
        except peewee.IntegrityError:
            # The same content was stored in this moment.
            continue
    raise StorageError("a blob was erased three times while it was stored")


async def keep_all(store: Store, contents: Mapping[int, bytes]) -> dict[int, int]:
    """The same for several, by whatever tells them apart. Raises StorageError."""
    return {key: await keep(store, content) for key, content in contents.items()}


async def hold(blob_id: int) -> bool:
    """Has a content stay for HELD_SECONDS. False where it is gone."""
    is_there = (Blob.id == blob_id) & (Blob.state == STORED)
    return bool(await Blob.update(until=now_ms() + HELD_SECONDS * 1000).where(is_there).aio_execute())


async def erase_unused(database: AioDatabase, store: Store) -> int:
    """Erases some blobs that nothing refers to. Returns how many. It can be called at any time, by any
    process, and goes on with what is left. Raises StorageError."""
    is_old = Blob.at < now_ms() - UNUSED_SECONDS * 1000
    is_over = (Blob.state == STORED) & (Blob.until < now_ms())
    is_unused = (is_over | ((Blob.state == NEW) & is_old)) & (Blob.refs == 0)
    unused = Blob.select(Blob.id).where(Blob.refs == 0, is_unused).limit(ERASED_AT_ONCE)
    for (blob_id,) in await unused.tuples().aio_execute():
        # Decided again in this moment, when nobody is adding what refers to it.
        await Blob.update(state=DEAD).where(Blob.id == blob_id, is_unused).aio_execute()
    dead = Blob.select(Blob.id, Blob.key, Blob.variants).where(Blob.refs == 0, Blob.state == DEAD)
    erased = 0
    for blob_id, key, variants in await dead.limit(ERASED_AT_ONCE).tuples().aio_execute():
        names = ["", *(variants.split(",") if variants else ())]
        await store.delete([variant_key(key, name) for name in names])
        await Blob.delete().where(Blob.id == blob_id).aio_execute()
        erased += 1
    return erased
