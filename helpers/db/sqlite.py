"""SQLite for a server: persistent connections, a write-ahead log that is synced at every commit,
one writer at a time.

peewee-async's own pool opens a thread and a file for each query, and begins transactions that fail
when two of them write. aiosqlite asks a connection's thread four times for a query: for a cursor, the
query, its rows, and the cursor's end."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import aiosqlite
from peewee_async import SqliteDatabase
from peewee_async.connection import ConnectionContext, connection_context
from peewee_async.databases import FetchResults
from peewee_async.pool import AioSqlitePool, AioSqlitePoolBackend
from peewee_async.transactions import Transaction

from helpers.db.timed import TimedDatabase

CONNECTIONS = 6
"""Each connection is a thread. One writes; more than a few readers only wait for the interpreter
lock."""

BUSY_SECONDS = 5.0

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-16000",
    # What is deleted is overwritten with zeros, and not only forgotten.
    "secure_delete=ON",
)


T = TypeVar("T")


class Connection(aiosqlite.Connection):
    """A connection whose thread is asked once for each statement."""

    async def in_thread(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Calls it with the connection in its thread, where nothing else runs meanwhile."""
        # aiosqlite has no public way to run several calls in one.
        return cast("T", await self._execute(lambda: function(self._conn)))  # type: ignore[no-untyped-call]

    def cursor(self) -> "Cursor":  # type: ignore[override]
        return Cursor(self)


class Cursor:
    """What peewee-async uses of a cursor. All rows are there once the statement is executed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        await self._connection.in_thread(partial(self._execute, sql, params))

    def _execute(self, sql: str, params: Sequence[Any], connection: sqlite3.Connection) -> None:
        cursor = connection.execute(sql, params)
        self._rows = cursor.fetchall()
        self.description, self.rowcount = cursor.description, cursor.rowcount
        self.lastrowid = cursor.lastrowid

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def fetchmany(self, size: int) -> list[Any]:
        return self._rows[:size]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


class PersistentPool(AioSqlitePool):
    """At most CONNECTIONS connections, opened on demand and then kept open."""

    def __init__(self, database: str, **connect_params: Any) -> None:
        super().__init__(database, **connect_params)
        self._free: list[Connection] = []
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._opening = asyncio.Lock()

    async def acquire(self) -> Any:
        await self._places.acquire()
        try:
            return self._free.pop() if self._free else await self._open()
        except BaseException:
            self._places.release()
            raise

    async def _open(self) -> Connection:
        # Opens one at a time: two connections that switch a new file to WAL at once fail, whatever
        # the timeout.
        async with self._opening:
            connect = partial(sqlite3.connect, self.database, isolation_level=None, timeout=BUSY_SECONDS)
            connection = Connection(connect, iter_chunk_size=1)  # nobody asks for chunks
            await connection
            self._opened_connections.add(connection)
            for pragma in PRAGMAS:
                await connection.execute(f"PRAGMA {pragma}")
        return connection

    async def release(self, conn: Any) -> None:
        try:
            if conn.in_transaction:
                await conn.rollback()
            self._free.append(conn)
        finally:
            self._places.release()

    def has_acquired_connections(self) -> bool:
        return len(self._free) < len(self._opened_connections)

    async def close(self) -> None:
        self._closed = True
        for connection in self._opened_connections:
            await connection.close()
        self._opened_connections.clear()
        self._free.clear()


class PersistentPoolBackend(AioSqlitePoolBackend):
    async def create(self) -> None:
        Path(self.database).parent.mkdir(parents=True, exist_ok=True)
        self.pool = PersistentPool(database=self.database, **self.connect_params)


class ImmediateTransaction(Transaction):
    """A transaction that takes the write lock at its start. A lock that is taken later fails if
    another connection has written meanwhile."""

    async def begin(self) -> None:
        await self.execute("BEGIN IMMEDIATE")


class PersistentSqliteDatabase(TimedDatabase, SqliteDatabase):
    pool_backend_cls = PersistentPoolBackend

    def init(self, database: str | None, **kwargs: Any) -> None:
        super().init(database, **kwargs)
        self.writer = asyncio.Lock()
        """Held during a writing transaction. Waiting for it is fair and costs nothing; waiting
        inside SQLite polls."""

    async def aio_execute_sql(
        self, sql: str, params: Sequence[Any] | None = None, fetch_results: FetchResults | None = None
    ) -> Any:
        context = connection_context.get()
        if (context is not None and context.transaction_is_opened) or sql.lstrip()[:6].upper() == "SELECT":
            return await super().aio_execute_sql(sql, params, fetch_results)
        # A single writing statement is a transaction too. Without the lock a read mark delayed the
        # next message by a quarter of a second.
        async with self.writer:
            return await super().aio_execute_sql(sql, params, fetch_results)

    @contextlib.asynccontextmanager
    async def _aio_atomic(self, use_savepoint: bool = False) -> AsyncIterator[None]:
        context = connection_context.get()
        if context is not None and context.transaction_is_opened:
            async with super()._aio_atomic(use_savepoint):
                yield
            return
        async with self.writer, self.aio_connection() as connection, ImmediateTransaction(connection):
            opened = cast("ConnectionContext", connection_context.get())
            opened.transaction_is_opened = True
            try:
                yield
            finally:
                opened.transaction_is_opened = False
