"""Ignoring somebody: their messages fold into a line, here and in one's other tabs, and come back."""

from playwright.async_api import expect

from tests.support.pages.browser import Visitor, one_database

pytestmark = one_database


async def test_messages_of_who_is_ignored_fold_away(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.enters(room)
    for text in ("first nonsense", "second nonsense"):
        await bob.says(text)
        await alice.sees(text)
    await alice.says("quiet, please")
    timeline = alice.page.locator("#timeline")
    other = await alice.page.context.new_page()
    await other.goto(f"{alice.url}/rooms/{room}")
    await expect(other.locator("#timeline")).to_contain_text("second nonsense")
    await expect(other.locator("[data-part=connection]").or_(other.locator("chat-status"))).to_be_visible()
    await alice.page.locator("#timeline .message-author", has_text=bob.name).first.click()
    card = alice.page.locator("#person-card")
    await card.locator("[data-card=ignore]").click()
    await expect(card.locator("[data-card=ignore]")).to_have_text("Stop ignoring")
    await alice.page.keyboard.press("Escape")
    for page in (alice.page, other):
        await expect(page.locator("#timeline")).to_contain_text("2 messages of somebody you ignore")
        await expect(page.locator("#timeline")).not_to_contain_text("nonsense")
    await bob.says("third nonsense")
    await expect(timeline).to_contain_text("1 message of somebody you ignore")
    await expect(timeline).to_contain_text("2 messages of somebody you ignore")
    # A fresh page has them folded before its scripts run.
    page = await alice.page.context.new_page()
    answer = await page.request.get(f"{alice.url}/rooms/{room}")
    assert "2 messages of somebody you ignore" in await answer.text()
    await timeline.get_by_role("button", name="Show").first.press("Enter")
    await expect(timeline).to_contain_text("first nonsense")
    await expect(timeline).to_contain_text("second nonsense")
    await expect(timeline).not_to_contain_text("third nonsense")
    await expect(timeline.locator(".message", has_text="first nonsense")).to_be_focused()
    await alice.says(f"/unignore {bob.name}")
    await expect(timeline).to_contain_text("third nonsense")
    await expect(other.locator("#timeline")).to_contain_text("third nonsense")
