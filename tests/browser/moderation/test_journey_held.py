"""What waits for a moderator, as its author sees it: with and without scripts."""

from playwright.async_api import Browser, expect

from tests.chat.order.test_filters import adds, answers, held
from tests.support.pages.browser import Visitor, one_database

pytestmark = one_database


async def test_its_author_sees_it_and_takes_it_back(
    browser: Browser, alice: Visitor, bob: Visitor, room: str
) -> None:
    assert alice.person
    await bob.enters(room)
    await adds(alice.person, room, "word", "viagra")
    for text in ("viagra one", "viagra two", "viagra three"):
        await bob.says(text)
    waiting = bob.page.locator(".held-post")
    await expect(waiting).to_have_count(3)
    await expect(waiting.first).to_contain_text("Only you see it")
    await waiting.first.get_by_role("button", name="Withdraw").tap()
    await expect(waiting).to_have_count(2)
    await expect(bob.page.locator("#composer-text")).to_be_focused()
    # The page that is loaded anew has them from the server.
    await bob.page.reload()
    await expect(waiting).to_have_count(2)
    second, third = await held(alice.person, room)
    await answers(alice.person, room, second, "reject")
    await expect(bob.page.locator(".toast")).to_contain_text("didn’t let your message through")
    await answers(alice.person, room, third, "approve")
    await bob.sees("viagra three")
    await expect(waiting).to_have_count(1)
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(await bob.context.cookies())  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{bob.url}/rooms/{room}")
    await expect(page.locator(".held-post")).to_contain_text("didn’t let this through")
    await page.locator(".held-post").get_by_role("button", name="OK").click()
    await page.wait_for_url(f"**/rooms/{room}")
    await expect(page.locator(".held-post")).to_have_count(0)
    await expect(waiting).to_have_count(0)
    await context.close()
