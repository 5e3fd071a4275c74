"""Measures posting while `@all` calls everybody in a room of ten thousand:
`python -m bench.calling --database sqlite`. It stands beside the scenarios: what is measured begins in the
middle of a run, when somebody calls. Most of the members aren't connected; those who are talk all the time,
in that room and in another one."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import aiohttp
from peewee_async.databases import AioDatabase

from bench.clients.guests import Seats, room_name
from bench.seed import seed
from bench.speakers import Speaker, told
from helpers.db.database import fetch, open_database
from tests.support.databases import new_postgres, new_sqlite
from tests.support.servers import Aiochat, Postgres, Redis

SPEAKERS = 10
"""In each of the rooms."""

POSTS_PER_SECOND = 20.0
"""In each of the rooms."""

BEFORE_SECONDS = 10.0
CALLS = 3


async def _run(url: str, env: dict[str, str], data_dir: Path, members: int) -> None:
    tokens = await seed(Seats(2, members, SPEAKERS, 0), [0, 0], url, env.get("AIOCHAT_REDIS_URL", ""))
    database = open_database(url)
    await fetch(database, "UPDATE members SET role = 3 WHERE user_id = 1")
    env = {**env, "AIOCHAT_RATE_LIMITS": "off"}
    try:
        with Aiochat(env=env, data_dir=data_dir) as chat:
            await _measure(chat, database, [tokens[:SPEAKERS], tokens[members : members + SPEAKERS]])
    finally:
        await database.aio_close()


async def _measure(chat: Aiochat, database: AioDatabase, tokens: list[list[str]]) -> None:
    until = asyncio.Event()
    sessions = [
        [aiohttp.ClientSession(chat.url, cookies={"session": token}) for token in room] for room in tokens
    ]
    try:
        speakers = [
            [Speaker(await one.ws_connect(f"/rooms/{room_name(place)}/ws", origin=chat.url)) for one in room]
            for place, room in enumerate(sessions)
        ]
        await asyncio.sleep(3)
        pause = SPEAKERS / POSTS_PER_SECOND
        talk = [asyncio.create_task(one.talk(pause, until)) for room in speakers for one in room]
        began = time.monotonic()
        await asyncio.sleep(BEFORE_SECONDS)
        spans = []
        for call in range(CALLS):
            # Each over a socket of its own: one that isn't read for long is closed.
            caller = await sessions[0][0].ws_connect(f"/rooms/{room_name(0)}/ws", origin=chat.url)
            called = time.monotonic()
            await caller.send_json({"type": "post", "text": f"@all call {call}", "nonce": f"call{call}"})
            await _decided(database, call + 1)
            await caller.close()
            spans.append((called, time.monotonic()))
            await asyncio.sleep(3)
        until.set()
        await asyncio.gather(*talk)
        await asyncio.sleep(1)
        for place, room in enumerate(speakers):
            took = [one for speaker in room for one in speaker.took]
            before = [wait for sent, wait in took if began <= sent < began + BEFORE_SECONDS]
            during = [wait for sent, wait in took if any(called <= sent < ended for called, ended in spans)]
            name = "the room that is called" if place == 0 else "another room"
            print(told(f"{name}, before", before, BEFORE_SECONDS))
            print(told(f"{name}, meanwhile", during, sum(ended - called for called, ended in spans)))
        [(notices,)] = await fetch(database, "SELECT COUNT(*) FROM notices WHERE kind = 'group'")
        [(due,)] = await fetch(database, "SELECT COUNT(*) FROM notice_deliveries")
        each = ", ".join(f"{ended - called:.2f}" for called, ended in spans)
        print(f"{CALLS} calls: {notices} notices, {due} to be pushed; decided after {each} s")
    finally:
        for people in sessions:
            for person in people:
                await person.close()


async def _decided(database: AioDatabase, calls: int) -> None:
    """Waits until so many posts with `@all` are decided for everybody."""
    async with asyncio.timeout(600):
        while True:
            rows = await fetch(
                database,
                "SELECT COUNT(*) FROM messages AS post JOIN notice_progress AS progress "
                "ON progress.room_id = post.room_id AND progress.seq >= post.seq WHERE post.mentions = '-1'",
            )
            if rows[0][0] == calls:
                return
            await asyncio.sleep(0.02)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.calling", description=__doc__)
    options.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options.add_argument("--members", type=int, default=10_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.database == "sqlite":
            data_dir = Path(folder) / "data"
            data_dir.mkdir()
            url = new_sqlite(data_dir / "aiochat.db")
            asyncio.run(_run(url, {}, data_dir, given.members))
            return
        with Postgres() as postgres, Redis() as redis:
            url = new_postgres(postgres, "calling")
            env = {"AIOCHAT_DATABASE_URL": url, "AIOCHAT_REDIS_URL": f"redis://127.0.0.1:{redis.port}/0"}
            asyncio.run(_run(url, env, Path(folder), given.members))


if __name__ == "__main__":
    main()
