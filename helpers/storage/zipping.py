"""Files that are sent or written as a ZIP while they are read: one piece is in memory at a time. Nothing is
compressed: pictures and videos are already."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from helpers.storage.store import MissingError


@dataclass(frozen=True)
class Entry:
    """A file of an archive, of the time `at`. `read` gives its content, and raises MissingError where it is
    gone."""

    name: str
    at: int | None
    read: Callable[[], AsyncIterator[bytes]]


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


async def zipped(entries: AsyncIterator[Entry]) -> AsyncIterator[bytes]:
    """Yields the archive in pieces. Raises StorageError where the store is away: then it isn't whole."""
    out = _Pieces()
    with zipfile.ZipFile(out, "w") as archived:
        async for one in entries:
            pieces = one.read()
            try:
                # Erased meanwhile, it has no entry.
                first = await anext(pieces, b"")
            except MissingError:
                continue
            with archived.open(_info(one), "w", force_zip64=True) as entry:
                entry.write(first)
                yield out.take()
                async for piece in pieces:
                    entry.write(piece)
                    yield out.take()
    yield out.take()


def _info(entry: Entry) -> zipfile.ZipInfo:
    when = datetime.now(UTC) if entry.at is None else datetime.fromtimestamp(entry.at / 1000, UTC)
    return zipfile.ZipInfo(entry.name, (max(1980, when.year), *when.timetuple()[1:6]))
