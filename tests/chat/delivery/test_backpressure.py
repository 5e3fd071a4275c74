"""A client that sends faster than its messages are stored is read no faster than that, and nothing
of it is lost."""

import asyncio
import json
from pathlib import Path

import psycopg

from chat.doors.sockets.websocket import MAX_UNANSWERED
from tests.conftest import patient_env, unique
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat, Postgres, Redis

FLOOD = 10_000
TEXT = "x" * 900
STALL_SECONDS = 1.0
"""The site would take ten thousand messages in this time."""


def _resident_kb(pid: int) -> int:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0])


async def test_a_flood_waits_in_its_own_socket(postgres: Postgres, redis: Redis) -> None:
    """While the room is locked by another, only a hundred messages are taken; the rest stays with
    the sender, and not in our memory."""
    with Aiochat(env=patient_env(postgres, redis, "flood")) as server:
        alice = await Person(server.url, unique("alice")).joins()
        await alice.creates("Flood")
        listener = await alice.enters("Flood")
        await listener.says("before")
        url = server.env["AIOCHAT_DATABASE_URL"]
        before = _resident_kb(server.pid)
        sent = 0

        async def flood() -> None:
            nonlocal sent
            for number in range(FLOOD):
                await listener.ws.send_str(json.dumps({"type": "post", "nonce": f"n{number}", "text": TEXT}))
                sent += 1

        async with await psycopg.AsyncConnection.connect(url) as other:
            await other.execute("SELECT 1 FROM rooms FOR UPDATE")
            flooding = asyncio.create_task(flood())
            await asyncio.sleep(STALL_SECONDS)
            assert not listener.heard("receipt", nonce=f"n{MAX_UNANSWERED}"), "nothing can be stored"
            assert sent < FLOOD, "the sender has to wait"
            grown = _resident_kb(server.pid) - before
        await asyncio.wait_for(flooding, PATIENCE)
        await listener.hears("receipt", nonce=f"n{FLOOD - 1}")
        assert grown < 8 * 1024, f"{grown} kB"
        numbers = [event["number"] for event in listener.heard("receipt")]
        assert numbers == list(range(1, FLOOD + 2)), "each once, in the order in which they were sent"
        await alice.close()
