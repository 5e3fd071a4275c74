"""Servers of others, as they are and as they can be: a local one that answers well, badly, slowly
or without end."""

import asyncio
import contextlib
import gzip
import io
import ipaddress
import struct
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web
from PIL import Image


def drawn(colour: str = "red", size: tuple[int, int] = (256, 256)) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class Elsewhere:
    """Answers by the last part of the path; `asked` holds every request, path and query as they
    came.

    What is in `lines` is the answer to that name. `slowly` answers when `go` is set, `drip` sends a
    byte and no more."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.peers: list[str] = []
        self.lines: dict[str, str] = {}
        self.pictures: dict[str, bytes] = {}
        self.packed = ("gzip", b"")
        self.go = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked.append(request.raw_path)
        self.headers.append(dict(request.headers))
        self.peers.append(request.transport.get_extra_info("sockname")[0] if request.transport else "")
        if name in self.lines:
            return web.Response(text=self.lines[name])
        if name in self.pictures:
            return web.Response(body=self.pictures[name], content_type="image/png")
        known = getattr(self, f"_{name}", None)
        if known:
            found: web.StreamResponse = await known(request)
            return found
        raise web.HTTPNotFound

    async def _packed(self, _: web.Request) -> web.StreamResponse:
        coding, body = self.packed
        return web.Response(body=body, headers={"Content-Encoding": coding})

    async def _redirect(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/fine")

    async def _broken(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPInternalServerError

    async def _html(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="<h1>Sunny</h1>", content_type="text/html")

    async def _cookie(self, _: web.Request) -> web.StreamResponse:
        answer = web.Response(text="fine")
        answer.set_cookie("who", "you")
        return answer

    async def _huge(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="x" * 2_000_000)

    async def _bomb(self, _: web.Request) -> web.StreamResponse:
        return web.Response(
            body=gzip.compress(bytes(10_000_000)),
            content_type="text/plain",
            headers={"Content-Encoding": "gzip"},
        )

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(bytes(65536))
        return answer

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        await answer.write(b"x")
        await self.go.wait()
        return answer

    async def _slowly(self, _: web.Request) -> web.StreamResponse:
        await self.go.wait()
        return web.Response(text="slowly: at last")

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/plain", "Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"half of it")
        assert request.transport
        request.transport.close()
        return answer

    async def _garbage(self, request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.write(b"\x00\xff\r\n\r\nHTTP\r\n\r\n")
        request.transport.close()
        return web.Response()

    async def _binary(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=b"\xff\xfe\x00", content_type="text/plain")


@contextlib.asynccontextmanager
async def elsewhere(*hosts: str) -> AsyncIterator[Elsewhere]:
    """One on a free port of loopback, or of these addresses of it."""
    found = Elsewhere()
    app = web.Application()
    app.router.add_get("/{folder:.*}/{name:[^/]+}", found.answer)
    app.router.add_get("/{name:[^/]+}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    for host in hosts or ("127.0.0.1",):
        site = web.TCPSite(runner, host, found.port)
        await site.start()
        server: Any = site._server
        found.port = server.sockets[0].getsockname()[1]
    yield found
    found.go.set()
    await runner.cleanup()


class NameServer(asyncio.DatagramProtocol):
    """Answers questions for IPv4 addresses (RFC 1035) from `addresses`, those for names in `silent`
    never, and knows no others."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self.silent: set[str] = set()
        self.asked: set[str] = set()
        self.port = 0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: Any) -> None:
        labels, place = [], 12
        while length := data[place]:
            labels.append(data[place + 1 : place + 1 + length].decode())
            place += 1 + length
        name, question = ".".join(labels).lower(), data[12 : place + 5]
        self.asked.add(name)
        if name in self.silent:
            return
        known = self.addresses.get(name)
        answer = b""
        if known and question.endswith(b"\x00\x01\x00\x01"):
            answer = struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + ipaddress.IPv4Address(known).packed
        flags = 0x8180 if known else 0x8183
        head = data[:2] + struct.pack("!HHHHH", flags, 1, bool(answer), 0, 0)
        self._transport.sendto(head + question + answer, address)


@contextlib.asynccontextmanager
async def name_server() -> AsyncIterator[tuple[NameServer, aiohttp.AsyncResolver]]:
    """One on a free port of loopback, and the resolver that asks it alone."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, ("127.0.0.1", 0)
    )
    yield server, aiohttp.AsyncResolver(nameservers=[f"127.0.0.1:{server.port}"])
    transport.close()
