"""How a room ends, by mouse and keyboard: leaving one's own, deleting it, and having it back."""

import pytest
from playwright.async_api import expect

from tests.support.pages.browser import PHONE, Visitor, one_database

pytestmark = one_database


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    """Bob is in it too."""
    await bob.enters(room)
    return room


async def test_deleted_by_its_settings_and_back(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("precious")
    await bob.sees("precious")
    await alice.page.click(".room-settings-link")
    box = alice.page.locator("#delete-room-name")
    await box.fill("something else")
    await box.press("Enter")
    await expect(alice.page.locator(".flash, [role=alert], [role=status]").first).to_contain_text(room)
    await alice.page.set_viewport_size(PHONE)
    await box.fill(room)
    await box.press("Enter")
    await expect(alice.page).to_have_url(f"{alice.url}/rooms")
    await expect(bob.page.locator("#banner")).to_contain_text("This room was deleted.")
    await expect(bob.page.locator("chat-composer")).to_be_hidden()
    listed = alice.page.get_by_role("region", name="Deleted by you")
    await expect(listed).to_contain_text(room)
    await listed.get_by_role("button", name=f"Restore: {room}").click()
    await alice.is_connected()
    await alice.sees("precious")
    await bob.page.goto(f"{bob.url}/rooms/{room}")
    await bob.is_connected()
    await bob.sees("precious")


async def test_who_owns_it_is_asked_and_leaves_it(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.says("hello")
    await alice.sees("hello")
    await alice.says("/leave")
    dialog = alice.page.locator("#question")
    await expect(dialog).to_contain_text("You own")
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.locator("#banner")).to_be_hidden()
    await alice.page.locator("#composer-text").press("Enter")
    await dialog.get_by_role("button", name="Leave it").click()
    await expect(alice.page.locator("#banner")).to_contain_text("You left this room.")
    await expect(bob.page.locator("#timeline")).to_contain_text(f"{bob.name} is the owner now")


async def test_a_closed_room_is_opened_by_who_is_sure(alice: Visitor, room: str) -> None:
    head = alice.page.locator("#timeline")
    await alice.says("/kind closed")
    await expect(head).to_contain_text("closed the room")
    await alice.says("/kind open")
    dialog = alice.page.locator("#question")
    await expect(dialog).to_contain_text("read what was written before")
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.locator("#composer-text")).to_have_value("/kind open")
    await alice.page.locator("#composer-text").press("Enter")
    await dialog.get_by_role("button", name="Open it").click()
    await expect(head).to_contain_text("opened the room")


async def test_how_long_messages_are_kept(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.page.goto(f"{bob.url}/rooms/{room}/settings")
    await expect(bob.page.get_by_role("region", name="How long messages are kept")).to_contain_text(
        "for good"
    )
    await alice.page.goto(f"{alice.url}/rooms/{room}/settings")
    await alice.page.fill("#days", "30")
    await alice.page.get_by_label("Keep pinned messages").check()
    await alice.page.press("#days", "Enter")
    section = alice.page.get_by_role("region", name="How long messages are kept")
    await expect(section).to_contain_text("Messages are kept here for 30 days")
    await expect(section).to_contain_text("Pinned ones stay.")
    await alice.page.locator("h1 a").click()
    await alice.is_connected()
    await expect(alice.page.locator("#timeline")).to_contain_text("keep its messages for 30 days")
