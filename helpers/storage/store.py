"""The store of files: a folder of this machine, or a bucket of any service that speaks S3's protocol.
Everything is streamed; nothing of a name that a client gave is part of a key."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from helpers.errors import ActionError, declare
from helpers.text.characters import one_line
from helpers.text.translation import Text

log = logging.getLogger("aiochat.storage")

CHUNK = 256 * 1024
PART = 5 * 1024 * 1024
"""Bytes of a part of a large upload to S3: the least that it takes."""

PARTS_AT_ONCE = 2

RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
CLIENT: Any = {"connect_timeout": "3s", "read_timeout": "20s", "timeout": "3600s"}
"""A store that is silent for `read_timeout` is away. A large file may take as long as its reader needs."""


MISSING_ERRORS = (NotFoundError, FileNotFoundError)


declare({"storage_away": 503, "storage_full": 507})


class StorageError(ActionError):
    """The store can't be used at this moment. `is_full`: there is no more space. What people are told
    isn't what is written to the log."""

    def __init__(self, detail: str, *, is_full: bool = False) -> None:
        if is_full:
            super().__init__("storage_full", Text("There is no more space for files on this site."))
        else:
            text = Text("Files can’t be stored or read at this moment. Please try again.")
            super().__init__("storage_away", text, retry_after=5)
        self.is_full = is_full
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class MissingError(StorageError):
    """There is no such object."""


class Store:
    """Objects by key. Every method raises StorageError where the store is away or full."""

    def __init__(self, store: Any, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    async def put(self, key: str, content: bytes | IO[bytes]) -> None:
        """Stores an object, whole or not at all. On a disk it is there to stay when this returns."""
        try:
            await self._store.put_async(key, content, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)
            if self._folder is not None:
                await asyncio.to_thread(_sync, self._folder, key)
        except (BaseError, OSError) as error:
            raise _explained(error) from error

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object from `start` up to `end`, without it, in pieces. Raises MissingError
        before the first one."""
        options: Any = {} if not start and end is None else {"range": {"offset": start}}
        if end is not None:
            options = {"range": (start, end)}
        try:
            found = await self._store.get_async(key, options=options)
            async for piece in found.stream(min_chunk_size=CHUNK):
                yield bytes(piece)
        except (BaseError, OSError) as error:
            raise _explained(error) from error

    async def size(self, key: str) -> int:
        """The bytes of an object. Raises MissingError."""
        try:
            return int((await self._store.head_async(key))["size"])
        except (BaseError, OSError) as error:
            raise _explained(error) from error

    async def read(self, key: str) -> bytes:
        """A small object as a whole."""
        return b"".join([piece async for piece in self.stream(key)])

    async def copy_to(self, keys: Sequence[str], file: IO[bytes]) -> None:
        """Writes objects one after another to a file."""
        for key in keys:
            async for piece in self.stream(key):
                try:
                    await asyncio.to_thread(file.write, piece)
                except OSError as error:
                    raise _explained(error) from error

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects. One that isn't there is no error."""
        for key in keys:
            try:
                await self._store.delete_async(key)
            except MISSING_ERRORS:
                continue
            except (BaseError, OSError) as error:
                raise _explained(error) from error

    async def delete_old(self, folder: str, seconds: float) -> None:
        """Deletes the objects of a folder that are older than this."""
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        try:
            async for found in self._store.list(folder):
                await self.delete([one["path"] for one in found if one["last_modified"] < before])
        except (BaseError, OSError) as error:
            raise _explained(error) from error


STORE = web.AppKey("store", Store)


def open_store(url: str) -> Store:
    """The store at a `file:///folder` or an `s3://bucket/prefix?endpoint=…&region=…`, whose keys are
    those of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`) or stand before an `@`."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return _open_folder(Path(unquote(parts.path)))
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    config: Any = {"region": options.get("region", "us-east-1")}
    if endpoint := options.get("endpoint"):
        config["endpoint"] = endpoint
    if parts.username:
        config["access_key_id"] = unquote(parts.username)
        config["secret_access_key"] = unquote(parts.password or "")
    client: Any = {**CLIENT, "allow_http": (endpoint or "").startswith("http:")}
    prefix = parts.path.strip("/") or None
    return Store(
        S3Store(
            parts.hostname or "", prefix=prefix, config=config, client_options=client, retry_config=RETRIES
        )
    )


def _open_folder(folder: Path) -> Store:
    """Nobody but this program's user may enter it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return Store(LocalStore(folder), folder)


def _sync(folder: Path, key: str) -> None:
    """Has the disk keep an object and its name: a message that refers to it is kept too."""
    path = folder / key
    path.chmod(0o600)
    sync_path(path)
    for place in path.parents:
        sync_path(place)
        if place == folder:
            break


def sync_path(path: Path) -> None:
    """Has the disk keep what a file has, or which names a folder has."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _explained(error: Exception) -> StorageError:
    if isinstance(error, MISSING_ERRORS):
        return MissingError(one_line(error))
    text = one_line(error)
    is_full = "os error 28" in text or "os error 122" in text or getattr(error, "errno", None) in (28, 122)
    log.warning("the store of files %s: %s", "is full" if is_full else "can't be used", text[:500])
    return StorageError(text, is_full=is_full)
