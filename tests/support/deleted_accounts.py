"""Those who delete their accounts, and what the database of a server holds of them."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg

from tests.conftest import unique
from tests.support import feed_reader
from tests.support.people import PASSWORD, PATIENCE, Listener, Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import cookie_of, request

JSON = {"Accept": "application/json"}


def rows(chat: Aiochat, sql: str) -> list[tuple[Any, ...]]:
    """What the database holds."""
    if url := chat.env.get("AIOCHAT_DATABASE_URL"):
        with psycopg.connect(url) as postgres:
            return postgres.execute(sql.encode()).fetchall()
    connection = sqlite3.connect(chat.data_dir / "aiochat.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def change(chat: Aiochat, sql: str) -> None:
    if url := chat.env.get("AIOCHAT_DATABASE_URL"):
        with psycopg.connect(url) as postgres:
            postgres.execute(sql.encode())
        return
    connection = sqlite3.connect(chat.data_dir / "aiochat.db", timeout=10)
    connection.execute(sql)
    connection.commit()
    connection.close()


def everything(chat: Aiochat) -> str:
    """All texts of all tables, to look for a name in."""
    if "AIOCHAT_DATABASE_URL" in chat.env:
        found = rows(chat, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    else:
        found = rows(chat, "SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = [
        name
        for (name,) in found
        if name not in ("leavings", "sessions") and not name.startswith(("_", "yoyo", "sqlite"))
    ]
    return "\n".join(f"{table}: {row}" for table in tables for row in rows(chat, f"SELECT * FROM {table}"))


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


async def until_gone(chat: Aiochat, *texts: str) -> None:
    """Waits until no table has any of them."""
    left = [""]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2 * PATIENCE):
            while left:
                stored = await asyncio.to_thread(everything, chat)
                left = [line for line in stored.splitlines() if any(text in line for text in texts)]
                await asyncio.sleep(0.1)
    assert left == []


async def leaves(someone: Person, messages: str = "keep") -> None:
    answer = await someone.submits("/accounts/delete", password=PASSWORD, messages=messages)
    assert (answer.status, answer.headers["Location"]) == (303, "/"), await answer.text()


async def acts(someone: Person, path: str, **fields: str) -> Any:
    """Posts a form as a program does, and it is done. Returns the JSON of the answer, None without
    any."""
    status, answer = await feed_reader.asks(someone, path, **fields)
    assert status < 300, answer
    return answer


async def asks(listener: Listener, **request: Any) -> None:
    await listener.ws.send_json({**request, "nonce": unique("ask")})
    await listener.hears("receipt")


async def status(someone: Person, path: str) -> int:
    return (await request(someone.url, "GET", path, cookie=cookie_of(someone))).status
