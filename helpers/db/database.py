"""Opens the database of a URL, binds it to the models, and classifies its errors."""

import sqlite3
import stat
from pathlib import Path
from typing import Any

import peewee
import psycopg
import psycopg2
from peewee_async.databases import AioDatabase

from helpers.db.base import database_proxy
from helpers.db.postgres import aiopg_database, psycopg_database
from helpers.db.sqlite import PersistentSqliteDatabase
from helpers.processes.terminal import reason

UNAVAILABLE_ERRORS = (
    peewee.OperationalError,
    peewee.InterfaceError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    # Of a server that has become a replica.
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg2.errors.ReadOnlySqlTransaction,
    ConnectionError,
    TimeoutError,
)
"""What a query raises when the database is unavailable: down, restarting, too busy, or its disk
full.

Both peewee's and the drivers' errors are listed, since a rollback on a lost connection raises the
driver's."""

CONFLICT_ERRORS = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


SQLITE_UNAVAILABLE_WORDS = ("locked", "busy", "disk", "unable to open", "readonly")
"""SQLite raises OperationalError for faulty statements too. Messages with these words mean that it
is unavailable."""


class DatabaseError(Exception):
    """The database can't be used as it is configured. The text is one line for the
    administrator."""


def sqlite_path(url: str) -> Path:
    """Returns the file of an SQLite URL. Creates its folder, and keeps both from other users of the
    machine. Raises DatabaseError if the folder can't be created."""
    path = Path(url.removeprefix("sqlite:///")).absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_dir():
            raise DatabaseError(f"{path} is a folder: name a file in AIOCHAT_DATABASE_URL")
        _make_private(path)
    except OSError as error:
        raise DatabaseError(
            f"there can be no folder {path.parent} for the data ({reason(error, path.parent)}); "
            "see AIOCHAT_DATA_DIR"
        ) from None
    return path


OWN_FOLDERS = {"files"}
"""What else this program keeps beside its database (settings.py)."""


def _make_private(path: Path) -> None:
    """Takes the rights of other users away: from the database, from the files that SQLite keeps
    beside it, and from a folder that holds nothing else. Another folder may be shared."""
    own = [
        found
        for found in path.parent.iterdir()
        if found.name.startswith((f"{path.name}-", f"{path.name}.")) or found == path
    ]
    for found in own:
        if not found.is_dir():
            _take_rights(found, 0o600)
    if all(found in own or found.name in OWN_FOLDERS for found in path.parent.iterdir()):
        _take_rights(path.parent, 0o700)


def _take_rights(path: Path, mode: int) -> None:
    try:
        before = stat.S_IMODE(path.stat().st_mode)
        if before & ~mode:
            path.chmod(before & mode)
    except (FileNotFoundError, PermissionError):
        # SQLite has just removed it, or it is somebody else's, who decides.
        return


def libpq_url(url: str) -> str:
    """The URL without the name of a driver, as PostgreSQL's own programs know it."""
    return url.replace("postgresql+aiopg:", "postgresql:", 1)


def open_database(url: str) -> AioDatabase:
    """Returns the pool for `url`, bound to all models. It connects at the first query."""
    if url.startswith("sqlite:"):
        database: AioDatabase = PersistentSqliteDatabase(url.removeprefix("sqlite:///"))
    elif url.startswith("postgresql+aiopg:"):
        database = aiopg_database(libpq_url(url))
    else:
        database = psycopg_database(url)
    database_proxy.initialize(database)
    return database


def is_sqlite(database: AioDatabase) -> bool:
    return isinstance(database, PersistentSqliteDatabase)


def is_unavailable(error: BaseException) -> bool:
    """Can the same query succeed later? True for a lost or busy database, a deadlock, and a
    serialization failure."""
    seen: BaseException | None = error
    found = False
    while seen is not None:
        if isinstance(seen, sqlite3.OperationalError) and not any(
            word in str(seen) for word in SQLITE_UNAVAILABLE_WORDS
        ):
            return False
        found = found or isinstance(seen, UNAVAILABLE_ERRORS + CONFLICT_ERRORS)
        seen = seen.__cause__ or seen.__context__
    return found


async def fetch(database: AioDatabase, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Returns all rows of one raw SQL statement. It runs in the task's transaction, if there is
    one."""

    async def all_rows(_: AioDatabase, cursor: Any) -> Any:
        return await cursor.fetchall() if cursor.description else []

    rows: list[tuple[Any, ...]] = await database.aio_execute_sql(sql, params, fetch_results=all_rows)
    return rows


def check_encoding(encoding: str) -> None:
    """Raises DatabaseError where PostgreSQL can't keep every text as it was written."""
    if encoding != "UTF8":
        raise DatabaseError(
            f"the database is encoded in {encoding}, in which texts come back broken: "
            "make one by `createdb --encoding=UTF8 --template=template0`"
        )


async def check_durability(database: AioDatabase) -> None:
    """Raises DatabaseError if PostgreSQL runs without fsync, when a power cut could lose acknowledged
    messages, or where it can't keep every text."""
    if not is_sqlite(database):
        ((fsync,),) = await fetch(database, "SHOW fsync")
        if fsync != "on":
            raise DatabaseError(
                "PostgreSQL runs with fsync=off and may lose acknowledged messages; set fsync=on"
            )
        ((encoding,),) = await fetch(database, "SHOW server_encoding")
        check_encoding(encoding)
