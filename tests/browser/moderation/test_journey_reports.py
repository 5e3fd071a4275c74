"""Reporting a message, answering it, and hearing what became of it, by mouse and keyboard."""

from playwright.async_api import expect

from tests.support.pages.browser import Visitor, one_database

pytestmark = one_database


async def reports(visitor: Visitor, text: str, reason: str) -> None:
    """By the keyboard alone."""
    row = visitor.page.locator("#timeline .message", has_text=text).last
    await row.focus()
    await visitor.page.keyboard.press("Enter")
    await visitor.page.locator("#message-menu").get_by_role("menuitem", name="Report…").focus()
    await visitor.page.keyboard.press("Enter")
    dialog = visitor.page.locator("#report")
    await expect(dialog.locator("[name=reason]")).to_be_focused()
    await expect(dialog).to_contain_text(text)
    await visitor.page.keyboard.type(reason)
    await visitor.page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()


async def test_a_message_is_reported_and_answered_by_one_press(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.enters(room)
    await alice.says(f"/mod {bob.name}")
    await alice.says("an unkind word")
    await bob.sees("an unkind word")
    # One's own can't be reported.
    await alice.page.locator("#timeline .message", has_text="an unkind word").last.focus()
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.locator("#message-menu [data-do=report]")).to_be_hidden()
    await alice.page.keyboard.press("Escape")
    await bob.says("buy my watches")
    await alice.sees("buy my watches")
    await expect(alice.page.locator("#reports-link")).to_be_hidden()
    await reports(bob, "an unkind word", "rude")
    # Who keeps order is told of the report as well, in a toast of its own.
    said = bob.page.locator(".toast", has_text="The moderators of this room will look at it")
    await expect(said).to_be_visible()
    # She answers what others wrote, not what she did.
    await expect(alice.page.locator("#reports-link")).to_be_hidden()
    await reports(alice, "buy my watches", "advertising")
    await expect(alice.page.locator("#reports-link")).to_contain_text("1")
    badge = alice.page.locator(f"a[data-room='{room}'] [data-part=reports]")
    await expect(badge).to_contain_text("1")
    await alice.page.locator("#reports-link").click()
    queue = alice.page.locator(".report")
    await expect(queue).to_have_count(1)
    await expect(queue).to_contain_text("advertising")
    await expect(queue.locator(".reported")).to_contain_text("buy my watches")
    await queue.get_by_role("button", name="Delete the message").click()
    await expect(alice.page.locator(".flash")).to_contain_text("Answered by A2")
    await expect(queue).to_have_count(0)
    await expect(badge).to_be_hidden()
    await expect(bob.page.locator("#timeline")).not_to_contain_text("buy my watches")
    # Both have reported something: what became of hers is told, and goes when she has seen it.
    outcome = alice.page.locator("chat-outcomes [data-outcome]")
    await expect(outcome).to_contain_text("something was done")
    await outcome.get_by_role("button", name="OK").click()
    await expect(alice.page.locator("chat-outcomes")).to_be_hidden()
    await alice.page.reload()
    await expect(alice.page.locator("chat-outcomes")).to_be_hidden()
