"""A site to which messages link, on an address of loopback that plays a public one."""

import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

PUBLIC = "127.0.0.2"
"""Plays a public address; 127.0.0.1 stays a private one."""


class Site:
    """Answers with what is in `pages`: a response, or what makes one of a request."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    def url(self, path: str) -> str:
        return f"http://{PUBLIC}:{self.port}/{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        peer = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        self.asked.append((peer, request.raw_path))
        found = self.pages.get(request.path[1:])
        if found is None:
            raise web.HTTPNotFound
        if isinstance(found, str):
            return web.Response(text=found, content_type="text/html")
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="text/html", charset=None)
        answer: web.StreamResponse = await found(request)
        return answer


class NoNames(AbstractResolver):
    """Knows no name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise OSError("no such name")

    async def close(self) -> None:
        pass


@contextlib.asynccontextmanager
async def linked_site() -> AsyncIterator[Site]:
    found = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        for host in (PUBLIC, "127.0.0.1"):
            one = web.TCPSite(runner, host, found.port)
            await one.start()
            server: Any = one._server
            found.port = server.sockets[0].getsockname()[1]
        yield found
    finally:
        await runner.cleanup()
