"""PostgreSQL with psycopg 3, or aiopg on request: connection pools that recover soon after an
outage.

peewee-async builds its address by concatenation (a password with `@` breaks it) and waits up to 300
s between attempts to reconnect."""

import asyncio
import select
from typing import Any, cast

import psycopg
import psycopg2
import psycopg_pool
from peewee_async import PostgresqlDatabase, Psycopg3Database
from peewee_async.pool import AioPgPoolBackend, PsycopgPoolBackend
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from helpers.db.pipeline import PipelineConnection
from helpers.db.timed import TimedDatabase

POOL_SIZE = 10
ACQUIRE_SECONDS = 4.0
RECONNECT_SECONDS = 5.0

LIMITS = {"lock_timeout": 2000, "statement_timeout": 5000, "idle_in_transaction_session_timeout": 5000}
"""Milliseconds. A query that exceeds these is a fault, and must not hold a room's lock."""


LOST_AFTER = {"tcp_user_timeout": 5000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}
"""With these the kernel detects a network that drops all packets. By default it retries for a
quarter of an hour."""


def _connect_params(url: str) -> dict[str, Any]:
    params = conninfo_to_dict(url)
    params.setdefault("connect_timeout", 4)
    params.setdefault("application_name", "aiochat")
    # Texts are sent as UTF-8, whatever PGCLIENTENCODING says.
    params["client_encoding"] = "UTF8"
    for name, value in LOST_AFTER.items():
        params.setdefault(name, value)
    limits = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    params["options"] = f"{limits} {params.get('options') or ''}".strip()
    return dict(params)


def _is_alive(connection: Any) -> bool:
    """An idle connection has nothing to read. If it is readable, the server has ended it."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


class ReconnectingPoolBackend(PsycopgPoolBackend):
    async def create(self) -> None:
        pool = psycopg_pool.AsyncConnectionPool(
            make_conninfo(**self.connect_params),
            connection_class=PipelineConnection,
            kwargs={"cursor_factory": psycopg.AsyncClientCursor, "autocommit": True},
            min_size=2,
            max_size=POOL_SIZE,
            timeout=ACQUIRE_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
        )
        await pool.open()
        self.pool = pool

    async def acquire(self) -> Any:
        if self.pool is None:
            await self.connect()
        pool = cast("psycopg_pool.AsyncConnectionPool[Any]", self.pool)
        while True:
            connection = await pool.getconn()
            if _is_alive(connection):
                return connection
            await connection.close()
            await pool.putconn(connection)


class ReconnectingAiopgBackend(AioPgPoolBackend):
    async def acquire(self) -> Any:
        while True:
            connection = await self._acquire()
            if _is_alive(connection.raw):
                return connection
            connection.close()
            await self.release(connection)

    async def _acquire(self) -> Any:
        for _ in range(3):
            try:
                return await super().acquire()
            except RuntimeError:
                # uvloop hasn't released a lost connection yet, and the new one has the same file
                # descriptor.
                await asyncio.sleep(0)
        raise psycopg2.OperationalError("no connection could be made")


class ReconnectingPsycopgDatabase(TimedDatabase, Psycopg3Database):
    pool_backend_cls = ReconnectingPoolBackend


class ReconnectingAiopgDatabase(TimedDatabase, PostgresqlDatabase):
    pool_backend_cls = ReconnectingAiopgBackend


def psycopg_database(url: str) -> ReconnectingPsycopgDatabase:
    params = _connect_params(url)
    return ReconnectingPsycopgDatabase(params["dbname"], **params)


def aiopg_database(url: str) -> ReconnectingAiopgDatabase:
    params = _connect_params(url)
    params["timeout"] = ACQUIRE_SECONDS
    return ReconnectingAiopgDatabase(
        params.pop("dbname"),
        register_hstore=False,
        pool_params={"minsize": 1, "maxsize": POOL_SIZE},
        **params,
    )
