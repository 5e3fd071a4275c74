"""What all pages have is read for pages: not for what is answered by something else, and not for a page
that tells of a fault."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from app import create_app
from helpers.web.rendering import KNOWN_CONTEXT, PAGE_CONTEXT
from settings import Settings
from tests.support.databases import new_sqlite

PAGE, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def asked() -> list[str]:
    """The paths for whose pages something was asked."""
    return []


@pytest.fixture
async def client(tmp_path: Path, asked: list[str]) -> AsyncIterator[Client]:
    """A site of which one page is broken, and one answers 503."""

    async def ask(request: web.Request) -> dict[str, Any]:
        asked.append(request.path)
        return {}

    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("broken")

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPServiceUnavailable

    app = await create_app(Settings(database_url=new_sqlite(tmp_path / "chat.db"), rate_limits="off"))
    app[PAGE_CONTEXT].append(ask)
    app.router.add_get("/broken", broken)
    app.router.add_get("/away", away)
    async with TestClient(TestServer(app)) as found:
        yield found


async def status(client: Client, path: str, headers: dict[str, str]) -> int:
    async with client.get(path, headers=headers, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


async def test_a_page_asks(client: Client, asked: list[str]) -> None:
    assert await status(client, "/accounts/login", PAGE) == 200
    assert asked == ["/accounts/login"]


async def test_a_page_that_refuses_asks(client: Client, asked: list[str]) -> None:
    assert await status(client, "/nowhere", PAGE) == 404
    assert asked == ["/nowhere"]


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/nowhere", JSON, 404),
        ("/rooms", JSON, 401),
        ("/rooms", PAGE, 303),
        ("/livez", PAGE, 200),
        ("/robots.txt", PAGE, 200),
    ],
)
async def test_what_is_no_page_asks_nothing(
    client: Client, asked: list[str], path: str, headers: dict[str, str], expected: int
) -> None:
    assert await status(client, path, headers) == expected
    assert not asked


@pytest.mark.parametrize(("path", "expected"), [("/broken", 500), ("/away", 503)])
async def test_a_page_of_a_fault_asks_nothing_and_looks_like_the_site(
    client: Client, asked: list[str], path: str, expected: int
) -> None:
    async def named(_: web.Request) -> dict[str, Any]:
        return {"site_name": "Beans"}

    client.app[KNOWN_CONTEXT].append(named)
    async with client.get(path, headers=PAGE) as answer:
        assert answer.status == expected
        assert "Beans" in await answer.text()
    assert not asked
