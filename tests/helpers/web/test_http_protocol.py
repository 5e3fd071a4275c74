"""HTTP connections beneath the middlewares: those of clients that don't go on, and those that don't
read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import pytest
from aiohttp import web

from helpers.web.requests import protocol
from helpers.web.requests.protocol import Runner
from tests.support.people import PATIENCE
from tests.support.servers import free_port
from timings import DEFAULT


@contextlib.asynccontextmanager
async def _serving(handler: object, keepalive_timeout: float = 20.0) -> AsyncIterator[int]:
    site = web.Application()
    site.router.add_get("/", handler)  # type: ignore[arg-type]
    runner = Runner(site, access_log=None, shutdown_timeout=0, keepalive_timeout=keepalive_timeout)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield port
    finally:
        await runner.cleanup()


async def test_a_head_that_never_ends_ends() -> None:
    """In the time that an idle connection has, however often something comes."""

    async def handler(request: web.Request) -> web.Response:
        raise AssertionError("it isn't complete")

    assert DEFAULT.keep_alive <= 20
    async with _serving(handler, keepalive_timeout=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def trickle() -> None:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            while True:
                writer.write(b"y")
                await writer.drain()
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
        writer.transport.abort()


@pytest.mark.parametrize("way", ["whole", "stream"])
async def test_who_reads_nothing_of_an_answer_is_disconnected(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(protocol, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.02)
    lost = asyncio.Event()

    class Noted(protocol.Protocol):
        def connection_lost(self, exc: BaseException | None) -> None:
            super().connection_lost(exc)
            lost.set()

    monkeypatch.setattr(protocol, "Protocol", Noted)

    async def handler(request: web.Request) -> web.StreamResponse:
        if way == "whole":
            return web.Response(body=bytes(32 << 20))
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(64 << 10))

    async with _serving(handler) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(lost.wait(), PATIENCE)
        writer.transport.abort()


async def test_who_reads_slowly_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.01)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=bytes(16 << 20))

    async with _serving(handler) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        size = 0
        async with asyncio.timeout(PATIENCE):
            while data := await reader.read(1 << 20):
                size += len(data)
                await asyncio.sleep(0.01)
        assert size == 16 << 20
        writer.close()


async def test_who_is_gone_before_they_are_told_to_go_on_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lost = asyncio.Event()

    class Closing(protocol.Protocol):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            cast("asyncio.Transport", self.transport).close()

        def connection_lost(self, exc: BaseException | None) -> None:
            super().connection_lost(exc)
            lost.set()

    monkeypatch.setattr(protocol, "Protocol", Closing)

    async def handler(request: web.Request) -> web.Response:
        raise AssertionError("nobody is there")

    async with _serving(handler) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")
        await asyncio.wait_for(lost.wait(), PATIENCE)
        writer.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
