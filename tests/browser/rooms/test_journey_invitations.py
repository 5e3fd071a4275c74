"""Being invited, in real Chromium: it is told live, and accepted or declined, by keyboard as well."""

import pytest
from playwright.async_api import Locator, expect

from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitor, Visitors, one_database
from tests.support.people import Listener

pytestmark = one_database


@pytest.fixture
async def closed(alice: Visitor) -> str:
    """A closed room of Alice's."""
    assert alice.person
    return await alice.person.closes_off(unique("Board "), "Who pays the rent")


def titled(closed: str) -> str:
    """The room's title: its name is made of that."""
    return closed.rpartition("-")[0].replace("-", " ").title()


@pytest.fixture
async def at_closed(alice: Visitor, closed: str) -> Listener:
    assert alice.person
    return await alice.person.enters(closed)


@pytest.fixture
async def dave(visitors: Visitors, room: str) -> Visitor:
    """Dave is in Alice's room."""
    found = await visitors("dave", WIDE)
    await found.enters(room)
    return found


def invitation(visitor: Visitor, room: str) -> Locator:
    return visitor.page.locator(f"chat-invitations li[data-invitation='{room}']")


async def test_who_is_invited_is_told_at_once_and_accepts(
    alice: Visitor, dave: Visitor, closed: str, at_closed: Listener
) -> None:
    page = dave.page
    await expect(page.locator("chat-invitations")).to_be_hidden()
    await at_closed.says("Not for guests")
    await at_closed.says(f"/invite @{dave.name}")
    shown = invitation(dave, closed)
    await expect(shown).to_contain_text("Who pays the rent")
    await expect(shown).to_contain_text(f"Invited by {alice.name}")
    await expect(page.locator(".toast")).to_contain_text(f"{alice.name} invites you to {titled(closed)}")
    await expect(page.locator(f"#room-list [data-room='{closed}']")).to_have_count(0)
    await page.get_by_role("button", name=f"Accept: {titled(closed)}").click()
    await page.wait_for_url(f"**/rooms/{closed}")
    await dave.is_connected()
    await dave.sees("Not for guests")
    await expect(page.locator("chat-invitations")).to_be_hidden()
    await expect(page.locator(f"#room-list [data-room='{closed}']")).to_have_count(1)
    await at_closed.hears("message", kind="joined", author=dave.name)


async def test_it_is_declined_by_keyboard(dave: Visitor, closed: str, at_closed: Listener) -> None:
    page = dave.page
    await at_closed.says(f"/invite @{dave.name}")
    await expect(invitation(dave, closed)).to_be_visible()
    # A line that is typed meanwhile stays.
    await page.fill("#composer-text", "I was just about to say")
    await page.get_by_role("button", name=f"Accept: {titled(closed)}").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name=f"Decline: {titled(closed)}")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("chat-invitations")).to_be_hidden()
    await expect(page.locator("#room-filter")).to_be_focused()
    await expect(page.locator("#composer-text")).to_have_value("I was just about to say")
    await page.reload()
    await dave.is_connected()
    await expect(invitation(dave, closed)).to_have_count(0)
    await at_closed.is_told()
    assert at_closed.heard("message")[-1]["kind"] == "invited", "nobody is told of a decline"


async def test_one_that_is_withdrawn_goes(dave: Visitor, closed: str, at_closed: Listener) -> None:
    await at_closed.says(f"/invite @{dave.name}")
    await expect(invitation(dave, closed)).to_be_visible()
    await dave.page.get_by_role("button", name=f"Accept: {titled(closed)}").focus()
    await at_closed.says(f"/uninvite @{dave.name}")
    await expect(dave.page.locator("chat-invitations")).to_be_hidden()
    await expect(dave.page.locator("#room-filter")).to_be_focused()


async def test_the_page_of_rooms_has_them_also_on_a_phone(
    alice: Visitor, bob: Visitor, closed: str, at_closed: Listener
) -> None:
    await at_closed.says(f"/invite @{bob.name}")
    # A link to the room leads there.
    await bob.page.goto(f"{bob.url}/rooms/{closed}")
    await bob.page.wait_for_url("**/rooms")
    card = bob.page.locator("#invitations-box .invitation", has_text=closed)
    await expect(card).to_contain_text("Who pays the rent")
    await expect(card).to_contain_text(f"Invited by {alice.name}")
    await at_closed.says(f"/uninvite @{bob.name}")
    await bob.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(card).to_have_count(0)
    await at_closed.says(f"/invite @{bob.name}")
    await bob.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await card.get_by_role("button", name="Accept").click()
    await bob.page.wait_for_url(f"**/rooms/{closed}")
    await bob.is_connected()


async def test_who_asks_to_be_let_in_is_shown_at_once(alice: Visitor, bob: Visitor, closed: str) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/rooms/{closed}")
    asking = page.locator("#asking-link")
    await expect(page.locator("#composer-text")).to_be_visible()
    await expect(asking).to_be_hidden()
    await bob.page.goto(f"{bob.url}/rooms/{closed}")
    await bob.page.get_by_role("button", name="Ask to be let in").click()
    bob.complaints = [one for one in bob.complaints if "404" not in one]
    await expect(asking.locator("[data-part=number]")).to_have_text("1")
    await expect(page.locator(f"#room-list a[data-room='{closed}'] [data-part=asking]")).to_contain_text("1")
    await expect(page.locator(".toast")).to_contain_text("somebody asks to be let in")
    await asking.click()
    await expect(page.locator("#asking")).to_contain_text("bob")
