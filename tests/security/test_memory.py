"""Two hundred sockets of people who send and never read: what that costs a worker in memory, and that
the others talk on."""

import asyncio
import contextlib
import json
import select
import socket
from pathlib import Path

import pytest

from tests.conftest import LIMITS_OFF, unique
from tests.support.people import PATIENCE, person
from tests.support.servers import Aiochat, Nginx, free_port
from tests.support.wire.raw_http import cookie_of
from tests.support.wire.websocket_bytes import BINARY, PING, TEXT, frame
from timings import Timings

PEOPLE = 20
SOCKETS = 10
"""Of each."""

MOST_KB = 40 * 1024
BUFFER = 16 * 1024
"""Of the clients' kernel, so that little is on the way."""

QUIET_SECONDS = 1.0
MOST_SENT = 256 << 10
"""Bytes of one client: four times what may be left unread."""


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_kb(pid: int) -> int:
    """The most memory that it has had since `_forget_peak`, which begins with what it has."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0])


def _json_ping() -> bytes:
    return frame(TEXT, json.dumps({"type": "ping"}).encode())


HALF = frame(TEXT, b"x" * 65_000)[:-1]
"""Never completed."""

FLOODS = [
    frame(PING, b"x" * 125) * 100,
    frame(TEXT, b'{"type":"enter","room":"Flooded","since":0}') * 50,
    frame(PING, b"x" * 125) * 100,
    frame(PING, b"x" * 20) * 400,
    frame(BINARY, b"x") * 1000,
    frame(TEXT, b'{"type":"dance"}') * 200,
    HALF,
    frame(TEXT, b"x" * 60_000, final=False) + frame(PING, b"x" * 125) * 500,
    frame(TEXT, b"/help") * 200,
    _json_ping() * 500,
]
"""What the ten sockets of each send again and again. Every second one is a personal one."""


def _connected(port: int, origin: str, path: str, cookie: str) -> socket.socket:
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", port))
        connection.sendall(
            (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n\r\n"
            ).encode()
        )
        assert connection.recv(12) == b"HTTP/1.1 101"
        connection.setblocking(False)
        stack.pop_all()
        return connection


def _flood(connections: list[socket.socket]) -> int:
    """Sends on all until none is taken any more of anybody. Returns the bytes that were sent."""
    poll = select.epoll()
    rest = {one.fileno(): (one, FLOODS[place % SOCKETS]) for place, one in enumerate(connections)}
    unsent = {descriptor: flood for descriptor, (_, flood) in rest.items()}
    sent = dict.fromkeys(rest, 0)
    for descriptor in rest:
        poll.register(descriptor, select.EPOLLOUT)
    while ready := poll.poll(QUIET_SECONDS):
        for descriptor, _ in ready:
            connection, flood = rest[descriptor]
            try:
                count = connection.send(unsent[descriptor])
            except BlockingIOError:
                continue
            except OSError:
                # nginx closes who hasn't read for half a minute.
                poll.unregister(descriptor)
                continue
            unsent[descriptor] = unsent[descriptor][count:] or flood
            sent[descriptor] += count
            if sent[descriptor] >= (len(flood) if flood is HALF else MOST_SENT):
                poll.unregister(descriptor)
    poll.close()
    return sum(sent.values())


@pytest.mark.parametrize("way", ["direct", "nginx"])
async def test_two_hundred_sockets_that_never_read(own_servers: None, way: str) -> None:
    port = free_port()
    nginx = Nginx([port])
    env = {**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": nginx.url, "AIOCHAT_TRUST_PROXY": "true"}
    patient = Timings(stalled_client=10 * PATIENCE)
    with nginx, Aiochat(port=port, env=env, timings=patient) as server, contextlib.ExitStack() as sockets:
        Aiochat.reached_at[nginx.url] = server
        async with person(nginx.url, unique("alice")) as alice, contextlib.AsyncExitStack() as crowd:
            await alice.joins()
            await alice.creates("Flooded")
            at_alice = await alice.enters("Flooded")
            mob = [await crowd.enter_async_context(person(nginx.url, unique("m"))) for _ in range(PEOPLE)]
            cookies = [cookie_of(await one.joins()) for one in mob]
            await at_alice.says("before")
            _forget_peak(server.pid)
            before = _peak_kb(server.pid)
            target = server.port if way == "direct" else nginx.port
            # Alice answers the server's pings meanwhile.
            connections = [
                sockets.enter_context(await asyncio.to_thread(_connected, target, nginx.url, path, cookie))
                for cookie in cookies
                for path in ("/rooms/Flooded/ws", "/ws") * (SOCKETS // 2)
            ]
            sent = await asyncio.to_thread(_flood, connections)
            grown = _peak_kb(server.pid) - before
            assert (await at_alice.says("after"))["type"] == "receipt"
            assert grown <= MOST_KB, f"{grown} kB for {sent >> 20} MB"
            print(f"{way}: {grown} kB more for {sent >> 20} MB sent")
