"""Inviting by a link, in real Chromium: made in the dialog of a room, followed by somebody who has no
account, on a phone."""

import re

from playwright.async_api import expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, Visitor, Visitors, one_database
from tests.support.people import PASSWORD

pytestmark = one_database


async def test_a_link_is_made_in_the_dialog_and_followed_on_a_phone(
    alice: Visitor, room: str, visitors: Visitors
) -> None:
    page = alice.page
    await alice.enters(room)
    await page.get_by_role("link", name="Invite", exact=True).click()
    dialog = page.get_by_role("dialog", name="Invite people")
    await expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(1)
    await dialog.get_by_label("For how many people").fill("0")
    await dialog.get_by_role("button", name="Make a link").click()
    await expect(dialog.locator(".field-error", has_text="A number from 1 to")).to_be_visible()
    await dialog.get_by_label("For how many people").fill("1")
    await dialog.get_by_role("button", name="Make a link").press("Enter")
    await expect(dialog.get_by_role("heading", name="The link is made")).to_be_focused()
    await expect(dialog.get_by_role("img", name="QR code of the link")).to_be_visible()
    link = await dialog.get_by_label("Link", exact=True).input_value()
    await dialog.get_by_role("textbox", name="Name", exact=True).fill("nobody-at-all")
    await dialog.get_by_role("button", name="Invite", exact=True).click()
    await expect(dialog.locator(".field-error", has_text="There is nobody called")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    visitor = await visitors("guest", PHONE)
    await visitor.page.context.clear_cookies()
    await visitor.page.goto(link)
    await expect(visitor.page.locator("main")).to_contain_text(re.compile(f"{alice.name} invites you to"))
    name = unique("newcomer")
    await visitor.page.get_by_label("Handle").fill(name)
    await visitor.page.get_by_label("Password").fill(PASSWORD)
    await visitor.page.get_by_role("button", name="Create account and join").click()
    await visitor.page.wait_for_url(f"**/rooms/{room}")
    await expect(page.locator(f"#members-here [data-person='{name}']")).to_be_visible()
    # What was refused is an answer too.
    assert all("status of 422" in complaint for complaint in alice.complaints)
    alice.complaints.clear()
