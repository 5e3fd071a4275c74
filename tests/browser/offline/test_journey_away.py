"""The server itself goes away and comes back; and how what is shown meanwhile reads."""

import pytest
from playwright.async_api import expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitor, Visitors
from tests.support.pages.inspector import Inspector
from tests.support.pages.offline import is_kept, is_offline
from tests.support.servers import Aiochat


async def test_the_server_goes_and_comes_back(
    alice: Visitor, bob: Visitor, room: str, site: tuple[str, Aiochat]
) -> None:
    """By itself nobody answers at its address; behind nginx that one says so."""
    server, page = site[1], alice.page
    await bob.enters(room)
    await bob.says("before")
    await is_kept(alice, room, "before")
    server.kill()
    try:
        await page.goto(f"{alice.url}/rooms/{room}")
        await alice.sees("before")
        await is_offline(alice)
        await alice.says("written while it was away")
        await page.reload()
        await alice.sees("written while it was away")
        await bob.says("so was this")
    finally:
        server.start()
    for visitor in (alice, bob):
        await visitor.is_connected()
        await expect(visitor.page.locator("#timeline .pending")).to_have_count(0)
        for text in ("before", "written while it was away", "so was this"):
            await visitor.sees(text)
    # And from the server: nothing is there twice.
    assert alice.person
    history = [line["text"] for line in await alice.person.history(room)]
    assert history.count("written while it was away") == history.count("so was this") == 1


async def test_a_server_that_hangs(alice: Visitor, room: str, site: tuple[str, Aiochat]) -> None:
    """A room that is kept doesn't wait for it long."""
    server, page = site[1], alice.page
    await alice.says("before")
    await is_kept(alice, room, "before")
    server.pause()
    try:
        await page.goto(f"{alice.url}/rooms/{room}", wait_until="commit")
        await alice.sees("before")
        await alice.says("written meanwhile")
        await expect(page.locator("#timeline .pending")).to_have_count(1)
    finally:
        server.resume()
    await alice.is_connected()
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    await alice.sees("written meanwhile")


@pytest.mark.parametrize("site", ["shared"], indirect=True)
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(
    ("language", "title", "status"),
    [("en", "There is no connection", "offline"), ("ru", "Нет соединения", "нет связи")],
    ids=["en", "ru"],
)
async def test_in_both_languages_and_for_everybody(
    visitors: Visitors, axe: str, viewport: object, language: str, title: str, status: str
) -> None:
    visitor = await visitors("vera", WIDE if viewport is WIDE else PHONE)
    page = visitor.page
    room = unique("Veranda")
    await visitor.makes(room)
    await page.goto(f"{visitor.url}/language?to={language}&next=/rooms/{room}")
    await visitor.is_connected()
    await visitor.says("*read* this")
    await is_kept(visitor, room, "read")
    await visitor.context.set_offline(True)
    inspector = Inspector(page, axe)
    await page.goto(f"{visitor.url}/rooms/{room}")
    await visitor.sees("read this")
    await is_offline(visitor)
    await expect(page.locator("#status")).to_have_text(status)
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await inspector.looks(page, "a room without a network")
    await page.goto(f"{visitor.url}/feed")
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)
    await inspector.looks(page, "what isn't kept")
    assert not inspector.found, "\n".join(inspector.found)
