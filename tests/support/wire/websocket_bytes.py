"""WebSocket as bytes: frames as a client may send them, a client that sends any bytes, and a server
over our end that says back what it hears."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.test_utils import TestServer, get_port_socket

from helpers.websocket.frames import text_frame
from helpers.websocket.keep_alive import KeepAlive
from helpers.websocket.protocol import Upgrade, WebSocket
from tests.support.people import PATIENCE
from tests.support.sites.own_server import OwnServer

MASK = b"\x37\xfa\x21\x3d"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, flags: int = 0, mask: bytes = MASK
) -> bytes:
    """A frame of a client, masked unless `mask` is empty. `flags` are the reserved bits."""
    first = opcode | flags | (0x80 if final else 0)
    masked = 0x80 if mask else 0
    if len(payload) < 126:
        head = bytes((first, masked | len(payload)))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, masked | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, masked | 127, len(payload))
    if mask:
        size = len(payload)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        payload = (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")
    return head + mask + payload


class Echo:
    """Says back what it hears, and an empty binary message to each binary one. `hold` and `go_on`
    when it hears that."""

    def __init__(self, keep_alive: KeepAlive) -> None:
        self.websocket = WebSocket(self, keep_alive)
        self.transport: asyncio.Transport
        self.heard: list[str] = []
        self.small_frames = 0
        self.lost = asyncio.Event()

    def on_open(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def on_text(self, text: str) -> None:
        assert not self.lost.is_set()
        self.heard.append(text)
        if text == "hold":
            self.websocket.pause_reading()
            asyncio.get_running_loop().call_later(0.05, self.websocket.resume_reading)
        elif text == "close":
            self.websocket.close(4001)
        else:
            self.transport.write(text_frame(text.encode()))

    def on_binary(self) -> None:
        self.heard.append("binary")
        self.transport.write(b"\x82\x00")

    def on_small_frame(self) -> None:
        self.small_frames += 1

    def on_stalled(self) -> None:
        self.websocket.close(4001)

    def on_lost(self) -> None:
        assert not self.lost.is_set(), "once"
        self.lost.set()


KERNEL_BYTES = 16 * 1024


def _small_socket(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    """Its connections leave little to the kernel, which would take some megabytes for a client that
    doesn't read."""
    listening = get_port_socket(host, port, family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    return listening


@contextlib.asynccontextmanager
async def echo_server(
    echoes: list[Echo], stalled: float = 20.0, close_seconds: float = 2.0, beat: float = 1.0
) -> AsyncIterator[TestServer]:
    """`echoes` gets everybody who connects."""
    keep_alive = KeepAlive(stalled, close_seconds=close_seconds, beat=beat)

    async def upgrade(request: web.Request) -> web.StreamResponse:
        if not web.WebSocketResponse().can_prepare(request):
            raise web.HTTPBadRequest
        echoes.append(Echo(keep_alive))
        return Upgrade(echoes[-1].websocket.take_over)

    app = web.Application()
    app.router.add_get("/", upgrade)
    server = OwnServer(app, socket_factory=_small_socket)
    await server.start_server()
    try:
        yield server
    finally:
        await keep_alive.close()
        await server.close()


class Raw:
    """A client that sends any bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        """Of the answer to the handshake."""

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload; heartbeats are passed over."""
        while True:
            found = await self.any_frame()
            if found != (PING, b""):
                return found

    async def any_frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(PATIENCE):
            first, length = await self.reader.readexactly(2)
            assert not length & 0x80, "a server masks nothing"
            assert first & 0xF0 == 0x80, "whole messages, without extensions"
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 15, await self.reader.readexactly(length)

    async def closing_code(self) -> int:
        """The code of the close frame, after which the connection ends."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                break
        self.writer.write(frame(CLOSE, payload))
        async with asyncio.timeout(PATIENCE):
            assert await self.reader.read() == b""
        return int.from_bytes(payload[:2], "big")


@contextlib.asynccontextmanager
async def raw_client(
    host: str, port: int | None, path: str = "/", *, headers: str = ""
) -> AsyncIterator[Raw]:
    """A client after its handshake. `headers` are whole lines."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, port))
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        writer.write(
            (
                f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
            ).encode()
        )
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        yield Raw(reader, writer, head)
    finally:
        writer.transport.abort()
