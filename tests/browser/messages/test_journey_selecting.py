"""Several messages at once, in real Chromium: selected by pointer, finger and keys, deleted and brought
back by one act; and how a run of deleted ones shows."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.messages.test_journey_messages import chooses, focuses, holds, menu, row
from tests.support.pages.browser import Visitor, one_database

pytestmark = one_database


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    await bob.enters(room)
    return room


def bar(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("toolbar", name="Selected messages")


def gone(visitor: Visitor) -> Locator:
    return visitor.page.locator("#timeline > .gone")


async def test_a_moderator_deletes_what_is_selected_and_takes_it_back(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    texts = ["raid one", "raid two", "a good word", "raid three"]
    for text in texts:
        await bob.says(text)
    await alice.sees("raid three")
    # By Shift and a press, then one from here to there, and one left out.
    await row(alice, "raid one").locator(".bubble").click(modifiers=["Shift"])
    await row(alice, "raid three").locator(".bubble").click(modifiers=["Shift"])
    await expect(bar(alice)).to_contain_text("4 messages selected")
    await row(alice, "a good word").locator(".bubble").click()
    await expect(bar(alice)).to_contain_text("3 messages selected")
    await expect(row(alice, "raid two")).to_have_accessible_description("Selected")
    await bar(alice).get_by_role("button", name="Delete").click()
    await expect(bar(alice)).to_have_count(0)
    for visitor in (alice, bob):
        await expect(visitor.page.locator("#timeline .message .deleted")).to_have_count(1)
        await expect(gone(visitor)).to_have_text(["2 messages were deleted."], use_inner_text=True)
    # Which they were is there by a press, by keyboard as well.
    await gone(alice).locator("summary").focus()
    await alice.page.keyboard.press("Enter")
    await expect(gone(alice).locator("li")).to_have_count(2)
    await expect(gone(alice).locator("li").first).to_contain_text(bob.name)
    await (
        alice.page.locator(".toast", has_text="Messages deleted.").get_by_role("button", name="Undo").click()
    )
    for visitor in (alice, bob):
        await expect(gone(visitor)).to_have_count(0)
        await expect(row(visitor, "raid two")).to_be_visible()


async def test_by_keys(alice: Visitor, bob: Visitor, room: str) -> None:
    for text in ("first", "second", "third"):
        await bob.says(text)
    await focuses(alice, "third")
    keys = alice.page.keyboard
    await keys.press("x")
    await expect(bar(alice)).to_contain_text("1 message selected")
    await keys.press("Shift+ArrowUp")
    await keys.press("Shift+ArrowUp")
    await expect(bar(alice)).to_contain_text("3 messages selected")
    await keys.press("Shift+ArrowDown")
    await expect(bar(alice)).to_contain_text("2 messages selected")
    await keys.press("Escape")
    await expect(bar(alice)).to_have_count(0)
    await expect(row(alice, "second")).to_be_focused()
    await keys.press("Shift+ArrowDown")
    await expect(bar(alice)).to_contain_text("2 messages selected")
    await keys.press("Delete")
    await expect(gone(bob)).to_have_text(["2 messages were deleted."], use_inner_text=True)
    # The key takes back what her page has word of.
    await expect(alice.page.locator(".toast").get_by_role("button", name="Undo")).to_be_visible()
    await keys.press("Control+z")
    await expect(gone(bob)).to_have_count(0)


async def test_by_a_finger_ones_own_and_nothing_else(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("of Alice")
    await bob.says("mine one")
    await bob.says("mine two")
    await holds(bob, "mine one")
    await menu(bob).get_by_role("menuitem", name="Select").tap()
    await row(bob, "of Alice").locator(".bubble").tap()
    await expect(bar(bob)).to_contain_text("2 messages selected")
    await expect(bar(bob).get_by_role("button", name="Delete")).to_be_hidden()
    await row(bob, "of Alice").locator(".bubble").tap()
    await row(bob, "mine two").locator(".bubble").tap()
    await bar(bob).get_by_role("button", name="Delete").tap()
    await expect(gone(alice)).to_have_count(1)
    # The page that loads anew has the same rows from the server.
    await bob.page.locator(".toast").get_by_role("button", name="Undo").tap()
    await expect(gone(alice)).to_have_count(0)
    await expect(row(bob, "mine two")).to_be_visible()
    await chooses(alice, "mine two", "Select")
    await alice.page.keyboard.press("Escape")
    await expect(bar(alice)).to_have_count(0)
