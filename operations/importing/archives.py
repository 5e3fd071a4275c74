"""Archives and folders, read by the names of their files. Whatever an archive says, nothing is written
outside of a folder of its own, and no more is unpacked than a chat can hold."""

import contextlib
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, cast

from helpers.processes.terminal import Failure
from helpers.text.characters import one_line

MAX_NAMES = 1_000_000

MAX_RATIO = 200
"""Texts are packed to a tenth, the most boring ones to a fiftieth."""

MIN_UNPACKED = 256 * 1024 * 1024
"""Bytes that every archive may have unpacked."""

CHUNK = 256 * 1024

Read = Callable[[int], None]


class Archive(Protocol):
    """`name` is how it is called in messages."""

    name: str
    size: int
    """Bytes of the archive itself."""

    def names(self) -> list[str]:
        """Of all files, with slashes, without what leads out of it."""

    def open(self, name: str) -> IO[bytes]:
        """Raises Failure where it is broken or isn't there."""

    def close(self) -> None: ...


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not (
        path.is_absolute() or ".." in path.parts or "\\" in name or "\x00" in name or ":" in path.parts[:1]
    )


class _Counted:
    """A file that may not become longer than its archive lets."""

    def __init__(self, file: IO[bytes], name: str, count: Callable[[int], None]) -> None:
        self._file = file
        self._name = name
        self._count = count

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Failure(f"{self._name} can't be read: {one_line(error)}") from None
        self._count(len(data))
        return data

    def __enter__(self) -> "_Counted":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()


class _Bound:
    """How much may be unpacked of an archive of this size."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._left = max(MIN_UNPACKED, MAX_RATIO * size)

    def count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Failure(f"{self._name} unpacks to more than {MAX_RATIO} times its size: it isn't taken")


class ZipArchive:
    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.size = path.stat().st_size
        self._bound = _Bound(self.name, self.size)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Failure(f"{self.name} isn't a whole ZIP: {one_line(error)}") from None
        infos = self._zip.infolist()
        if len(infos) > MAX_NAMES:
            raise Failure(f"{self.name} has more than {MAX_NAMES:,} files")
        self._infos = {info.filename: info for info in infos if not info.is_dir() and _is_safe(info.filename)}

    def names(self) -> list[str]:
        return list(self._infos)

    def open(self, name: str) -> IO[bytes]:
        if (info := self._infos.get(name)) is None:
            raise Failure(f"{self.name} lacks {name}")
        try:
            file = self._zip.open(info)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise Failure(f"{name} in {self.name} can't be read: {one_line(error)}") from None
        counted: Any = _Counted(file, f"{name} in {self.name}", self._bound.count)
        return cast(IO[bytes], counted)

    def close(self) -> None:
        self._zip.close()


class Folder:
    """Files that are unpacked already, or one file alone."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.name = name or path.name
        if path.is_file():
            self._files = {path.name: path}
        else:
            root = path.resolve()
            self._files = {
                one.relative_to(path).as_posix(): one
                for one in sorted(path.rglob("*"))
                # A link may lead out of it.
                if one.is_file() and one.resolve().is_relative_to(root)
            }
        self.size = sum(one.stat().st_size for one in self._files.values())

    def names(self) -> list[str]:
        return list(self._files)

    def open(self, name: str) -> IO[bytes]:
        if (path := self._files.get(name)) is None:
            raise Failure(f"{self.name} lacks {name}")
        try:
            file: IO[bytes] = path.open("rb")
            return file
        except OSError as error:
            raise Failure(f"{name} can't be read: {error.strerror}") from None

    def path_of(self, name: str) -> Path:
        return self._files[name]

    def close(self) -> None:
        pass


class TarArchive(Folder):
    """It is unpacked into a folder of its own first: there is no way to a file within but from the start."""

    def __init__(self, path: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="aiochat-import-"))
        try:
            _unpack(path, self._folder)
        except BaseException:
            self.close()
            raise
        super().__init__(self._folder, path.name)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _unpack(path: Path, folder: Path) -> None:
    bound, count = _Bound(path.name, path.stat().st_size), 0
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                count += 1
                if count > MAX_NAMES:
                    raise Failure(f"{path.name} has more than {MAX_NAMES:,} files")
                name = member.name.removeprefix("./")
                if not member.isreg() or not _is_safe(name):
                    continue
                bound.count(member.size)
                if (content := tar.extractfile(member)) is None:
                    continue
                there = folder / name
                there.parent.mkdir(parents=True, exist_ok=True)
                with there.open("wb") as file:
                    shutil.copyfileobj(content, file, CHUNK)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise Failure(f"{path.name} isn't a whole archive: {one_line(error)}") from None
    except OSError as error:
        raise Failure(f"{path.name} can't be unpacked: {one_line(error)}") from None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Raises Failure."""
    archive: Archive
    if not path.exists():
        raise Failure(f"there is no {path}")
    try:
        if path.is_dir():
            archive = Folder(path)
        elif zipfile.is_zipfile(path) or path.suffix.lower() == ".zip":
            archive = ZipArchive(path)
        elif path.name.lower().endswith((".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")):
            archive = TarArchive(path)
        else:
            archive = Folder(path)
    except OSError as error:
        raise Failure(f"{path} can't be read: {error.strerror}") from None
    try:
        yield archive
    finally:
        archive.close()
