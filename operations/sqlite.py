"""A site's database on SQLite."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from helpers.db.database import sqlite_path
from helpers.processes.terminal import Failure
from helpers.storage.store import sync_path
from operations.archive import SQLITE
from operations.databases import SQLITE_TABLES, UNFINISHED, Rows, Snapshot, is_ours, keys_of

NEW_SECRETS = "UPDATE users SET session_secret = lower(hex(randomblob(16)))"
"""Ends all sessions."""

LOCK_SECONDS = 60.0
FILES = ("", "-wal", "-shm")
"""The endings of the names of its files."""


class Sqlite:
    name = "SQLite"
    member = SQLITE
    tables = SQLITE_TABLES
    soundness = """
        SELECT integrity_check FROM pragma_integrity_check(20)
        UNION ALL SELECT 'row ' || rowid || ' of ' || "table" || ' refers to nothing in ' || parent
        FROM pragma_foreign_key_check"""

    def __init__(self, url: str) -> None:
        self._path = sqlite_path(url)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Rows]:
        with self._open() as connection:
            # The first statement that reads decides what all see.
            connection.execute("BEGIN")

            async def rows(sql: str) -> list[tuple[Any, ...]]:
                return await asyncio.to_thread(lambda: connection.execute(sql).fetchall())

            yield rows

    async def write(self, statements: Sequence[str]) -> None:
        with self._open() as connection, connection:
            for sql in statements:
                connection.execute(sql)

    async def copy_to(self, file: Path) -> Snapshot:
        if not self._path.exists():
            raise Failure(f"there is no database {self._path}; see AIOCHAT_DATA_DIR")
        return await asyncio.to_thread(self._copy_to, file)

    def _copy_to(self, file: Path) -> Snapshot:
        with self._open() as source, closing(sqlite3.connect(file)) as copy:
            # All pages in one step, which is one read transaction. In several steps it begins anew at each
            # commit, and never ends where people talk.
            try:
                source.backup(copy, pages=-1)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
                    raise
                raise Failure(f"can't write {file} ({error})") from None
            # The copy is one file, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            rows = _count_rows(copy)
            migrations = copy.execute("SELECT migration_id FROM _yoyo_migration ORDER BY 1").fetchall()
            blobs = copy.execute("SELECT key, variants FROM blobs").fetchall() if "blobs" in rows else []
        return Snapshot([row[0] for row in migrations], rows, keys_of(blobs))

    async def count_rows(self) -> dict[str, int]:
        with self._open() as connection:
            return await asyncio.to_thread(_count_rows, connection)

    async def holds_people(self) -> bool:
        if not self._path.exists():
            return False
        with self._open() as connection:
            try:
                return connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None
            except sqlite3.OperationalError:
                return False

    async def check_unused(self) -> None:
        """A lock holds others off (helpers/db/single_process.py)."""

    async def replace_by(self, file: Path) -> Path | None:
        return await asyncio.to_thread(self._replace_by, file)

    def _replace_by(self, file: Path) -> Path | None:
        with closing(sqlite3.connect(file)) as connection:
            ((found,), *_) = connection.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise Failure(f"the copy of the database is broken: {found}")
        with closing(sqlite3.connect(file)) as connection, connection:
            for sql in (*UNFINISHED, NEW_SECRETS):
                connection.execute(sql)
        coming = self._path.with_name(f"{self._path.name}.coming")
        try:
            shutil.copyfile(file, coming)
            os.chmod(coming, 0o600)
            sync_path(coming)
        except OSError as error:
            coming.unlink(missing_ok=True)
            raise Failure(f"can't write {coming} ({error.strerror})") from None
        kept = self._put_aside()
        coming.rename(self._path)
        sync_path(self._path.parent)
        return kept

    def _put_aside(self) -> Path | None:
        """With its log, which SQLite would else play over the database that comes."""
        if not any(self._beside(self._path, ending).exists() for ending in FILES):
            return None
        kept = self._path.with_name(f"{self._path.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        for ending in FILES:
            if (found := self._beside(self._path, ending)).exists():
                found.rename(self._beside(kept, ending))
        return kept

    @staticmethod
    def _beside(path: Path, ending: str) -> Path:
        return path.with_name(path.name + ending)

    def _open(self) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(self._path, timeout=LOCK_SECONDS, check_same_thread=False))


def _count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Of tables, but not of those in which SQLite's search keeps its index."""
    return {
        # The names are those of the database itself.
        table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
        for (table,) in connection.execute(SQLITE_TABLES).fetchall()
        if is_ours(table)
    }
