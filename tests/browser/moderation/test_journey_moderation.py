"""Who may act on others, and pins, in real Chromium."""

import asyncio
import re

import pytest
from playwright.async_api import Request, expect

from tests.browser.messages.test_journey_messages import chooses, focuses, menu, row
from tests.support.pages.browser import Visitor, one_database
from tests.support.pages.composer import cut
from tests.support.people import PATIENCE, Listener

pytestmark = one_database


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    """Bob is in it too."""
    await bob.enters(room)
    return room


async def test_what_acts_on_others_happens_now_or_not_at_all(
    alice: Visitor, bob: Visitor, room: str, carol: Listener
) -> None:
    await bob.says("Nobody is to read this")
    await alice.sees("Nobody is to read this")
    await cut(alice)
    toast = alice.page.locator(".toast")
    for item in ("Delete", "Pin to the room"):
        await chooses(alice, "Nobody is to read this", item)
        await expect(toast).to_have_text(re.compile("There is no connection now"))
        await toast.get_by_role("button", name="Dismiss").click()
        await expect(toast).to_have_count(0)
    await expect(row(alice, "Nobody is to read this")).to_have_count(1)
    await expect(row(alice, "Nobody is to read this").locator(".pin-mark")).to_be_hidden()
    # What is typed stays in the box.
    await alice.says(f"/kick @{bob.name}")
    await expect(alice.page.locator("#composer-hint")).to_contain_text("There is no connection now")
    await expect(alice.page.locator("#composer-text")).to_have_value(f"/kick @{bob.name}")
    await alice.page.fill("#composer-text", "")
    await alice.page.locator("#timeline .message-author", has_text=bob.name).click()
    await alice.page.click("[data-card=kick]")
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.locator("#person-card")).to_contain_text("There is no connection now")
    await alice.page.keyboard.press("Escape")
    await alice.says("/me is in a tunnel")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await bob.sees("is in a tunnel")
    await bob.says("Still here")
    await alice.sees("Still here")
    await carol.is_told()
    assert not carol.heard("changed")


async def test_a_new_moderator_may_at_once_and_nobody_asks_for_all_members(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await alice.says("May I be deleted?")
    await bob.sees("May I be deleted?")
    for visitor in (alice, bob):
        # All members are asked for once, after the page has opened.
        await expect(visitor.page.locator(f"#members [data-person='{bob.name}']")).to_have_count(1)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    for visitor in (alice, bob):
        visitor.page.on("request", note)
    await focuses(bob, "May I be deleted?")
    await bob.page.keyboard.press("Enter")
    await expect(menu(bob).get_by_role("menuitem", name="Reply", exact=True)).to_be_visible()
    await expect(menu(bob).get_by_role("menuitem", name="Delete")).to_be_hidden()
    await bob.page.keyboard.press("Escape")
    await alice.says(f"/mod @{bob.name}")
    for visitor in (alice, bob):
        member = visitor.page.locator(f"#members [data-person='{bob.name}']")
        await expect(member.locator("[data-part=role]")).to_have_text("moderator")
    # What one may is told by a hello, which comes after the line.
    async with asyncio.timeout(PATIENCE):
        while True:
            await focuses(bob, "May I be deleted?")
            await bob.page.keyboard.press("Enter")
            await expect(menu(bob).get_by_role("menuitem", name="Reply", exact=True)).to_be_visible()
            may_delete = await menu(bob).get_by_role("menuitem", name="Delete", exact=True).is_visible()
            await bob.page.keyboard.press("Escape")
            await expect(menu(bob)).to_be_hidden()
            if may_delete:
                break
    await chooses(bob, "May I be deleted?", "Delete")
    await expect(alice.page.locator("#timeline .deleted")).to_have_count(1)
    for visitor in (alice, bob):
        visitor.page.remove_listener("request", note)
    assert not [url for url in asked if url.endswith("/members")]


async def test_pins_show_everywhere(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.says("The key is under the mat")
    await alice.says("The cat, too")
    await bob.page.click("#pins-button")
    pins = bob.page.locator("#pins")
    await expect(pins).to_contain_text("Nothing is pinned.")
    await chooses(alice, "The key is under the mat", "Pin to the room")
    await chooses(alice, "The cat, too", "Pin to the room")
    for visitor in (alice, bob):
        await expect(row(visitor, "The key is under the mat").locator(".pin-mark")).to_be_visible()
    # The list follows while it is open; members can't unpin.
    await expect(pins.locator(".pinned-text")).to_have_text(["The cat, too", "The key is under the mat"])
    await expect(pins.get_by_role("button", name="Unpin")).to_have_count(0)
    await expect(pins.get_by_role("link").last).to_have_attribute("href", f"/rooms/{room}/1")
    await bob.page.keyboard.press("Escape")
    # By keyboard: open, unpin the first, close; the focus is back where it was.
    await alice.page.focus("#pins-button")
    await alice.page.keyboard.press("Enter")
    pins = alice.page.locator("#pins")
    await expect(pins.locator(".pinned-text")).to_have_count(2)
    await pins.get_by_role("button", name="Unpin").first.focus()
    await alice.page.keyboard.press("Enter")
    await expect(pins.locator(".pinned-text")).to_have_text(["The key is under the mat"])
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.locator("#pins-button")).to_be_focused()
    await expect(row(bob, "The cat, too").locator(".pin-mark")).to_have_count(0)
    await chooses(alice, "The key is under the mat", "Unpin")
    await expect(bob.page.locator(".pin-mark")).to_have_count(0)
