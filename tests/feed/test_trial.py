"""The trial stream, by which `aiochat doctor` sees what a proxy makes of the feed's: it comes in parts to
whoever asks, and few are under way at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from feed.doors import trial
from feed.keys import TRIALS
from helpers.keys import SETTINGS
from helpers.web.errors import errors
from helpers.web.routing import ROUTES
from settings import read_settings
from tests.conftest import Cast
from tests.support.people import PATIENCE, Person
from tests.support.wire.raw_http import request
from urls import ROUTES as ALL

PATH = "/feed/events/trial"
[ROUTE] = [route for route in ALL if route.name == "feed_trial"]


async def test_it_begins_as_the_feed_does(cast: Cast, alice: Person) -> None:
    stranger = cast.stranger()
    async with stranger.http.get(PATH) as trial_stream, alice.http.get("/feed/events") as stream:
        own = {"Date", "X-Request-ID", "Set-Cookie"}
        seen, wanted = (
            {name: value for name, value in one.headers.items() if name not in own}
            for one in (trial_stream, stream)
        )
        assert (trial_stream.status, seen) == (200, wanted)
        assert (await trial_stream.content.readline()).startswith(b"retry: ")
        assert (await trial_stream.content.read()).endswith(b"event: end\ndata:\n\n")
    assert (await request(cast.url, "HEAD", PATH)).status == 405


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    app = web.Application(middlewares=[errors])
    app[SETTINGS] = read_settings()
    app[TRIALS] = asyncio.Semaphore(trial.AT_ONCE)
    app[ROUTES] = {ROUTE.name: ROUTE}
    app.router.add_view(ROUTE.path, ROUTE.view, name=ROUTE.name)
    found = TestServer(app)
    await found.start_server()
    yield found
    await found.close()


async def test_few_are_under_way_at_once(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes away in the middle of one makes place as soon as it would have ended."""
    go = asyncio.Event()

    async def pause(seconds: float) -> None:
        await go.wait()

    monkeypatch.setattr(trial, "pause", pause)
    url = server.make_url(PATH)
    async with aiohttp.ClientSession() as http, AsyncExitStack() as held:
        for _ in range(trial.AT_ONCE):
            stream = await held.enter_async_context(http.get(url))
            assert (await stream.content.readline()).startswith(b"retry: ")
        async with http.get(url) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
            assert (await refused.json())["error"]["code"] == "too_many_streams"
        await held.aclose()
        go.set()
        async with asyncio.timeout(PATIENCE):
            while server.app[TRIALS].locked():
                await asyncio.sleep(0.02)
        async with http.get(url) as stream:
            assert (await stream.read()).startswith(b"retry: ")
