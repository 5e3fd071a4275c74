"""The database by its URL: opened, bound to the models, and its failures told apart."""

import sqlite3
from pathlib import Path
from typing import Any

import peewee
import psycopg
import psycopg2
from peewee_async.databases import AioDatabase

from helpers.db.base import database_proxy
from helpers.db.postgres import aiopg_database, psycopg_database
from helpers.db.sqlite import PersistentSqliteDatabase

UNAVAILABLE_ERRORS = (
    peewee.OperationalError,
    peewee.InterfaceError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    ConnectionError,
    TimeoutError,
)
"""What a query raises when the database can't be asked now: away, restarting, busy beyond its time,
disk full.

Both peewee's and the drivers' own are listed, since a rollback on a lost connection raises the
driver's."""

CONFLICT_ERRORS = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


SQLITE_UNAVAILABLE_WORDS = ("locked", "busy", "disk", "unable to open", "readonly")
"""SQLite says OperationalError for mistakes in a statement too; these are of the others' texts."""


class DatabaseError(Exception):
    """The database can't be used as it is set up. The text is one line for the administrator."""


def sqlite_path(url: str) -> Path:
    """The file of an SQLite URL, in a folder that is there. Raises DatabaseError where none can be
    made."""
    path = Path(url.removeprefix("sqlite:///")).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"there can be no folder {path.parent} for the data ({error.strerror}); see AIOCHAT_DATA_DIR"
        ) from None
    return path


def open_database(url: str) -> AioDatabase:
    """The pool for `url`, bound to every model. No connection is made before the first query."""
    if url.startswith("sqlite:"):
        database: AioDatabase = PersistentSqliteDatabase(url.removeprefix("sqlite:///"))
    elif url.startswith("postgresql+aiopg:"):
        database = aiopg_database(url.replace("+aiopg", "", 1))
    else:
        database = psycopg_database(url)
    database_proxy.initialize(database)
    return database


def is_sqlite(database: AioDatabase) -> bool:
    return isinstance(database, PersistentSqliteDatabase)


def is_unavailable(error: BaseException) -> bool:
    """May the same query go through later? True for a lost or busy database, a deadlock or a
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
    """All rows of one raw statement, in the transaction that the task is in, if it is in one."""

    async def all_rows(_: AioDatabase, cursor: Any) -> Any:
        return await cursor.fetchall() if cursor.description else []

    rows: list[tuple[Any, ...]] = await database.aio_execute_sql(sql, params, fetch_results=all_rows)
    return rows


async def check_durability(database: AioDatabase) -> None:
    """Raises DatabaseError where PostgreSQL runs without fsync: a receipt would promise what a
    power cut takes back."""
    if not is_sqlite(database):
        ((fsync,),) = await fetch(database, "SHOW fsync")
        if fsync != "on":
            raise DatabaseError(
                "PostgreSQL runs with fsync=off and may lose acknowledged messages; set fsync=on"
            )
