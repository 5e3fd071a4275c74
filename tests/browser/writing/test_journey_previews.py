"""The cards of links: by mouse and keyboard, in the page that the server makes and in that of the scripts,
on a desk and on a phone."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Locator, Page, expect

from tests.browser.timeline.test_first_rows import LOOK
from tests.conftest import unique
from tests.support.pages.browser import PHONE, Visitor, Visitors, comes_true, one_database
from tests.support.services.fake_upstream import drawn
from tests.support.sites.linked import Site, linked_site

pytestmark = one_database

PAGE = """<!doctype html><title>Plain</title><meta property="og:title" content="How beans grow">
<meta property="og:site_name" content="The Garden"><meta property="og:image" content="/p.png">
<meta property="og:description" content="Water them, and wait. {more}">"""


@pytest.fixture
async def garden() -> AsyncIterator[Site]:
    async with linked_site() as found:

        async def picture(_: web.Request) -> web.Response:
            return web.Response(body=drawn("green", (600, 315)), content_type="image/png")

        beans = PAGE.format(more="They grow by night. " * 12)
        found.pages |= {"p.png": picture, "beans": beans, "peas": "<title>Peas</title>"}
        yield found


def cards(page: Page) -> Locator:
    return page.locator("#timeline .preview")


async def has_drawn(card: Locator) -> None:
    image = card.locator("img")
    await image.scroll_into_view_if_needed()
    await expect(image).to_have_js_property("naturalWidth", 480)


async def test_a_card_comes_and_is_taken_away(alice: Visitor, bob: Visitor, room: str, garden: Site) -> None:
    await alice.enters(room)
    await bob.enters(room)
    url = garden.url("beans")
    await alice.says(f"look {url} and {garden.url('peas')}")
    for page in (alice.page, bob.page):
        await expect(cards(page)).to_have_count(2)
        await expect(cards(page).first.locator(".preview-title")).to_have_text("How beans grow")
        await expect(cards(page).first.locator("a")).to_have_attribute("href", url)
        await expect(cards(page).last.locator("img")).to_have_count(0)
        await has_drawn(cards(page).first)
    # Whoever may not take it away isn't offered it.
    await expect(bob.page.locator(".preview-close:not([hidden])")).to_have_count(0)
    # The page that the server makes looks alike.
    page = alice.page
    made = await page.evaluate(LOOK)
    static = re.compile(r"/static/(?!.*theme).*\.js")
    await page.route(static, lambda route: route.abort())
    await page.goto(f"{alice.url}/rooms/{room}", wait_until="commit")
    await expect(cards(page)).to_have_count(2)
    served = await page.evaluate(LOOK)
    assert served["rows"][-1] == made["rows"][-1]
    await page.unroute(static)
    alice.complaints.clear()
    await page.reload()
    await alice.is_connected()
    # By the keyboard: into the message, to the cross of its first card.
    message = page.locator("#timeline > .message").last
    await message.focus()
    close = cards(page).first.locator(".preview-close")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await close.evaluate("node => node === document.activeElement"):
            break
    await expect(close).to_be_focused()
    await page.keyboard.press("Enter")
    for one in (alice.page, bob.page):
        await expect(cards(one).locator(".preview-title")).to_have_text(["Peas"])
    await expect(message).to_be_focused()
    # And by the mouse.
    await message.hover()
    await cards(page).locator(".preview-close").click()
    for one in (alice.page, bob.page):
        await expect(cards(one)).to_have_count(0)


async def test_a_permalink_shows_its_post_to_who_may_see_it(alice: Visitor, bob: Visitor, room: str) -> None:
    assert alice.person
    attic = await alice.person.closes_off(unique("Attic"))
    at_attic = await alice.person.enters(attic)
    await at_attic.says("the **secret** of the beans")
    await alice.enters(room)
    await bob.enters(room)
    await alice.says(f"as in {alice.url}/rooms/{attic}/1")
    await expect(cards(alice.page).locator(".preview-text")).to_have_text("the secret of the beans")
    await expect(cards(alice.page).locator(".preview-title")).to_contain_text(alice.name)
    await expect(cards(bob.page)).to_have_count(1)
    await comes_true(bob.page, "() => !document.querySelector('.preview:not([hidden])')")
    assert "secret of" not in await bob.page.content()
    # A page has not one word of it for who may not see it, and shows it again to who may.
    await alice.page.reload()
    await expect(cards(alice.page).locator(".preview-text")).to_have_text("the secret of the beans")


async def test_collapsed_on_a_phone(visitors: Visitors, room: str, alice: Visitor, garden: Site) -> None:
    await alice.says(garden.url("beans"))
    phone = await visitors("carol", PHONE)
    await phone.enters(room)
    card = cards(phone.page)
    await expect(card).to_have_count(1)
    await has_drawn(card)
    box, width = await card.bounding_box(), PHONE["width"]
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    await phone.page.goto(f"{phone.url}/settings/appearance")
    await phone.page.check("[data-preference=previews] input[value=collapsed]")
    await phone.page.goto(f"{phone.url}/rooms/{room}")
    await phone.is_connected()
    await expect(card.locator(".preview-site")).to_have_text("The Garden")
    await expect(card.locator(".preview-title")).to_be_hidden()
    await card.locator("summary").click()
    await expect(card.locator(".preview-title")).to_be_visible()
