"""How hard a new password is to guess is said while one types it, to who sees and to who listens."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.pages.browser import WIDE
from tests.support.servers import Aiochat

WATCH = """() => {
  window.said = [];
  const status = document.querySelector("main [role=status]");
  new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true });
}"""
"""Notes what a screen reader would say."""


@pytest.fixture
async def page(browser: Browser, sqlite_chat: Aiochat) -> AsyncIterator[Page]:
    """Somebody is about to register."""
    context = await browser.new_context(viewport=WIDE)
    found = await context.new_page()
    await found.goto(f"{sqlite_chat.url}/accounts/register")
    yield found
    await context.close()


async def test_it_is_said_once_when_it_changes_and_goes_nowhere(page: Page) -> None:
    main, password = page.get_by_role("main"), page.get_by_label("Password")
    status = main.get_by_role("status")
    # A reader tells what changes in a region that was there before.
    await expect(status).to_have_text("")
    await page.evaluate(WATCH)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await password.press_sequentially("liverpool")
    await expect(status).to_have_text("Easy to guess")
    await expect(status).to_be_visible()
    await expect(main).to_match_aria_snapshot("- status: Easy to guess")
    await password.press_sequentially(", or rain")
    await expect(status).to_have_text("Hard to guess")
    await expect(main).to_match_aria_snapshot("- status: Hard to guess")
    assert await page.evaluate("said") == ["Easy to guess", "Could be harder to guess", "Hard to guess"]
    await password.fill("")
    await expect(status).to_have_text("")
    assert not asked


async def test_ones_own_name_adds_nothing(page: Page) -> None:
    password, status = page.get_by_label("Password"), page.get_by_role("main").get_by_role("status")
    await password.fill("margarethe-hamilton-69")
    await expect(status).to_have_text("Hard to guess")
    await page.get_by_label("Name").fill("margarethe-hamilton")
    await password.press("End")
    await password.press_sequentially("a")
    await expect(status).to_have_text("Easy to guess")
