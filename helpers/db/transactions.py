"""Transactions with few round trips: the first statements are sent together, and so are the last.

PostgreSQL runs them as a pipeline (psycopg 3), SQLite in one call to its connection's thread, aiopg
one by one. This is for the hot path. All other code uses `database.aio_atomic()`."""

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, cast

from peewee_async.connection import ConnectionContext, connection_context
from peewee_async.databases import AioDatabase

from helpers.db.pipeline import PipelineConnection
from helpers.db.sqlite import Connection, PersistentSqliteDatabase
from helpers.db.statement import Rows, Statement
from helpers.db.timed import DATABASE_SECONDS
from helpers.observing.traces import span


class ShortTransaction:
    """Call `begin` first and `commit` last. Queries of the models between them run in the
    transaction too."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.is_committed = False

    async def begin(self, *statements: Statement) -> list[Rows]:
        """Begins and returns the rows of each statement. SQLite takes the write lock at once."""
        return (await self._run([self._beginning, *statements]))[1:]

    async def commit(self, *statements: Statement) -> None:
        """Runs the statements and commits. If this raises, the commit may still have succeeded."""
        await self._run([*statements, Statement("COMMIT")])
        self.is_committed = True

    async def run_all(self, *statements: Statement) -> list[Rows]:
        """Combines `begin` and `commit`: returns the rows of each statement."""
        if len(statements) == 1 and not self._is_sqlite:
            found = await self._run([*statements])  # PostgreSQL makes it a transaction by itself
        else:
            found = (await self._run([self._beginning, *statements, Statement("COMMIT")]))[1:-1]
        self.is_committed = True
        return found

    @property
    def _is_sqlite(self) -> bool:
        return isinstance(self._connection, Connection)

    @property
    def _beginning(self) -> Statement:
        return Statement("BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN")

    async def rollback(self) -> None:
        await self._run([Statement("ROLLBACK")])

    async def _run(self, statements: list[Statement]) -> list[Rows]:
        began = time.monotonic()
        try:
            with span("transaction", {"aiochat.statements": len(statements)}):
                return await self._run_all(statements)
        finally:
            DATABASE_SECONDS.add(time.monotonic() - began)

    async def _run_all(self, statements: list[Statement]) -> list[Rows]:
        if isinstance(self._connection, Connection):
            return await self._connection.in_thread(partial(_run_each, statements))
        if isinstance(self._connection, PipelineConnection):
            return await self._connection.run_together(statements)
        found = []
        for statement in statements:
            async with self._connection.cursor() as cursor:
                await cursor.execute(statement.sql, statement.params)
                found.append(await cursor.fetchall() if cursor.description else [])
        return found


def _run_each(statements: list[Statement], connection: sqlite3.Connection) -> list[Rows]:
    return [connection.execute(statement.sql, statement.params).fetchall() for statement in statements]


@contextlib.asynccontextmanager
async def short_transaction(database: AioDatabase) -> AsyncIterator[ShortTransaction]:
    """The block must commit. Without a commit, or when the block raises, everything is rolled
    back."""
    writer = database.writer if isinstance(database, PersistentSqliteDatabase) else contextlib.nullcontext()
    async with writer, database.aio_connection() as connection:
        context = cast("ConnectionContext", connection_context.get())
        transaction = ShortTransaction(connection)
        context.transaction_is_opened = True
        try:
            yield transaction
            if not transaction.is_committed:
                raise RuntimeError("a short transaction ended without its commit")
        except BaseException:
            # A lost connection has nothing to roll back.
            with contextlib.suppress(Exception):
                await transaction.rollback()
            raise
        finally:
            context.transaction_is_opened = False


async def in_one_trip(database: AioDatabase, *statements: Statement) -> list[Rows]:
    """Runs all statements as one transaction in one round trip. Returns the rows of each."""
    async with short_transaction(database) as transaction:
        return await transaction.run_all(*statements)
