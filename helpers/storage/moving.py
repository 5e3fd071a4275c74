"""Contents that are in columns of tables, from the time before there was a store: they are read from
either place, and moved to the store in the background."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import peewee
from aiohttp import web

from helpers.db.base import Base
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.storage.blobs import Blob, keep
from helpers.storage.store import STORE, StorageError, Store
from helpers.tasks import cancel_all
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.storage")

CLAIM_SECONDS = 60.0
ROWS_AT_ONCE = 20
PAUSE_FACTOR = 3.0
"""The pause after some rows, in multiples of what they took."""

EVERY_SECONDS = 60.0
"""A process of the former release may go on for some time after the migration."""


@dataclass(frozen=True)
class Place:
    """A table whose contents are in the store (`blob_id`) or still in the column `data`; `key` are the
    columns that tell one of its contents from all others."""

    model: type[Base]
    data: Any
    key: tuple[Any, ...]

    @property
    def blob_id(self) -> Any:
        return self.model._meta.fields["blob_id"]

    async def read(self, store: Store, where: Any) -> bytes | None:
        """The content of a row, None where there is none. Raises StorageError."""
        query = self.model.select(self.data, Blob.key).left_outer_join(Blob, on=(Blob.id == self.blob_id))
        for data, key in await query.where(where).tuples().aio_execute():
            return await store.read(key) if key is not None else bytes(data)
        return None

    def used(self) -> Any:
        """A query of the bytes of all that it is narrowed to, with Blob joined."""
        size = peewee.fn.COALESCE(Blob.size, peewee.fn.LENGTH(self.data))
        query = self.model.select(peewee.fn.COALESCE(peewee.fn.SUM(size), 0))
        return query.left_outer_join(Blob, on=(Blob.id == self.blob_id))

    @property
    def is_left(self) -> Any:
        return self.blob_id.is_null()


PLACES = web.AppKey("places_of_contents", list[Place])


class Mover:
    """The task of one process; one of all at a time does something."""

    def __init__(self, store: Store, places: list[Place]) -> None:
        self._store = store
        self._places = places
        self._claim = Claim("moving", CLAIM_SECONDS)
        self._moved = 0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                if await self._claim.hold():
                    await self.move_all()
            except StorageError as error:
                log.warning("pictures aren't moved to the store yet: %s", one_line(error))
            except Exception as error:
                if is_unavailable(error):
                    log.warning("pictures aren't moved to the store yet: %s", one_line(error))
                else:
                    log.exception("pictures can't be moved to the store")
            await asyncio.sleep(EVERY_SECONDS)

    async def move_all(self) -> None:
        """Moves all that is left, in small steps; whoever comes next goes on where this one was."""
        if not await self._left():
            return
        log.info("%d pictures are being moved from the database to the store", await self._left())
        for place in self._places:
            while True:
                began = time.monotonic()
                if not await self.move_some(place) or not await self._claim.hold():
                    break
                await asyncio.sleep(PAUSE_FACTOR * (time.monotonic() - began))
        log.info("%d pictures were moved to the store, %d are left", self._moved, await self._left())

    async def _left(self) -> int:
        return sum(
            [await one.model.select().where(one.is_left).aio_count() for one in self._places],
        )

    async def move_some(self, place: Place) -> int:
        """Moves a few. Returns how many there were."""
        query = place.model.select(*place.key, place.data).where(place.is_left).order_by(*place.key)
        rows = await query.limit(ROWS_AT_ONCE).tuples().aio_execute()
        for *key, data in rows:
            blob_id = await keep(self._store, bytes(data))
            # It may have been replaced or erased meanwhile; then nothing refers to the content.
            is_this = place.is_left
            for column, value in zip(place.key, key, strict=True):
                is_this &= column == value
            change = {place.blob_id: blob_id, place.data: b""}
            self._moved += await place.model.update(change).where(is_this).aio_execute()
        return len(rows)


async def run_mover(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`."""
    task = asyncio.create_task(Mover(app[STORE], app[PLACES]).run(), name="moving")
    yield
    await cancel_all([task])
