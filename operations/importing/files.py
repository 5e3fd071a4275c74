"""Files of an archive are looked at and stored as if they were sent."""

import secrets
import tempfile
from collections.abc import Callable
from typing import IO, NamedTuple

import peewee

from chat.attachments.looking import Looked, Looker
from chat.attachments.naming import clean_name
from chat.errors import ActionError
from chat.models import File
from chat.requests import MAX_DESCRIPTION
from helpers.processes.terminal import Failure
from helpers.storage.blobs import store_blob, take_blob
from helpers.storage.store import StorageError, Store
from helpers.text.characters import one_line, visible_line
from operations.importing.records import SentFile

CHUNK = 256 * 1024
IN_MEMORY = 4 * 1024 * 1024


class Stored(NamedTuple):
    """A content that is in the store, until something refers to it."""

    name: str
    looked: Looked
    sha256: str
    blob_id: int | None
    description: str = ""


class FileKeeper:
    """`most` is how large a file may be, in bytes; `open_file` gives those of the archive by their paths."""

    def __init__(
        self, store: Store, looker: Looker, most: int, open_file: Callable[[str], IO[bytes]]
    ) -> None:
        self._store = store
        self._looker = looker
        self._most = most
        self._open = open_file

    async def store(self, file: SentFile) -> Stored | str:
        """Or why it can't be taken. Raises Failure where the store is away."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as content:
            size = self._copy(file, content)
            if isinstance(size, str):
                return size
            try:
                looked = await self._looker.look_at(0, content, size)
                sha256, blob_id = await store_blob(self._store, looked.content, looked.size, looked.variants)
            except StorageError as error:
                raise Failure(f"the store of files can't be used: {one_line(error)}") from None
            except ActionError as error:
                return error.text
            description = visible_line(file.description)[:MAX_DESCRIPTION]
            return Stored(clean_name(file.name), looked, sha256, blob_id, description)

    def _copy(self, file: SentFile, content: IO[bytes]) -> int | str:
        if not file.path:
            return "the archive lacks the file"
        size = 0
        try:
            with self._open(file.path) as source:
                while piece := source.read(CHUNK):
                    size += len(piece)
                    if size > self._most:
                        return f"the file has more than {self._most // 1_000_000:,} MB"
                    content.write(piece)
        except Failure as error:
            return str(error)
        content.seek(0)
        return size or "the file is empty"


async def attach(stored: Stored, owner_id: int, room_id: int, seq: int, place: int, at: int) -> File | None:
    """Makes it a file of a message, in the transaction that stores this one. None where the content was
    erased meanwhile."""
    looked = stored.looked
    try:
        blob_id = await take_blob(stored.sha256, stored.blob_id)
    except peewee.IntegrityError:
        return None
    if blob_id is None:
        return None
    file = File(
        id=secrets.token_urlsafe(16),
        owner_id=owner_id,
        blob_id=blob_id,
        room_id=room_id,
        seq=seq,
        place=place,
        name=stored.name,
        type=looked.type,
        kind=looked.kind,
        size=looked.size,
        width=looked.width,
        height=looked.height,
        until=None,
        at=at,
    )
    await File.insert(file.__data__).aio_execute()
    return file
