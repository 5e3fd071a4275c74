"""Takes files: in parts that may come to any process and go on after a broken connection, or whole; and
makes of what has come a file that can be posted."""

import asyncio
import contextlib
import contextvars
import logging
import secrets
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any

import peewee
from peewee_async.databases import AioDatabase

from chat.attachments.looking import Looked, Looker
from chat.attachments.naming import clean_name
from chat.errors import ActionError
from chat.events import FileView
from chat.history.lines import told_file
from chat.history.writing.files import view_of
from chat.models import File, FileUsage, Upload
from helpers.clock import now_ms
from helpers.storage.blobs import store_blob, take_blob
from helpers.storage.store import MissingError, StorageError, Store
from helpers.tasks import cancel_all
from helpers.turns import Turns

log = logging.getLogger("aiochat.files")

CHUNK = 64 * 1024

PART = 2 * 1024 * 1024
"""Bytes that are stored together: what a broken connection costs at most, and the memory of each
upload."""

PARTS = "uploads"
"""The folder of parts in the store."""

MAX_PARTS = 1000
"""Of one upload, however often its connection breaks."""

MAX_OPEN = 30
"""Uploads of one person that aren't whole yet."""

KEPT_SECONDS = 24 * 3600
"""For so long an upload may take, and then wait to be posted."""

LOOK_SECONDS = 180
"""A process that looks at a file for longer than this has ended."""

FULL_SECONDS = 3
"""For so long whoever asks for a file is told that there was no space for it; then it is tried again."""

LOOKED_AT_ONCE = 3
PATIENCE_SECONDS = 20.0
IN_MEMORY = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """In bytes; None where there is no limit."""

    file: int
    person: int | None
    site: int | None


