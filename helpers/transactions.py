"""A transaction of two round trips: the statements that begin it go together, and those that end it too.

PostgreSQL takes them as a pipeline (psycopg), SQLite in one visit to its connection's thread; aiopg gets them one by one.
It is for the hot path. Everywhere else `database.aio_atomic()` does."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import aiosqlite
import psycopg
from peewee_async.connection import ConnectionContext, connection_context
from peewee_async.databases import AioDatabase

from helpers.sqlite import KeptSqliteDatabase

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Statement:
    sql: str
    params: Sequence[Any] = ()


class ShortTransaction:
    """`begin` first, `commit` last; between them the models' queries run in it as well."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.is_committed = False

    async def begin(self, *statements: Statement) -> list[Rows]:
        """Begins, and returns the rows of each statement. On SQLite the write lock is taken at once."""
        begin = "BEGIN IMMEDIATE" if isinstance(self._connection, aiosqlite.Connection) else "BEGIN"
        return (await self._run([Statement(begin), *statements]))[1:]

    async def commit(self, *statements: Statement) -> None:
        """Runs the statements and commits. If this raises, the commit may have gone through all the same."""
        await self._run([*statements, Statement("COMMIT")])
        self.is_committed = True

    async def rollback(self) -> None:
        await self._run([Statement("ROLLBACK")])

    async def _run(self, statements: list[Statement]) -> list[Rows]:
        if isinstance(self._connection, aiosqlite.Connection):
            return await _run_in_thread(self._connection, statements)
        if isinstance(self._connection, psycopg.AsyncConnection):
            return await _run_in_pipeline(self._connection, statements)
        found = []
        for statement in statements:
            async with self._connection.cursor() as cursor:
                await cursor.execute(statement.sql, statement.params)
                found.append(await cursor.fetchall() if cursor.description else [])
        return found


async def _run_in_thread(connection: aiosqlite.Connection, statements: list[Statement]) -> list[Rows]:
    def run() -> list[Rows]:
        return [connection._conn.execute(statement.sql, statement.params).fetchall() for statement in statements]

    # aiosqlite has no public way to do more than one thing in a visit.
    return cast("list[Rows]", await connection._execute(run))  # type: ignore[no-untyped-call]


async def _run_in_pipeline(connection: psycopg.AsyncConnection[Any], statements: list[Statement]) -> list[Rows]:
    cursors = []
    async with connection.pipeline():
        for statement in statements:
            # Parameters are bound by the server here, so that the statement is parsed and planned once.
            cursor = psycopg.AsyncCursor(connection)
            await cursor.execute(statement.sql.encode(), statement.params, prepare=bool(statement.params))
            cursors.append(cursor)
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]


@contextlib.asynccontextmanager
async def short_transaction(database: AioDatabase) -> AsyncIterator[ShortTransaction]:
    """The block must commit; without, or when it raises, nothing of it stays."""
    writer = database.writer if isinstance(database, KeptSqliteDatabase) else contextlib.nullcontext()
    async with writer, database.aio_connection() as connection:
        context = cast("ConnectionContext", connection_context.get())
        transaction = ShortTransaction(connection)
        context.transaction_is_opened = True
        try:
            yield transaction
            if not transaction.is_committed:
                raise RuntimeError("a short transaction ended without its commit")
        except BaseException:
            # On a lost connection there is nothing left to roll back.
            with contextlib.suppress(Exception):
                await transaction.rollback()
            raise
        finally:
            context.transaction_is_opened = False
