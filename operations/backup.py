"""Saves a site while it serves, and puts it back."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from helpers.clock import iso, now_ms
from helpers.processes.terminal import Failure, Progress, report
from helpers.storage.store import MissingError, StorageError, Store, open_store
from helpers.text.characters import one_line
from operations.archive import FILES, FORMAT, ArchiveWriter, Manifest
from operations.databases import SiteDatabase
from operations.postgres import Postgres
from operations.sqlite import Sqlite
from settings import Settings, version

SPOOLED = 8 * 1024 * 1024
"""Bytes of an object that are held in memory; longer ones are in a file meanwhile."""


class Saved(NamedTuple):
    """What `back_up` has saved."""

    rows: int
    files: int
    missing: list[str]


def site_database(url: str) -> SiteDatabase:
    return Sqlite(url) if url.startswith("sqlite:") else Postgres(url)


def database_of(settings: Settings) -> SiteDatabase:
    return site_database(settings.database)


async def back_up(settings: Settings, path: Path) -> Saved:
    """Saves the database and the files of its messages to `path`, as they are at one moment. The site goes
    on meanwhile: files are copied after the database, so all of them are there that it refers to, but for
    those that were erased in between."""
    database, store = database_of(settings), open_store(settings.files)
    made_at = iso(now_ms())
    with ArchiveWriter(path) as archive, _beside(path) as there:
        copy = there / database.member
        with report("the database"):
            found = await database.copy_to(copy)
        with copy.open("rb") as file:
            archive.add(database.member, file)
        copy.unlink()
        missing = await _add_files(archive, store, found.keys, there)
        manifest = Manifest(
            *(FORMAT, made_at, version(), database.name, found.migrations, found.rows),
            contents=archive.contents,
            missing=missing,
        )
        archive.finish(manifest)
    return Saved(sum(found.rows.values()), len(found.keys) - len(missing), missing)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A folder for what is on its way, which nobody else has: the archive's own lock is held. What a backup
    left there that was killed goes first."""
    there = path.with_name(f"{path.name}.part.files")
    shutil.rmtree(there, ignore_errors=True)
    try:
        there.mkdir(mode=0o700)
    except OSError as error:
        raise Failure(f"can't write {there} ({error.strerror})") from None
    try:
        yield there
    finally:
        shutil.rmtree(there, ignore_errors=True)


async def _add_files(archive: ArchiveWriter, store: Store, keys: list[str], there: Path) -> list[str]:
    """Returns the keys of those that aren't in the store."""
    missing = []
    with Progress("files", len(keys)) as progress:
        for key in keys:
            with tempfile.SpooledTemporaryFile(SPOOLED, dir=str(there)) as file:
                try:
                    await store.copy_to([key], file)
                    archive.add(FILES + key, file)
                except MissingError:
                    missing.append(key)
                except StorageError as error:
                    raise Failure(f"the store of files can't be read: {one_line(error)}") from None
            progress.step()
    return missing
