"""How many connections there may be: of one address, of a worker, and what one of them holds before
its WebSocket is open."""

import asyncio
import contextlib
import os
import select
import signal
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from helpers.keys import SETTINGS
from helpers.web.requests.connections import CONNECTIONS, Connections, connections_by, connections_of_clients
from helpers.web.requests.protocol import Runner
from helpers.websocket.keep_alive import KeepAlive
from helpers.websocket.protocol import Upgrade
from settings import Settings
from tests.conftest import LIMITS_OFF, unique
from tests.security.test_memory import _forget_peak, _peak_kb
from tests.support.people import PATIENCE, person
from tests.support.servers import Aiochat, Redis, free_port
from tests.support.wire.raw_http import cookie_of
from tests.support.wire.websocket_bytes import PING, TEXT, Echo, frame
from timings import Timings

HERE, THERE = "127.0.0.2", "127.0.0.3"
OF_ADDRESS, IN_WHOLE = 3, 5

HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class Client:
    """A connection from one of this machine's addresses."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def asks(self, path: str = "/", headers: str = "") -> int:
        """The status of the answer, whose headers are read and kept."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        return await self.is_told()

    async def is_told(self) -> int:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode()
        self.head = head.lower()
        return int(head.split()[1])

    async def closes(self) -> None:
        self.writer.transport.abort()


class Site:
    """A site of a few connections, which says hello, holds who asks for that, and echoes."""

    def __init__(self, port: int, connections: Connections) -> None:
        self.port = port
        self.connections = connections
        self.release = asyncio.Event()
        self.echoes: list[Echo] = []
        self.clients: list[Client] = []

    async def client(self, address: str = HERE) -> Client:
        connected = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        self.clients.append(Client(*connected))
        return self.clients[-1]

    async def holds(self, count: int) -> None:
        """Waits until it has so many connections."""
        async with asyncio.timeout(PATIENCE):
            while self.connections.count != count:
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def _site(*, trust_proxy: bool = False) -> AsyncIterator[Site]:
    settings = Settings(
        connections=IN_WHOLE, address_connections=OF_ADDRESS, trust_proxy=trust_proxy, _env_file=None
    )
    app = web.Application(middlewares=[connections_of_clients])
    app[SETTINGS], app[CONNECTIONS] = settings, connections_by(settings)
    keep_alive = KeepAlive()
    site = Site(free_port(), app[CONNECTIONS])

    async def hello(request: web.Request) -> web.Response:
        return web.Response()

    async def slow(request: web.Request) -> web.Response:
        await site.release.wait()
        return web.Response()

    async def echo(request: web.Request) -> web.StreamResponse:
        site.echoes.append(Echo(keep_alive))
        if "slow" in request.query:
            await site.release.wait()
        return Upgrade(site.echoes[-1].websocket.take_over)

    app.router.add_get("/", hello)
    app.router.add_get("/slow", slow)
    app.router.add_get("/ws", echo)
    runner = Runner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.port).start()
    try:
        yield site
    finally:
        for client in site.clients:
            await client.closes()
        await keep_alive.close()
        await runner.cleanup()


async def test_an_address_has_so_many_connections_and_others_are_not_harmed() -> None:
    async with _site() as site:
        idle, asking, socket = [await site.client() for _ in range(OF_ADDRESS)]
        assert await asking.asks() == 200
        assert await socket.asks("/ws", HANDSHAKE) == 101
        await site.holds(OF_ADDRESS)
        one_too_many = await site.client()
        assert await one_too_many.is_told() == 429
        assert "retry-after: 10\r\n" in one_too_many.head
        assert "x-content-type-options: nosniff\r\n" in one_too_many.head
        assert b"Close some" in await one_too_many.reader.read()
        # Those that are there live on, and so do others.
        assert await (await site.client(THERE)).asks() == 200
        assert await idle.asks() == 200
        socket.writer.write(frame(TEXT, b"still here"))
        assert b"still here" in await socket.reader.readuntil(b"here")
        # A socket that closes gives its place back.
        await socket.closes()
        await site.holds(OF_ADDRESS)
        assert await (await site.client()).asks() == 200


async def test_a_worker_has_so_many_connections() -> None:
    async with _site() as site:
        here = [await site.client() for _ in range(OF_ADDRESS)]
        for _ in range(IN_WHOLE - OF_ADDRESS):
            assert await (await site.client(THERE)).asks() == 200
        one_too_many = await site.client("127.0.0.4")
        assert await one_too_many.is_told() == 503
        assert "retry-after: 10\r\n" in one_too_many.head
        await here[0].closes()
        await site.holds(IN_WHOLE - 1)
        assert await (await site.client("127.0.0.4")).asks() == 200


