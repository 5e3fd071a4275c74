"""Back on a phone whose browser has no CloseWatcher, as in Safari: it closes what is open over the page,
and only then leaves it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, Visitor, one_database, sidebar_is_live

pytestmark = one_database


@pytest.fixture
async def page(browser: Browser, bob: Visitor) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    await context.add_cookies(await bob.context.cookies())  # type: ignore[arg-type]
    await context.add_init_script("delete globalThis.CloseWatcher")
    found = await context.new_page()
    yield found
    await context.close()


async def enters(page: Page, bob: Visitor, room: str) -> None:
    await page.goto(f"{bob.url}/feed")
    await page.goto(f"{bob.url}/rooms/{room}")
    await expect(page.locator("#status")).to_have_attribute("data-state", "connected")


async def opens_drawer(page: Page) -> None:
    await page.click("[data-drawer=sidebar]")
    await expect(page.locator(".drawer-close")).to_be_focused()


async def test_it_closes_one_after_the_other_and_then_leaves(page: Page, bob: Visitor, room: str) -> None:
    await enters(page, bob, room)
    await opens_drawer(page)
    await page.click("#me-button")
    dialog = page.locator("#settings")
    await expect(dialog).to_be_visible()
    await page.go_back()
    await expect(dialog).to_be_hidden()
    await expect(page.locator("#sidebar")).to_be_in_viewport()
    await page.go_back()
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await expect(page).to_have_url(f"{bob.url}/rooms/{room}")
    await expect(page.locator("#status")).to_have_attribute("data-state", "connected")
    await page.go_back()
    await expect(page).to_have_url(f"{bob.url}/feed")


async def test_what_was_closed_otherwise_takes_no_step(page: Page, bob: Visitor, room: str) -> None:
    await enters(page, bob, room)
    for _ in range(2):
        await opens_drawer(page)
        await page.click(".drawer-close")
        await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    # One dialog makes way for another.
    await opens_drawer(page)
    await page.click("#me-button")
    await page.click("#settings [data-keys]")
    await expect(page.locator(".keys-dialog")).to_be_visible()
    await page.go_back()
    await expect(page.locator(".keys-dialog")).to_be_hidden()
    await expect(page.locator("#sidebar")).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    assert await page.evaluate("new Promise((done) => setTimeout(() => done(history.state), 200))") is None
    await page.go_back()
    await expect(page).to_have_url(f"{bob.url}/feed")


async def test_a_way_out_of_the_drawer_leads_back_to_where_one_was(
    page: Page, bob: Visitor, room: str
) -> None:
    assert bob.person
    other = unique("Annex")
    await bob.person.creates(other)
    await enters(page, bob, room)
    await opens_drawer(page)
    await page.click(f"#room-list a[data-room='{other}']")
    await expect(page.locator("#room-name")).to_have_text(other)
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await page.go_back()
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await page.go_back()
    await expect(page).to_have_url(f"{bob.url}/feed")


async def test_on_the_pages_that_are_no_rooms(page: Page, bob: Visitor) -> None:
    await page.goto(f"{bob.url}/feed")
    await page.goto(f"{bob.url}/settings/privacy")
    await sidebar_is_live(page)
    await page.evaluate("() => { document.querySelector('h1').dataset.mark = 'the same'; }")
    await opens_drawer(page)
    await page.go_back()
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await expect(page.locator("h1[data-mark]")).to_have_count(1)
    await page.go_back()
    await expect(page).to_have_url(f"{bob.url}/feed")
