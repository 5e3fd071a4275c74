"""Journeys in real Chromium through the pages of those who run the site, by mouse and by keyboard."""

import re

from playwright.async_api import expect

from tests.conftest import Cast
from tests.support.pages.inspector import Inspector, alice, bob, chat
from tests.support.people import Person

__all__ = ["alice", "bob", "chat"]


async def test_somebody_is_suspended_by_keyboard(
    inspector: Inspector, cast: Cast, alice: Person, bob: Person
) -> None:
    page = await inspector.opens(f"{cast.url}/admin/people", cast.boss)
    await page.focus("#q")
    await page.keyboard.type(bob.name)
    await page.keyboard.press("Enter")
    await page.focus(f"main a[href='/admin/people/{bob.name}']")
    await page.keyboard.press("Enter")
    await expect(page.locator("main h1")).to_have_text(bob.name)
    await page.focus("main summary:has-text('Suspend')")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("#suspend-for")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type("spam & <b>more</b>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".flash")).to_contain_text("is suspended")
    await expect(page.locator("main q").first).to_have_text("spam & <b>more</b>")
    await inspector.looks(page, "somebody who is suspended")
    # What is refused is said, and its form is open again.
    await page.click("main summary:has-text('Delete the account')")
    await page.fill("#confirm", "somebody else")
    await page.click("main details[open] button.danger:has-text('Delete')")
    await expect(page.locator("main [role=alert]")).to_contain_text(bob.name)
    await expect(page.locator("#confirm")).to_be_visible()
    await inspector.looks(page, "a refused deletion")


async def test_a_new_password_by_a_link(inspector: Inspector, cast: Cast, alice: Person, bob: Person) -> None:
    page = await inspector.opens(f"{cast.url}/admin/people/{bob.name}", cast.boss)
    await page.click("main summary:has-text('Link for a new password')")
    await page.click("main details[open] button")
    link = await page.locator(".admin-link").input_value()
    await inspector.looks(page, "a link")
    await page.context.clear_cookies()
    await page.goto(link)
    await inspector.looks(page, "a new password")
    await page.fill("#new_password", "a fine new password")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/accounts/login$"))
    await expect(page.locator(".flash")).to_contain_text("Your password is changed")
    await page.goto(link)
    await expect(page.locator("main")).to_contain_text("used already")
    await inspector.looks(page, "a link that is good no longer")


async def test_the_site_is_named_and_has_rules(inspector: Inspector, cast: Cast) -> None:
    page = await inspector.opens(f"{cast.url}/admin/site", cast.boss)
    try:
        await page.fill("#name", "The Pier")
        await page.press("#name", "Enter")
        await expect(page).to_have_title("Site – Administration – The Pier")
        await page.fill("#rules", "# Be kind\n- no *shouting*")
        await page.click("section:has(#rules) button")
        await page.goto(f"{cast.url}/rules")
        await expect(page.locator("main em")).to_have_text("shouting")
        await inspector.looks(page, "the rules")
    finally:
        for name in ("name", "rules"):
            await page.goto(f"{cast.url}/admin/site")
            await page.fill(f"#{name}", "")
            await page.click(f"section:has(#{name}) button")
            await expect(page.locator(".flash")).to_be_visible()