async def test_behind_a_proxy_the_address_is_the_clients() -> None:
    async with _site(trust_proxy=True) as site:
        first, second = (f"X-Forwarded-For: 2001:db8:1:2::{part}\r\n" for part in (1, 2))
        others = "X-Forwarded-For: 2001:db8:1:3::1\r\n"
        busy = [await site.client() for _ in range(OF_ADDRESS)]
        for client in busy[:2]:
            assert await client.asks("/ws", HANDSHAKE + first) == 101
        busy[2].writer.write(f"GET /slow HTTP/1.1\r\nHost: x\r\n{second}\r\n".encode())
        await site.holds(OF_ADDRESS)
        proxy = await site.client()
        # The same connection carries the requests of one after the other.
        assert await proxy.asks("/", others) == 200
        while await proxy.asks("/", second) == 200:
            await asyncio.sleep(0.01)  # the slow request is on its way
        assert "http/1.1 429" in proxy.head
        assert "retry-after: 10\r\n" in proxy.head
        await proxy.reader.readline()
        assert await proxy.asks("/", others) == 200
        site.release.set()
        assert await busy[2].is_told() == 200
        assert await proxy.asks("/", second) == 200


async def test_what_comes_before_the_answer_is_read_after_it() -> None:
    async with _site() as site:
        client = await site.client()
        early = b"".join(frame(TEXT, b"%d" % number * 400) for number in range(100))
        client.writer.write(f"GET /ws?slow HTTP/1.1\r\nHost: x\r\n{HANDSHAKE}\r\n".encode() + early)
        async with asyncio.timeout(PATIENCE):
            while not site.echoes:
                await asyncio.sleep(0.01)
        site.release.set()
        assert await client.is_told() == 101
        async with asyncio.timeout(PATIENCE):
            while len(site.echoes[0].heard) < 100:
                await asyncio.sleep(0.01)
        assert site.echoes[0].heard == [f"{number}" * 400 for number in range(100)]


@pytest.mark.parametrize("behind", ["at once", "later"])
async def test_a_handshake_that_is_refused_keeps_nobody_from_asking(behind: str) -> None:
    async with _site() as site:
        client = await site.client()
        asked = f"GET / HTTP/1.1\r\nHost: x\r\n{HANDSHAKE}\r\n".encode()
        if behind == "at once":
            client.writer.write(asked + asked)
            assert [await client.is_told(), await client.is_told()] == [200, 200]
        else:
            assert await client.asks("/", HANDSHAKE) == 200
        assert await client.asks("/ws", HANDSHAKE) == 101


SOCKETS = 300
MOST_KB = 64
"""Of each of them."""
FLOOD = frame(PING, b"x" * 125) * 500
QUIET_SECONDS = 1.0


def _flood(port: int, request: bytes, sockets: contextlib.ExitStack) -> int:
    """Sends until nobody takes any more. Returns the bytes."""
    poll, sent = sockets.enter_context(select.epoll()), 0
    unsent: dict[int, tuple[socket.socket, bytes]] = {}
    for _ in range(SOCKETS):
        one = sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
        one.setblocking(False)
        unsent[one.fileno()] = one, request + FLOOD
        poll.register(one, select.EPOLLOUT)
    while ready := poll.poll(QUIET_SECONDS):
        for descriptor, _ in ready:
            one, data = unsent[descriptor]
            try:
                count = one.send(data)
            except BlockingIOError:
                continue
            unsent[descriptor] = one, data[count:] or FLOOD
            sent += count
    return sent


@pytest.mark.parametrize("path", ["ws", "messages"])
async def test_three_hundred_that_flood_before_they_are_answered(own_servers: None, path: str) -> None:
    """Redis is asked for the sessions, and says nothing."""
    with Redis() as redis, contextlib.ExitStack() as sockets:
        env = {**LIMITS_OFF, "AIOCHAT_REDIS_URL": redis.numbered(0)}
        patient = Timings(redis_answer=10 * PATIENCE, redis_quiet=10 * PATIENCE)
        with Aiochat(env=env, timings=patient) as server:
            async with person(server.url, unique("alice")) as alice:
                await alice.joins()
                await alice.creates("Flooded")
                at_alice = await alice.enters("Flooded")
                await at_alice.says("before")
                request = (
                    f"GET /rooms/Flooded/{path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                    f"{HANDSHAKE if path == 'ws' else 'Content-Length: 1000000000' + chr(13) + chr(10)}"
                    f"Origin: {server.url}\r\nCookie: {cookie_of(alice)}\r\n\r\n"
                )
                os.kill(redis.pid, signal.SIGSTOP)
                sockets.callback(os.kill, redis.pid, signal.SIGCONT)
                _forget_peak(server.pid)
                before = _peak_kb(server.pid)
                sent = await asyncio.to_thread(_flood, server.port, request.encode(), sockets)
                grown = _peak_kb(server.pid) - before
                assert grown <= SOCKETS * MOST_KB, f"{grown} kB for {sent >> 20} MB"
                print(f"{path}: {grown / SOCKETS:.0f} kB each, {sent >> 20} MB sent")
                sockets.close()
                assert (await at_alice.says("after"))["type"] == "receipt"
