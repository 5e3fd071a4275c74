"""Chromium, the sites that it visits, and Alice and Bob at it."""

import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, ViewportSize, async_playwright

from tests.conftest import server_env, unique
from tests.support.pages.browser import ARGUMENTS, CHROMIUM, PHONE, WIDE, Profiles, Screen, Visitor, Visitors
from tests.support.pages.inspector import axe, inspector
from tests.support.people import Listener, Person
from tests.support.servers import Aiochat, Nginx, Postgres, Redis, free_port

__all__ = ["axe", "inspector"]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture(scope="module", params=["sqlite", "postgres behind nginx"])
def site(request: pytest.FixtureRequest) -> Iterator[tuple[str, Aiochat]]:
    """The site's address and the server behind it, which a story may kill unless it is shared."""
    if request.param == "shared":
        shared: Aiochat = request.getfixturevalue("sqlite_chat")
        yield shared.url, shared
        return
    if request.param == "sqlite":
        with Aiochat() as server:
            yield server.url, server
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: Redis = request.getfixturevalue("redis")
    port = free_port()
    nginx = Nginx([port])
    env = {
        **server_env(postgres, redis, unique("journey")),
        "AIOCHAT_PUBLIC_URL": nginx.url,
        "AIOCHAT_TRUST_PROXY": "true",
    }
    with Aiochat(port=port, env=env) as server, nginx:
        Aiochat.reached_at[nginx.url] = server
        yield nginx.url, server


@pytest.fixture
async def visitors(profiles: Profiles, site: tuple[str, Aiochat]) -> AsyncIterator[Visitors]:
    """Makes visitors, each with a browser of their own. None of their pages may have complained."""
    made: list[Visitor] = []
    lent = contextlib.AsyncExitStack()

    async def make(name: str, viewport: ViewportSize) -> Visitor:
        screen = Screen(site[0], viewport, color_scheme="dark" if viewport is PHONE else "light")
        page = await lent.enter_async_context(profiles.lent(screen))
        # As a whole browser does by itself for whoever presses a key.
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        visitor = Visitor(page.context, page, site[0], unique(name))
        made.append(visitor)
        lent.push_async_callback(visitor.goes)
        await visitor.joins()
        return visitor

    async with lent:
        yield make
    for visitor in made:
        assert not visitor.complaints, visitor.complaints


@pytest.fixture
async def alice(visitors: Visitors) -> Visitor:
    return await visitors("alice", WIDE)


@pytest.fixture
async def bob(visitors: Visitors) -> Visitor:
    """Bob has a phone, and prefers it dark."""
    return await visitors("bob", PHONE)


@pytest.fixture
async def room(alice: Visitor) -> str:
    """A room of Alice's, in which she is."""
    name = unique("Lounge")
    await alice.makes(name)
    return name


@pytest.fixture
async def carol(site: tuple[str, Aiochat], room: str) -> AsyncIterator[Listener]:
    """Carol is in the room by a program of hers."""
    someone = await Person(site[0], unique("carol")).joins()
    yield await someone.enters(room)
    await someone.close()
