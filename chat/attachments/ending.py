"""Erases what is over: uploads that weren't posted within their time, and contents that no message
refers to any more. Every process runs this; one at a time does something, and goes on where another one
was."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from typing import Any

from accounts.keys import DeletedAccount
from chat.attachments.attachments import PARTS, Attachments
from chat.history.writing.files import refs_of_held
from chat.models import File, HeldPost, Hold, Upload
from helpers.clock import now_ms
from helpers.db.database import is_unavailable
from helpers.db.leases import Claim
from helpers.storage.blobs import erase_unused
from helpers.storage.store import StorageError
from helpers.text.characters import one_line

log = logging.getLogger("aiochat.files")

CLAIM_SECONDS = 60.0
ROWS_AT_ONCE = 100

PARTS_KEPT_SECONDS = 2 * 24 * 3600
"""A part that is older belongs to no upload: a process was killed while it stored it."""

LOOK_FOR_PARTS_SECONDS = 3600.0


class Sweeper:
    """The task of one process."""

    def __init__(self, attachments: Attachments, every: float) -> None:
        self._attachments = attachments
        self._every = every
        self._claim = Claim("files", CLAIM_SECONDS)
        self._look_for_parts_at = 0.0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                if await self._claim.hold():
                    await self.run_once()
            except StorageError as error:
                log.warning("files aren't erased yet: %s", one_line(error))
            except Exception as error:
                if is_unavailable(error):
                    log.warning("files aren't erased yet: %s", one_line(error))
                else:
                    log.exception("files can't be erased")
            await asyncio.sleep(self._every)

    async def run_once(self) -> None:
        attachments, now = self._attachments, now_ms()
        people = Hold.select(Hold.subject_id).where(Hold.kind == "person")
        while await self._end_uploads((Upload.until <= now) & Upload.owner_id.not_in(people)):
            await self._claim.hold()
        is_over = File.until.is_null(False) & (File.until <= now) & File.room_id.is_null()
        query = File.select(File.id).where(is_over, File.owner_id.not_in(people))
        over = {file_id for (file_id,) in await query.tuples().aio_execute()}
        for file_id in over - await _waiting_in_held_rooms() if over else ():
            await File.delete().where(is_over, File.id == file_id).aio_execute()
        while await erase_unused(attachments.database, attachments.store):
            await self._claim.hold()
        if time.monotonic() >= self._look_for_parts_at:
            self._look_for_parts_at = time.monotonic() + LOOK_FOR_PARTS_SECONDS
            await attachments.store.delete_old(PARTS, PARTS_KEPT_SECONDS)

    async def _end_uploads(self, are_over: Any) -> bool:
        uploads = list(await Upload.select().where(are_over).limit(ROWS_AT_ONCE).aio_execute())
        for upload in uploads:
            await self._attachments.end(upload)
        return bool(uploads)


async def _waiting_in_held_rooms() -> set[str]:
    """The files of posts that a filter held in rooms of which nothing is erased."""
    rooms = Hold.select(Hold.subject_id).where(Hold.kind == "room")
    query = HeldPost.select(HeldPost.files).where(HeldPost.room_id.in_(rooms), HeldPost.files.is_null(False))
    return {ref.id for (files,) in await query.tuples().aio_execute() for ref in refs_of_held(files)}


async def erase_uploads(attachments: Attachments, account: DeletedAccount) -> AsyncGenerator[None, None]:
    """An eraser, see accounts.keys.ERASERS: of what wasn't posted. Files of messages stay or go with
    these."""
    if await Hold.aio_get_or_none(Hold.kind == "person", Hold.subject_id == account.user_id):
        # They end by their time, when the hold does.
        return
    is_theirs = Upload.owner_id == account.user_id
    while uploads := list(await Upload.select().where(is_theirs).limit(ROWS_AT_ONCE).aio_execute()):
        for upload in uploads:
            await attachments.end(upload)
            yield
    await File.delete().where(File.owner_id == account.user_id, File.room_id.is_null()).aio_execute()
    yield


async def forget_uploads() -> None:
    """Ends the uploads that are under way, after a restore from a backup: it has none of their parts."""
    await Upload.delete().where(Upload.state.in_(("open", "whole"))).aio_execute()
