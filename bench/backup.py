"""Measures posting while a long history is saved: `python -m bench.backup --database sqlite`. Then the
backup is put into the place of a site, and verified."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from bench.clients.guests import Seats, room_name
from bench.seed import seed
from bench.speakers import Speaker, told
from tests.support.databases import new_postgres, new_sqlite
from tests.support.servers import ROOT, Aiochat, Postgres, Redis

SPEAKERS = 20
POSTS_PER_SECOND = 40.0
BEFORE_SECONDS = 10.0


async def _command(env: dict[str, str], *arguments: str) -> float:
    """Runs a command of the shell, and returns for how many seconds. Raises ValueError where it fails."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "app.py"),
        *arguments,
        env={**os.environ, **env},
        cwd=env["AIOCHAT_DATA_DIR"],
    )
    if await process.wait():
        raise ValueError(f"{arguments[0]} failed")
    return time.monotonic() - began


async def _run(url: str, env: dict[str, str], other: dict[str, str], folder: Path, messages: int) -> None:
    tokens = await seed(Seats(1, SPEAKERS, SPEAKERS, 0), [messages], url, env.get("AIOCHAT_REDIS_URL", ""))
    env = {**env, "AIOCHAT_RATE_LIMITS": "off", "AIOCHAT_DATA_DIR": str(folder / "data")}
    archive = folder / "site.tar"
    with Aiochat(env=env, data_dir=folder / "data") as chat:
        await _measure(chat, env, archive, tokens)
    print(f"{archive.stat().st_size / 1e6:.0f} MB")
    other = {**env, **other, "AIOCHAT_DATA_DIR": str(folder / "other")}
    (folder / "other").mkdir()
    print(f"restored in {await _command(other, 'restore', str(archive)):.1f} s")
    print(f"verified in {await _command(other, 'verify'):.1f} s")


async def _measure(chat: Aiochat, env: dict[str, str], archive: Path, tokens: list[str]) -> None:
    until = asyncio.Event()
    sessions = [aiohttp.ClientSession(chat.url, cookies={"session": token}) for token in tokens]
    address = f"/rooms/{room_name(0)}/ws"
    try:
        speakers = [Speaker(await one.ws_connect(address, origin=chat.url)) for one in sessions]
        talk = [asyncio.create_task(one.talk(SPEAKERS / POSTS_PER_SECOND, until)) for one in speakers]
        await asyncio.sleep(3)
        began = time.monotonic()
        await asyncio.sleep(BEFORE_SECONDS)
        decided = time.monotonic()
        await _command(env, "backup", str(archive))
        ended = time.monotonic()
        until.set()
        await asyncio.gather(*talk)
        await asyncio.sleep(1)
        took = [one for speaker in speakers for one in speaker.took]
        before = [wait for sent, wait in took if began <= sent < decided]
        during = [wait for sent, wait in took if decided <= sent < ended]
        print(told("before", before, decided - began))
        print(told("while it is saved", during, ended - decided))
    finally:
        for one in sessions:
            await one.close()


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.backup", description=__doc__)
    options.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options.add_argument("--messages", type=int, default=1_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        if given.database == "sqlite":
            url = new_sqlite(folder / "data" / "aiochat.db")
            asyncio.run(_run(url, {}, {}, folder, given.messages))
            return
        with Postgres() as postgres, Redis() as redis:
            url, other = new_postgres(postgres, "backup"), new_postgres(postgres, "restored")
            bus = f"redis://127.0.0.1:{redis.port}"
            env = {"AIOCHAT_DATABASE_URL": url, "AIOCHAT_REDIS_URL": f"{bus}/0"}
            there = {"AIOCHAT_DATABASE_URL": other, "AIOCHAT_REDIS_URL": f"{bus}/1"}
            asyncio.run(_run(url, env, there, folder, given.messages))


if __name__ == "__main__":
    main()
