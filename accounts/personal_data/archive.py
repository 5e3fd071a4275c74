"""The exported document together with files, as a ZIP that is streamed while it is made: one piece is in
memory at a time. Nothing is compressed: pictures and videos are already."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from accounts.models import User
from helpers.storage.store import MissingError


@dataclass(frozen=True)
class OwnFile:
    """A file of the archive. `read` gives its content, and raises MissingError where it is gone."""

    name: str
    at: int
    read: Callable[[], AsyncIterator[bytes]]


OWN_FILES = web.AppKey("own_files", list[Callable[[User], AsyncIterator[OwnFile]]])


class _Pieces(io.RawIOBase):
    """What is written and not taken yet."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        before = len(self._waiting)
        self._waiting += data  # type: ignore[arg-type]
        return len(self._waiting) - before

    def take(self) -> bytes:
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


async def archive(
    name: str, document: AsyncIterator[bytes], files: AsyncIterator[OwnFile]
) -> AsyncIterator[bytes]:
    """Yields the archive in pieces. Raises StorageError where the store is away: then it isn't whole."""
    out = _Pieces()
    with zipfile.ZipFile(out, "w") as archived:
        with archived.open(_entry(name), "w", force_zip64=True) as entry:
            async for piece in document:
                entry.write(piece)
                yield out.take()
        async for file in files:
            pieces = file.read()
            try:
                # Erased meanwhile, it has no entry.
                first = await anext(pieces, b"")
            except MissingError:
                continue
            with archived.open(_entry(file.name, file.at), "w", force_zip64=True) as entry:
                entry.write(first)
                yield out.take()
                async for piece in pieces:
                    entry.write(piece)
                    yield out.take()
    yield out.take()


def _entry(name: str, at: int | None = None) -> zipfile.ZipInfo:
    when = datetime.now(UTC) if at is None else datetime.fromtimestamp(at / 1000, UTC)
    return zipfile.ZipInfo(name, (max(1980, when.year), *when.timetuple()[1:6]))