class Attachments:
    """`close` it at the end."""

    def __init__(self, database: AioDatabase, store: Store, bounds: Bounds, looker: Looker) -> None:
        self.database = database
        self.store = store
        self.bounds = bounds
        self._looker = looker
        self._turns = Turns(1)
        self._at_once = asyncio.Semaphore(LOOKED_AT_ONCE)
        self._looking: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        await cancel_all(list(self._looking.values()))

    async def create(self, owner_id: int, name: str, size: int) -> Upload:
        """Begins an upload. Raises ActionError."""
        self.check_size(size)
        async with self.database.aio_atomic():
            await self._check_quota(owner_id, size)
            row = {"id": secrets.token_urlsafe(16), "owner_id": owner_id, "name": clean_name(name)}
            upload = Upload(**row, size=size, until=now_ms() + KEPT_SECONDS * 1000)
            await Upload.insert(upload.__data__).aio_execute()
        return upload

    def check_size(self, size: int) -> None:
        """Raises ActionError for a file that may not be sent."""
        if size < 1:
            raise ActionError("bad_request", "This file is empty.")
        if size > self.bounds.file:
            most = max(1, self.bounds.file // 1_000_000)
            raise ActionError("too_large", "A file has at most {most} MB.", most=most)

    async def _check_quota(self, owner_id: int, size: int) -> None:
        """Raises ActionError where somebody, or the site, has no space left for so many bytes. Call it
        in a transaction: those of one person wait for each other."""
        row = {"owner_id": owner_id, "bytes": 0, "files": 0}
        await FileUsage.insert(row).on_conflict_ignore().aio_execute()
        mine = FileUsage.owner_id == owner_id
        await FileUsage.update(files=FileUsage.files).where(mine).aio_execute()
        used = await FileUsage.select(FileUsage.bytes).where(mine).aio_scalar() or 0
        is_open = (Upload.owner_id == owner_id) & (Upload.until > now_ms()) & (Upload.state != "ready")
        sizes = await Upload.select(Upload.size).where(is_open).limit(MAX_OPEN).tuples().aio_execute()
        if len(sizes) >= MAX_OPEN:
            raise ActionError("too_many_files", "Too many files of yours are on their way.", retry_after=10)
        used += sum(one for (one,) in sizes)
        if self.bounds.person is not None and used + size > self.bounds.person:
            most = self.bounds.person // 1_000_000
            raise ActionError("over_quota", "Your files may take {most} MB. Delete some first.", most=most)
        if self.bounds.site is not None:
            site = await FileUsage.select(FileUsage.bytes).where(FileUsage.owner_id == 0).aio_scalar() or 0
            if site + size > self.bounds.site:
                raise ActionError("storage_full", "There is no more space for files on this site.")

    async def find(self, owner_id: int, upload_id: str) -> Upload | None:
        """Somebody's upload. A whole one that nobody looks at is looked at."""
        is_theirs = (Upload.id == upload_id) & (Upload.owner_id == owner_id) & (Upload.until > now_ms())
        upload: Upload | None = await Upload.aio_get_or_none(is_theirs)
        if upload is not None and upload.state == "whole" and upload.looked_until < now_ms():
            self.look(upload)
            upload.error = ""
        return upload

    async def file(self, file_id: str) -> File | None:
        found: File | None = await File.aio_get_or_none(File.id == file_id)
        return found

    async def append(self, upload: Upload, offset: int, pieces: AsyncIterator[bytes]) -> Upload:
        """Adds what comes, from this offset on, and returns the upload as it is then. What came before
        the connection broke stays. Raises ActionError."""
        if upload.state == "open" and upload.came == offset:
            waiting = bytearray()
            try:
                async for piece in pieces:
                    if upload.came + len(waiting) + len(piece) > upload.size:
                        raise ActionError("too_large", "More came than was announced.")
                    waiting += piece
                    if len(waiting) >= PART:
                        part, waiting = bytes(waiting), bytearray()
                        upload = await self._add_part(upload, part)
            except (OSError, ConnectionError):
                if waiting:
                    await self._add_part(upload, bytes(waiting))
                raise
            return await self._add_part(upload, bytes(waiting)) if waiting else upload
        raise self._elsewhere()

    @staticmethod
    def _elsewhere() -> ActionError:
        return ActionError("wrong_offset", "This upload goes on elsewhere: ask for its offset.")

    async def _add_part(self, upload: Upload, part: bytes) -> Upload:
        if upload.parts.count(",") >= MAX_PARTS - 1:
            raise ActionError("too_large", "This upload came in too many parts. Please begin again.")
        name = f"{upload.came}-{secrets.token_hex(4)}"
        await self.store.put(_part_key(upload.id, name), part)
        came = upload.came + len(part)
        parts = f"{upload.parts},{name}" if upload.parts else name
        state = "whole" if came == upload.size else "open"
        # Somebody else may have gone on with it: a connection that seems alive can be dead.
        is_same = (Upload.id == upload.id) & (Upload.came == upload.came) & (Upload.state == "open")
        change = Upload.update(came=came, parts=parts, state=state).where(is_same)
        if not await change.aio_execute():
            await self.store.delete([_part_key(upload.id, name)])
            raise self._elsewhere()
        return Upload(**{**upload.__data__, "came": came, "parts": parts, "state": state})

    def look(self, upload: Upload) -> "asyncio.Task[None]":
        """Looks at a whole upload in the background."""
        if (task := self._looking.get(upload.id)) is None:
            task = asyncio.create_task(self._look(upload.id), context=contextvars.Context())
            self._looking[upload.id] = task
            task.add_done_callback(lambda _: self._looking.pop(upload.id, None))
        return task

    async def wait_for(self, upload: Upload) -> None:
        """Waits until a whole upload was looked at, for a limited time."""
        await asyncio.wait([self.look(upload)], timeout=PATIENCE_SECONDS)

    async def _look(self, upload_id: str) -> None:
        now = now_ms()
        is_free = (Upload.id == upload_id) & (Upload.state == "whole") & (Upload.looked_until < now)
        change = {"looked_until": now + LOOK_SECONDS * 1000, "error": ""}
        if not await Upload.update(change).where(is_free).aio_execute():
            return
        upload = await Upload.aio_get(Upload.id == upload_id)
        try:
            async with self._turns.turn(upload.owner_id), self._at_once:
                with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
                    keys = [_part_key(upload.id, name) for name in upload.parts.split(",")]
                    try:
                        await self.store.copy_to(keys, file)
                    except MissingError:
                        raise _lost() from None
                    await self._keep(upload, file)
        except ActionError as error:
            if error.retry_after or isinstance(error, StorageError):
                # It is looked at again when somebody asks for it.
                is_full = isinstance(error, StorageError) and error.is_full
                rests = now_ms() + FULL_SECONDS * 1000 if is_full else 0
                later = {"looked_until": rests, "error": error.text if is_full else ""}
                await Upload.update(later).where(Upload.id == upload_id).aio_execute()
                return
            change = {"state": "refused", "error": error.text}
            await Upload.update(change).where(Upload.id == upload_id).aio_execute()
        except Exception:
            log.exception("a file can't be looked at")
            await Upload.update(looked_until=0).where(Upload.id == upload_id).aio_execute()
            return
        with contextlib.suppress(StorageError):
            await self._delete_parts(upload)

    async def take(self, owner_id: int, name: str, content: IO[bytes], size: int) -> str:
        """Takes a whole file, and returns its id. Raises ActionError and StorageError."""
        upload = await self.create(owner_id, name, size)
        try:
            async with self._turns.turn(owner_id), self._at_once:
                await self._keep(upload, content)
        except BaseException:
            await Upload.delete().where(Upload.id == upload.id).aio_execute()
            raise
        return str(upload.id)

    async def _keep(self, upload: Upload, content: IO[bytes]) -> None:
        """Makes a file of what came. Raises ActionError."""
        looked = await self._looker.look_at(upload.owner_id, content, upload.size)
        for _ in range(3):
            sha256, blob_id = await store_blob(self.store, looked.content, looked.size, looked.variants)
            try:
                if await self._record(upload, looked, sha256, blob_id):
                    return
            except peewee.IntegrityError:
                # The same content was stored in this moment.
                continue
        raise StorageError("a blob was erased three times while it was stored")

    async def _record(self, upload: Upload, looked: Looked, sha256: str, blob_id: int | None) -> bool:
        async with self.database.aio_atomic():
            taken = await take_blob(sha256, blob_id)
            if taken is None:
                return False
            row: dict[str, Any] = {"id": upload.id, "owner_id": upload.owner_id, "blob_id": taken}
            row |= {"name": upload.name, "type": looked.type, "kind": looked.kind, "size": looked.size}
            row |= {"width": looked.width, "height": looked.height, "at": now_ms(), "until": upload.until}
            is_this = (Upload.id == upload.id) & (Upload.until > now_ms())
            if not await Upload.update(state="ready").where(is_this).aio_execute():
                raise ActionError("no_such_file", "This upload was ended.")
            await File.insert(row).aio_execute()
        return True

    async def end(self, upload: Upload) -> None:
        """Ends an upload: nothing of it stays, unless it was posted."""
        await Upload.update(until=0).where(Upload.id == upload.id).aio_execute()
        await File.delete().where(File.id == upload.id, File.room_id.is_null()).aio_execute()
        await self._delete_parts(upload)
        await Upload.delete().where(Upload.id == upload.id).aio_execute()

    async def _delete_parts(self, upload: Upload) -> None:
        if upload.parts:
            await self.store.delete([_part_key(upload.id, name) for name in upload.parts.split(",")])

    async def state_of(self, upload: Upload) -> dict[str, Any]:
        """What its owner is told."""
        file = await self.file(upload.id) if upload.state == "ready" else None
        view: FileView | None = told_file(view_of(file)) if file is not None else None
        told = {"id": upload.id, "name": upload.name, "size": upload.size, "offset": upload.came}
        return {**told, "ready": file is not None, "file": view, "error": upload.error or None}


def _lost() -> ActionError:
    return ActionError("no_such_file", "A part of this file is lost. Please send it again.")


def _part_key(upload_id: str, name: str) -> str:
    return f"{PARTS}/{upload_id}-{name}"
