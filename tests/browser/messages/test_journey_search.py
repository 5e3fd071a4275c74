"""Finding messages: by Ctrl+K while one types, on the page, and without scripts."""

import asyncio
from typing import Any
from urllib.parse import quote

from playwright.async_api import Browser, Page, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, Visitor, Visitors, one_database
from tests.support.people import PATIENCE, Person

pytestmark = one_database


async def is_indexed(person: Person, word: str, posts: int = 1) -> None:
    """Room by room: one that is there says nothing of the others."""
    async with asyncio.timeout(PATIENCE):
        while len((await person.gets(f"/search?q={quote(word)}"))["results"]) < posts:
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


async def test_beside_the_text_of_a_room(alice: Visitor, bob: Visitor, room: str) -> None:
    word = unique("airship")
    page = alice.page
    await bob.enters(room)
    await bob.says(f"the first {word}")
    for number in range(12):
        await alice.says(f"between {number}\n\nand\n\nsome\n\nmore")
    await alice.says(f"the second {word}, https://example.org")
    assert alice.person
    other = unique("Hangar")
    await alice.person.creates(other)
    await (await alice.person.enters(other)).says(f"another {word}")
    await is_indexed(alice.person, word, 3)
    await page.keyboard.press("Control+Shift+F")
    pane, box = page.locator("#search-pane"), page.locator("#search-pane input[type=search]")
    results = pane.get_by_role("option")
    await expect(box).to_be_focused()
    await page.keyboard.type(word)
    await expect(results).to_have_count(2)
    await expect(results.first).to_contain_text(f"the second {word}")
    await expect(results.last).to_contain_text(bob.name)
    await expect(results.last.locator("mark")).to_have_text(word)
    # By the arrows, while the pane stays and the box keeps the focus.
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(results.last).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/rooms/{room}/1")
    await expect(page.locator("#timeline [data-number='1']")).to_be_in_viewport()
    await expect(results).to_have_count(2)
    # Chips: a word, and what completes it.
    await box.press("End")
    await box.focus()
    await pane.get_by_role("button", name="from:", exact=True).click()
    await expect(box).to_have_value(f"{word} from:")
    await box.press("End")
    await page.keyboard.type(bob.name[:-1])
    await pane.get_by_role("button", name=bob.name, exact=True).click()
    await expect(box).to_have_value(f"{word} from:{bob.name} ")
    await expect(results).to_have_count(1)
    # In all rooms, and into another one: the pane goes along.
    await box.fill(word)
    await pane.get_by_role("checkbox").uncheck()
    await expect(results).to_have_count(3)
    await expect(results.first).to_contain_text(f"{other}")
    await results.first.click()
    await page.wait_for_url(f"**/rooms/{other}/1")
    await alice.sees(f"another {word}")
    await expect(results).to_have_count(3)
    await expect(pane.get_by_text(f"Only in {other}")).to_be_visible()
    await box.fill(f"{word} is:nothing ")
    await expect(pane.get_by_role("status")).to_contain_text("is: is followed by one of these")
    # The browser itself notes that the server refused it.
    alice.complaints.clear()
    await box.focus()
    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
    await page.keyboard.press("Control+Shift+F")
    await expect(box).to_be_focused()
    await page.locator("[data-drawer=members]").click()
    await expect(pane).to_be_hidden()
    await expect(page.locator("#members")).to_be_visible()


async def test_words_are_proposed_on_the_page_and_by_ctrl_k(alice: Visitor, room: str) -> None:
    page = alice.page
    await page.keyboard.press("Control+k")
    words = page.locator("#switcher-words")
    await page.keyboard.type("beans")
    await expect(words).to_be_hidden()
    await page.keyboard.type(" fr")
    await words.get_by_role("button", name="from:").click()
    await expect(page.locator("#switcher-text")).to_have_value("beans from:")
    await words.get_by_role("button", name="from:me").click()
    await expect(page.locator("#switcher-text")).to_have_value("beans from:me ")
    await page.goto(f"{alice.url}/search")
    await page.fill("input[name=q]", f"beans in:{room[:-1].lower()}")
    await page.locator("#search-words").get_by_role("button", name=f"#{room}", exact=True).click()
    await expect(page.locator("input[name=q]")).to_have_value(f"beans in:{room} ")


async def test_on_a_phone_the_pane_goes_when_a_result_is_shown(
    visitors: Visitors, alice: Visitor, room: str
) -> None:
    word = unique("balloon")
    await alice.says(f"a {word}")
    assert alice.person
    await is_indexed(alice.person, word)
    phone = await visitors("dora", PHONE)
    await phone.enters(room)
    await phone.page.locator("[data-search-room]").click()
    pane = phone.page.locator("#search-pane")
    await pane.get_by_role("combobox").fill(word)
    await pane.get_by_role("option").click()
    await expect(pane).to_be_hidden()
    await phone.page.wait_for_url(f"**/rooms/{room}/1")
    await phone.page.locator("[data-search-room]").click()
    await expect(pane.get_by_role("option")).to_have_count(1)
    await phone.page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
