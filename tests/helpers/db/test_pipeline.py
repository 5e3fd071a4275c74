"""Statements sent to PostgreSQL in one trip, and what a lost connection leaves behind."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg
import pytest
import uvloop

from helpers.db.database import fetch, open_database
from helpers.db.pipeline import PipelineConnection
from helpers.db.statement import Statement
from helpers.db.transactions import in_one_trip
from tests.support.people import PATIENCE
from tests.support.servers import Postgres
from tests.support.services.fault_proxy import fault_proxy

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
async def test_who_gets_a_lost_sockets_number_meets_no_reader_there(run: Run, postgres: Postgres) -> None:
    """The event loop forgets a socket whose connection was reset while statements were under
    way."""
    await asyncio.to_thread(run, _statements_under_way_are_reset(postgres))


async def _statements_under_way_are_reset(postgres: Postgres) -> None:
    loop = asyncio.get_running_loop()
    async with fault_proxy(postgres.port) as proxy:
        url = postgres.url.replace(str(postgres.port), str(proxy.port))
        connection = await PipelineConnection.connect(url, autocommit=True)
        number = connection.pgconn.socket
        assert await connection.run_together([Statement("select 1", ())]) == [[(1,)]]
        proxy.withhold()
        waiting = asyncio.create_task(connection.run_together([Statement("select 2", ())]))
        await asyncio.sleep(0)
        proxy.reset()
        with pytest.raises(psycopg.OperationalError, match="closed the connection"):
            async with asyncio.timeout(PATIENCE):
                await waiting
        assert not loop.remove_reader(number)
        assert not loop.remove_writer(number)
        await connection.close()


async def test_an_answer_is_read_though_the_loop_has_lost_the_socket(postgres: Postgres) -> None:
    await asyncio.to_thread(asyncio.run, _the_loop_loses_the_socket(postgres))


async def _the_loop_loses_the_socket(postgres: Postgres) -> None:
    loop: Any = asyncio.get_running_loop()
    async with fault_proxy(postgres.port) as proxy:
        url = postgres.url.replace(str(postgres.port), str(proxy.port))
        connection = await PipelineConnection.connect(url, autocommit=True)
        waiting = asyncio.create_task(connection.run_together([Statement("select 1", ())]))
        await asyncio.sleep(0)
        # The loop still believes that it watches it.
        loop._selector._selector.unregister(connection.pgconn.socket)
        async with asyncio.timeout(PATIENCE):
            assert await waiting == [[(1,)]]
        await connection.close()


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+aiopg"])
async def test_texts_are_utf_8_whatever_the_environment_says(
    driver: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    database = open_database(postgres.url.replace("postgresql", driver, 1))
    try:
        text = "naïve, жук, 日本 🫘"
        assert await fetch(database, "SELECT CAST(%s AS text)", text) == [(text,)]
        statement = Statement("SELECT CAST(%s AS text)", (text,))
        assert await in_one_trip(database, statement) == [[(text,)]]
    finally:
        await database.aio_close()
