"""Measures posting while a year's retention erases half of a long history:
`python -m bench.retention --database sqlite`. It stands beside the scenarios: what is measured begins
in the middle of a run, when the server decides that messages are too old."""

import argparse
import asyncio
import contextlib
import sqlite3
import tempfile
import time
from pathlib import Path

import aiohttp
import psycopg
from peewee_async.databases import AioDatabase

from bench.clients.guests import Seats, room_name
from bench.seed import seed
from bench.speakers import Speaker, told
from helpers.db.database import fetch, open_database
from tests.support.databases import new_postgres, new_sqlite
from tests.support.servers import Aiochat, Postgres, Redis
from timings import Timings

SPEAKERS = 20
POSTS_PER_SECOND = 40.0
BEFORE_SECONDS = 20.0
YEAR_MS = 365 * 86_400_000


async def _size(url: str) -> float:
    """Megabytes."""
    if url.startswith("sqlite:"):
        return _size_of_file(Path(url.removeprefix("sqlite:///")))
    database = open_database(url)
    try:
        [(size,)] = await fetch(database, "SELECT pg_total_relation_size('messages')")
        return int(size) / 1e6
    finally:
        await database.aio_close()


def _size_of_file(path: Path) -> float:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size / 1e6


def _spread(url: str, sql: str) -> None:
    """Two years of them."""
    if url.startswith("sqlite:"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(sql)
            connection.commit()
        return
    with psycopg.connect(url, autocommit=True) as postgres:
        postgres.execute("SET statement_timeout = 0")
        postgres.execute(sql.encode())
        postgres.execute("VACUUM FULL ANALYZE messages")


async def _is(database: AioDatabase, sql: str) -> None:
    """Waits until the query finds a row."""
    async with asyncio.timeout(3600):
        while not await fetch(database, sql):  # noqa: ASYNC110 - the server is another process
            await asyncio.sleep(0.2)


async def _run(url: str, env: dict[str, str], data_dir: Path, messages: int) -> None:
    tokens = await seed(Seats(1, SPEAKERS, SPEAKERS, 0), [messages], url, env.get("AIOCHAT_REDIS_URL", ""))
    _spread(url, f"UPDATE messages SET at = at - {2 * YEAR_MS // messages} * ({messages} - seq)")
    print(f"{messages} messages, {await _size(url):.0f} MB")
    env = {**env, "AIOCHAT_RATE_LIMITS": "off"}
    chat = Aiochat(env=env, data_dir=data_dir, timings=Timings(retention=1.0))
    with chat:
        await _measure(chat, url, tokens)


async def _measure(chat: Aiochat, url: str, tokens: list[str]) -> None:
    database = open_database(url)
    until = asyncio.Event()
    sessions = [aiohttp.ClientSession(chat.url, cookies={"session": token}) for token in tokens]
    address = f"/rooms/{room_name(0)}/ws"
    try:
        speakers = [Speaker(await one.ws_connect(address, origin=chat.url)) for one in sessions]
        await asyncio.sleep(3)
        talk = [asyncio.create_task(one.talk(SPEAKERS / POSTS_PER_SECOND, until)) for one in speakers]
        began = time.monotonic()
        await asyncio.sleep(BEFORE_SECONDS)
        decided = time.monotonic()
        await fetch(database, "UPDATE rooms SET retention_days = 365, retention_since = 0")
        await _is(database, "SELECT 1 FROM rooms WHERE kept_seq > 0")
        hidden = time.monotonic()
        await _is(database, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sweeps)")
        erased = time.monotonic()
        if url.startswith("sqlite:"):
            await _is(database, "SELECT 1 FROM pragma_freelist_count WHERE freelist_count < 300")
        ended = time.monotonic()
        until.set()
        await asyncio.gather(*talk)
        await asyncio.sleep(1)
        took = [one for speaker in speakers for one in speaker.took]
        before = [wait for sent, wait in took if began <= sent < decided]
        during = [wait for sent, wait in took if decided <= sent < ended]
        print(told("before", before, decided - began))
        print(told("while it erases", during, ended - decided))
        [(left,)] = await fetch(database, "SELECT COUNT(*) FROM messages")
        print(f"hidden after {hidden - decided:.1f} s, erased after {erased - decided:.0f} s,")
        print(f"given back after {ended - decided:.0f} s: {left} messages, {await _size(url):.0f} MB")
    finally:
        for one in sessions:
            await one.close()
        await database.aio_close()


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.retention", description=__doc__)
    options.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options.add_argument("--messages", type=int, default=1_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.database == "sqlite":
            data_dir = Path(folder) / "data"
            data_dir.mkdir()
            url = new_sqlite(data_dir / "aiochat.db")
            asyncio.run(_run(url, {}, data_dir, given.messages))
            return
        with Postgres() as postgres, Redis() as redis:
            url = new_postgres(postgres, "retention")
            env = {"AIOCHAT_DATABASE_URL": url, "AIOCHAT_REDIS_URL": f"redis://127.0.0.1:{redis.port}/0"}
            asyncio.run(_run(url, env, Path(folder), given.messages))


if __name__ == "__main__":
    main()
