"""axe-core finds nothing on any page of those who run the site, in each theme and in forced colours, in both
languages, and none is wider than a phone. One browser signs in once, and changes its looks."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from tests.administration.conftest import acts
from tests.administration.test_site_look import gives
from tests.conftest import Cast, unique
from tests.support.deleted_accounts import rows
from tests.support.pages.browser import PHONE, WIDE, Profiles, Screen
from tests.support.pages.inspector import Inspector, alice, bob, chat
from tests.support.people import Person
from tests.support.pictures import drawn
from tests.support.servers import Aiochat

__all__ = ["alice", "bob", "chat"]

FORCED = {"include": ["main"], "exclude": [".button.primary"]}
"""Of a button axe takes the colour that Chromium names as that of its filling, which isn't the forced one."""


@pytest.fixture
async def coloured(cast: Cast) -> AsyncIterator[None]:
    """A site with a logo, and a colour that is too light and too dark for its themes."""
    await acts(cast.boss, "/admin/site", act="colour", value="#8a8a10")
    await gives(cast.boss, drawn())
    yield
    await acts(cast.boss, "/admin/site", act="colour", value="")
    await acts(cast.boss, "/admin/site/logo", remove="yes")


@pytest.fixture
async def paths(chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str) -> list[str]:
    """All pages, with something on each."""
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("/topic Beans")
    await at_alice.says("An offer that you can't refuse")
    assert (await at_bob.says("/report 1 spam"))["type"] == "notice"
    closed = await alice.closes_off(unique("Cellar"))
    [(open_id,)] = rows(chat, f"SELECT id FROM rooms WHERE name = '{lobby}'")
    [(closed_id,)] = rows(chat, f"SELECT id FROM rooms WHERE name = '{closed}'")
    await acts(cast.boss, f"/admin/people/{bob.name}", act="suspend", **{"for": "1h", "reason": "spam"})
    await acts(cast.boss, f"/admin/rooms/{open_id}", act="hold", reason="a court asked")
    word = {"act": "add_filter", "kind": "word", "pattern": unique("quince"), "action": "hold"}
    await acts(cast.boss, "/admin/filters", **word)
    pages = ("people", "invitations", "rooms", "reports", "filters", "log", "storage", "site", "health")
    return [
        *(f"/admin/{page}" for page in pages),
        "/admin/people?state=suspended",
        f"/admin/people/{bob.name}",
        f"/admin/rooms?q={closed}",
        f"/admin/rooms/{open_id}",
        f"/admin/rooms/{closed_id}",
    ]


async def unfolds(page: Page) -> None:
    """Opens all that is folded up in the page, and is there when it is."""
    folded = page.locator("main details")
    await folded.evaluate_all("all => all.forEach((one) => { one.open = true; })")


async def too_wide(page: Page, what: str) -> list[str]:
    width = await page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{what} is {width} px wider than its screen"] if width > 0 else []


async def test_axe_finds_nothing_on_the_sites_pages(
    profiles: Profiles, cast: Cast, axe: str, paths: list[str], coloured: None
) -> None:
    wrong = []
    screen = Screen(cast.url, WIDE, reduced_motion="reduce")
    async with profiles.lent(screen) as page:
        inspector = Inspector(page, axe)
        await inspector.opens(f"{cast.url}/robots.txt", cast.boss)

        async def looks(what: str, part: str | dict[str, list[str]] = "main") -> None:
            await unfolds(page)
            await inspector.looks(page, what, part)

        for path in paths:
            await page.emulate_media(color_scheme="light", forced_colors="none")
            await page.set_viewport_size(WIDE)
            await page.context.add_cookies([{"name": "language", "value": "en", "url": cast.url}])
            answer = await page.goto(cast.url + path)
            assert getattr(answer, "ok", False), path
            await looks(f"{path} light", "")
            await page.set_viewport_size(PHONE)
            wrong += await too_wide(page, path)
            await page.context.add_cookies([{"name": "language", "value": "ru", "url": cast.url}])
            await page.emulate_media(color_scheme="dark", forced_colors="active")
            await page.goto(cast.url + path)
            await looks(f"{path} forced, in Russian", FORCED)
            wrong += await too_wide(page, f"{path} in Russian")
            await page.emulate_media(color_scheme="dark", forced_colors="none")
            await looks(f"{path} dark, in Russian")
        await page.emulate_media(color_scheme="light", forced_colors="none")
    assert not wrong + inspector.found, "\n".join(wrong + inspector.found)
