"""Finding messages: by Ctrl+K while one types, on the page, and without scripts."""

import asyncio
from typing import Any
from urllib.parse import quote

from playwright.async_api import Browser, Page, expect

from tests.conftest import unique
from tests.support.browser import Visitor, one_database
from tests.support.people import PATIENCE, Person

pytestmark = one_database


async def is_indexed(person: Person, word: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not (await person.gets(f"/search?q={quote(word)}"))["results"]:
            await asyncio.sleep(0.05)


async def test_while_one_types_and_all_of_them(alice: Visitor, room: str) -> None:
    word = unique("zeppelin")
    await alice.says(f"the {word} lands at noon")
    await alice.says("something else")
    assert alice.person
    await is_indexed(alice.person, word)
    page = alice.page
    await page.keyboard.press("Control+k")
    await page.keyboard.type(word[:-2])
    found = page.locator("#switcher-list .found-message")
    await expect(found.first.locator("mark")).to_have_text(word[:-2])
    await expect(found.first).to_contain_text(f"{alice.name} · {room}")
    await expect(found.last).to_contain_text("All messages with")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await found.first.click()
    await page.wait_for_url(f"**/rooms/{room}/1")
    await expect(page.locator("#switcher")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.keyboard.type(word)
    await expect(found.last).to_contain_text("All messages")
    await found.last.click()
    await page.wait_for_url("**/search?q=*")
    await expect(page.locator(".search-results mark")).to_have_text([word])
    await page.click(".search-results a")
    await alice.is_connected()
    await alice.sees(f"the {word} lands at noon")


async def test_without_scripts(browser: Browser, alice: Visitor, room: str) -> None:
    word = unique("dirigible")
    await alice.says(f"a {word}")
    assert alice.person
    await is_indexed(alice.person, word)
    context = await browser.new_context(java_script_enabled=False)
    cookies: Any = await alice.context.cookies()
    await context.add_cookies(cookies)
    page: Page = await context.new_page()
    await page.goto(f"{alice.url}/search")
    assert await page.locator(".search-help dt").count() > 5
    await page.fill("main [name=q]", f"{word} from:me in:{room}")
    await page.click("main .search-form button")
    await expect(page.locator(".search-results .card")).to_have_count(1)
    await page.fill("main [name=q]", "on:sometime")
    await page.click("main .search-form button")
    await expect(page.locator("[role=alert]")).to_contain_text("on: is followed by a day")
    await expect(page.locator("main [name=q]")).to_have_value("on:sometime")
    await context.close()
