"""The file of a backup: a tar archive that any tool can unpack. It holds a copy of the database, the
objects of the store, and at its end a manifest with the size and the SHA-256 of each of them: an archive
without one was never finished."""

import contextlib
import fcntl
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self

import msgspec

from helpers.processes.terminal import Failure
from helpers.storage.store import sync_path

MANIFEST = "manifest.json"
SQLITE, POSTGRES = "database.sqlite", "database.dump"
FILES = "files/"

FORMAT = 1
MAX_MANIFEST = 512 * 1024 * 1024
CHUNK = 1024 * 1024

# As helpers/storage/blobs.py makes them.
_KEY = re.compile(r"[a-z]+/[0-9a-f]{2}/[0-9A-Za-z_-]{1,160}")


class Content(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`migrations` are those that the database has, `rows` counts the rows of each table. `missing` are
    the keys of objects that the store didn't have."""

    format: int
    made_at: str
    version: str
    database: str
    migrations: list[str]
    rows: dict[str, int]
    contents: dict[str, Content]
    missing: list[str]


class _Hashing(io.RawIOBase):
    """Reads a file, and hashes what is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.sha256.update(piece)
        return piece


class ArchiveWriter:
    """Writes an archive beside its place, and moves it there when it is whole and on the disk. Raises
    Failure where the place is taken or can't be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self.contents: dict[str, Content] = {}

    def __enter__(self) -> Self:
        if self._path.exists():
            raise Failure(f"{self._path} exists already")
        try:
            self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
            # What a backup left that was killed is written over.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.truncate()
        except BlockingIOError:
            raise Failure(f"another backup writes {self._part}") from None
        except OSError as error:
            raise Failure(f"can't write {self._part} ({error.strerror})") from None
        self._tar = tarfile.open(fileobj=self._file, mode="w|", bufsize=CHUNK)
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def add(self, name: str, file: IO[bytes]) -> None:
        """Adds a file from its start to its end."""
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        hashing = _Hashing(file)
        self._add(name, size, hashing)
        self.contents[name] = Content(size, hashing.sha256.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Ends the archive: it is there afterwards, even if the power fails."""
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._add(MANIFEST, len(data), io.BytesIO(data))
        with self._explained():
            self._tar.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            os.rename(self._part, self._path)
            sync_path(self._path.parent)

    def _add(self, name: str, size: int, file: IO[bytes] | io.RawIOBase) -> None:
        member = tarfile.TarInfo(name)
        member.size = size
        member.mode = 0o600
        with self._explained():
            self._tar.addfile(member, file)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Failure(f"can't write {self._path} ({error.strerror or error})") from None


class Archive:
    """A whole archive that is read. Raises Failure where it isn't one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed by __exit__
            members = self._tar.getmembers()
        except OSError as error:
            raise Failure(f"can't read {path} ({error.strerror or error})") from None
        except tarfile.TarError:
            raise Failure(f"{path} isn't a backup, or not a whole one") from None
        self._members = {member.name: member for member in members}
        self.manifest = self._read_manifest(members)
        contents = self.manifest.contents
        if len(members) != len(contents) + 1 or set(self._members) != {MANIFEST, *contents}:
            raise self._broken("what it holds isn't what its manifest lists")
        if not all(member.isreg() and _is_known(member.name) for member in members):
            raise self._broken("it holds what no backup does")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._tar.close()

    @property
    def keys(self) -> list[str]:
        """Of the objects of the store."""
        return [name.removeprefix(FILES) for name in self.manifest.contents if name.startswith(FILES)]

    def check(self, done: Callable[[int], None]) -> None:
        """Compares everything with the manifest. `done` is called for each content."""
        for name in self.manifest.contents:
            self.copy(name, None)
            done(1)

    def open(self, name: str) -> IO[bytes]:
        found = self._tar.extractfile(self._members[name])
        if found is None:
            raise self._broken(f"{name} isn't a file")
        return found

    def copy(self, name: str, to: IO[bytes] | None) -> None:
        """Copies a content, or only reads it, and compares it with the manifest."""
        wanted, sha256, size = self.manifest.contents[name], hashlib.sha256(), 0
        try:
            with self.open(name) as file:
                while piece := file.read(CHUNK):
                    sha256.update(piece)
                    size += len(piece)
                    if to is not None:
                        to.write(piece)
        except (OSError, tarfile.TarError) as error:
            there = getattr(to, "name", None)
            place = f" to {there} (TMPDIR)" if isinstance(there, str) else ""
            told = getattr(error, "strerror", None) or error
            raise Failure(f"can't copy {name} of {self._path}{place} ({told})") from None
        if (size, sha256.hexdigest()) != (wanted.size, wanted.sha256):
            raise self._broken(f"{name} isn't what was saved")

    def _read_manifest(self, members: list[tarfile.TarInfo]) -> Manifest:
        if not members or members[-1].name != MANIFEST:
            raise Failure(f"{self._path} isn't a whole backup: it has no manifest at its end")
        if members[-1].size > MAX_MANIFEST:
            raise self._broken("its manifest is too long")
        try:
            manifest = msgspec.json.decode(self.open(MANIFEST).read(), type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError, tarfile.TarError, OSError):
            raise self._broken("its manifest can't be read") from None
        if manifest.format != FORMAT:
            raise Failure(f"{self._path} is of another version of aiochat ({manifest.version})")
        return manifest

    def _broken(self, why: str) -> Failure:
        return Failure(f"{self._path} is broken: {why}")


def _is_known(name: str) -> bool:
    if name.startswith(FILES):
        return _KEY.fullmatch(name.removeprefix(FILES)) is not None
    return name in (MANIFEST, SQLITE, POSTGRES)
