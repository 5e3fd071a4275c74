"""Who asks for many pages at once, and reads none of them, keeps nobody else waiting and fills no
memory."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from accounts.signin.turns import AT_ONCE, MAX_ASKED, TurnsOfPeople
from helpers.errors import ActionError
from tests.conftest import unique
from tests.support.people import Person, person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import cookie_of


def test_pages_have_a_bucket_for_each_person() -> None:
    turns = TurnsOfPeople(0.1, 3)
    for _ in range(3):
        turns.turn(1, "pages")
    with pytest.raises(ActionError) as refused:
        turns.turn(1, "pages")
    assert refused.value.code == "rate_limited"
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 11
    turns.turn(1, "pictures")
    turns.turn(2, "pages")


LIMITS_ON = {"AIOCHAT_RATE_LIMITS": "on"}
HEAVY = "\U00020000" * 10_000
"""Forty of them are a page of five megabytes, more than the kernel holds for a reader who reads none."""


class Unread:
    """Asks for a page and reads one byte of the answer, not more."""

    def __init__(self, someone: Person, path: str) -> None:
        url = urlsplit(someone.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((url.hostname, url.port))
        self.socket.setblocking(False)
        head = f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nCookie: {cookie_of(someone)}\r\n\r\n"
        self.socket.send(head.encode())

    async def begins(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, 12)


async def test_pages_that_nobody_reads(own_servers: None) -> None:
    with Aiochat(env=LIMITS_ON) as server:
        async with (
            person(server.url, unique("mallory")) as mallory,
            person(server.url, unique("alice")) as alice,
        ):
            room = unique("heavy")
            for someone in (mallory, alice):
                await someone.joins()
            await mallory.creates(room)
            for someone in (mallory, alice):
                writer = await someone.enters(room)
                for _ in range(20):
                    await writer.types(HEAVY)
                    await writer.hears("receipt")
            path = f"/rooms/{room}"
            unread = [Unread(mallory, path) for _ in range(MAX_ASKED + 5)]
            begun = [asyncio.create_task(one.begins()) for one in unread]
            try:
                while sum(task.done() for task in begun) < AT_ONCE + 5:
                    await asyncio.sleep(0.01)
                for _ in range(3):
                    await alice.gets(f"{path}/messages")
                done = [task.result() for task in begun if task.done()]
                assert sorted(done) == [b"HTTP/1.1 200"] * AT_ONCE + [b"HTTP/1.1 429"] * 5
                # Whose turn ends makes place for the next.
                for one, task in zip(unread, begun, strict=True):
                    if task.done():
                        one.socket.close()
                while sum(task.done() for task in begun) < 2 * AT_ONCE + 5:
                    await asyncio.sleep(0.01)
            finally:
                for one, task in zip(unread, begun, strict=True):
                    task.cancel()
                    one.socket.close()
