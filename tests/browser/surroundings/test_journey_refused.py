"""Browsers that keep nothing for a page: a private window, and a full disk."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Dialog, expect

from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitor, comes_true
from tests.support.pages.shell import link
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat

REFUSED = """
  const refuse = () => { throw new DOMException("denied", "SecurityError"); };
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
    Object.defineProperty(window, name, { get: refuse });
  Object.defineProperty(Navigator.prototype, "serviceWorker", { get: refuse });
"""
FULL = """
  const full = () => { throw new DOMException("full", "QuotaExceededError"); };
  Storage.prototype.setItem = full;
  IDBObjectStore.prototype.put = full;
  if (globalThis.Cache) Cache.prototype.put = Cache.prototype.addAll = async () => full();
"""


@pytest.fixture(params=[REFUSED, FULL], ids=["refused", "full"])
async def alice(
    request: pytest.FixtureRequest, browser: Browser, sqlite_chat: Aiochat
) -> AsyncIterator[Visitor]:
    context = await browser.new_context(viewport=WIDE, service_workers="block")
    context.set_default_timeout(PATIENCE * 1000)
    await context.add_init_script(request.param)
    visitor = Visitor(context, await context.new_page(), sqlite_chat.url, unique("alice"))
    await visitor.joins()
    yield visitor
    await visitor.leaves()
    assert not visitor.complaints, visitor.complaints


async def test_nothing_is_lost_without_a_question(alice: Visitor) -> None:
    page, (garden, cellar) = alice.page, (unique("garden"), unique("cellar"))
    assert isinstance(alice.person, Person)
    await alice.person.creates(cellar)
    await alice.makes(garden)
    await page.evaluate("window.stays = true")
    await alice.says("one")
    await alice.sees("one")
    await expect(page.locator("#timeline .pending")).to_have_count(0)

    # A draft waits in its room while the page is there.
    await page.fill("#composer-text", "half a thought")
    await page.click(link(alice, cellar))
    await expect(page.locator("#room-name")).to_have_text(cellar)
    await page.click(link(alice, garden))
    await expect(page.locator("#room-name")).to_have_text(garden)
    await expect(page.locator("#composer-text")).to_have_value("half a thought")
    assert await page.evaluate("window.stays"), "no page was loaded"

    # And while one edits what one wrote.
    await page.fill("#composer-text", "")
    await page.press("#composer-text", "ArrowUp")
    await expect(page.locator("#composer-text")).to_have_value("one")
    await page.press("#composer-text", "Escape")

    # What waits for the network is lost with the page, which asks first.
    await alice.context.set_offline(True)
    await comes_true(page, "document.querySelector('#status').dataset.state !== 'connected'")
    await alice.says("written without a network")
    await expect(page.locator("#timeline .pending")).to_have_count(1)
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    async with page.expect_event("dialog"):
        await page.evaluate("setTimeout(() => location.assign('/settings'))")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    await alice.sees("written without a network")
    assert asked == ["beforeunload"]

    # Nothing is held any more: one goes without a question.
    await page.goto(f"{alice.url}/settings")
    assert asked == ["beforeunload"]
