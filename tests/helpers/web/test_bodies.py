"""The deadline of a body is its sender's: what is done with it takes as long as it takes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from helpers.web.requests import bodies
from helpers.web.requests.bodies import in_time


async def body(*pauses: float) -> AsyncIterator[bytes]:
    for pause in pauses:
        await asyncio.sleep(pause)
        yield b"hello"


async def test_a_slow_store_is_not_a_slow_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 2.0)
    came = []
    async for piece in in_time(body(0, 0, 0)):
        await asyncio.sleep(0.8)
        came.append(piece)
    assert came == [b"hello"] * 3


@pytest.mark.parametrize("pauses", [(60.0,), (0, 60.0), (0, 0.2, 0.2, 0.2, 0.2)])
async def test_a_slow_sender_is_told(monkeypatch: pytest.MonkeyPatch, pauses: tuple[float, ...]) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.5)
    async with asyncio.timeout(30):
        with pytest.raises(web.HTTPRequestTimeout):
            async for _ in in_time(body(*pauses)):
                pass


async def test_what_comes_fast_gets_its_time_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 20.0)
    monkeypatch.setattr(bodies, "BYTES_PER_SECOND", 0.001)
    assert [piece async for piece in in_time(body(0.1, 0.1, 0.1))] == [b"hello"] * 3
