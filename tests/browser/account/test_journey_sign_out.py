"""Signing out where something waits in the browser, in real Chromium: it asks first, with what would
be lost."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from tests.support.pages.browser import Visitor, one_database, sidebar_is_live
from tests.support.pages.composer import box, cut

pytestmark = one_database

KEPT = "Object.keys(localStorage).filter((key) => /:(outbox|draft):/.test(key)).length"


async def signs_out(page: Page) -> None:
    """By the control that the page has: in the room's settings, or in the header."""
    if await page.locator("#me-button").count():
        if await page.locator("#app.of-page").count():
            await sidebar_is_live(page)
        if not await page.locator("#settings").is_visible():
            await page.locator("#me-button").evaluate("node => node.click()")
        await page.locator("#settings [data-sign-out] button").click()
    else:
        await page.locator("header [data-sign-out] button").click()


def asked(page: Page) -> Locator:
    return page.locator("#sign-out")


async def is_signed_out(visitor: Visitor) -> None:
    await visitor.page.wait_for_url(f"{visitor.url}/")
    await expect(visitor.page.locator(".flash")).to_have_text("You are signed out.")
    assert await visitor.page.evaluate(KEPT) == 0


async def test_where_nothing_waits_nothing_is_asked(alice: Visitor, room: str) -> None:
    await signs_out(alice.page)
    await is_signed_out(alice)


async def test_the_room_says_what_would_be_lost_and_stays_by_default(alice: Visitor, room: str) -> None:
    await cut(alice)
    await alice.says("one")
    await alice.says("two")
    await box(alice).fill("half a thought")
    dialog, page = asked(alice.page), alice.page
    await signs_out(page)
    await expect(dialog).to_be_visible()
    await expect(dialog.locator("[data-part=messages]")).to_have_text("Messages that aren’t sent yet: 2")
    await expect(dialog.locator("[data-part=drafts]")).to_have_text(f"Drafts in: #{room}")
    await expect(dialog.locator("[data-part=changes]")).to_be_hidden()
    # Each way to stay: the button that has the focus, Escape, and beside the dialog.
    stay = dialog.get_by_role("button", name="Stay")
    ways: list[Callable[[], Any]] = [
        lambda: page.keyboard.press("Enter"),
        lambda: page.keyboard.press("Escape"),
        lambda: page.mouse.click(5, 5),
    ]
    for way in ways:
        await expect(stay).to_be_focused()
        await way()
        await expect(dialog).to_be_hidden()
        await signs_out(page)
        await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.locator("#settings")).to_be_hidden()
    await expect(box(alice)).to_have_value("half a thought")
    await alice.context.set_offline(False)
    await alice.sees("one")
    await alice.sees("two")


async def test_another_page_asks_too_and_signs_out_by_the_keyboard(alice: Visitor, room: str) -> None:
    await box(alice).fill("half a thought")
    for path in ("/rooms", "/feed", "/accounts/sessions", "/nowhere"):
        await alice.page.goto(alice.url + path)
        # Times are those of one's own clock.
        await expect(alice.page.locator("time", has_text="UTC")).to_have_count(0)
        await signs_out(alice.page)
        await expect(asked(alice.page)).to_contain_text(f"#{room}")
        await alice.page.keyboard.press("Enter")
        await expect(asked(alice.page)).to_be_hidden()
    alice.complaints.clear()  # that /nowhere is a 404
    await signs_out(alice.page)
    await alice.page.keyboard.press("Tab")
    await alice.page.keyboard.press("Enter")
    await is_signed_out(alice)


async def test_a_phone_asks_for_a_conversation_without_its_name(bob: Visitor, alice: Visitor) -> None:
    await bob.page.goto(f"{bob.url}/users/{alice.name}")
    await bob.page.locator("form[action='/conversations'] button").tap()
    await bob.is_connected()
    await box(bob).fill("psst")
    await signs_out(bob.page)
    await expect(asked(bob.page).locator("[data-part=drafts]")).to_have_text("Drafts in: direct messages")
    width = await bob.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    await asked(bob.page).get_by_role("button", name="Sign out").tap()
    await is_signed_out(bob)


async def test_without_scripts_one_is_signed_out_at_once(browser: Browser, alice: Visitor) -> None:
    cookies = await alice.context.cookies()
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{alice.url}/rooms")
    await page.locator("header [data-sign-out] button").click()
    await page.wait_for_url(f"{alice.url}/")
    await context.close()
