"""Who is online, in real Chromium: green is who is connected to the site, wherever; and what a room's
history says of who comes and goes."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.people.test_journey_people import make_room, row
from tests.support.pages.browser import WIDE, Visitor, Visitors, behind_nginx, comes_true
from tests.support.people import Listener

pytestmark = behind_nginx


@pytest.fixture
async def bob(visitors: Visitors) -> Visitor:
    return await visitors("bob", WIDE)


async def opens_conversation(visitor: Visitor, name: str) -> None:
    await visitor.page.keyboard.press("Control+k")
    await visitor.page.keyboard.type(name)
    await expect(visitor.page.locator("#switcher-list [aria-selected=true]")).to_contain_text(name)
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url(re.compile(r"/rooms/direct\.[0-9a-f]{16}$"))
    await visitor.is_connected()


async def test_who_has_another_room_open_is_green(alice: Visitor, bob: Visitor, room: str) -> None:
    page = alice.page
    await bob.enters(room)
    member = page.locator(f"#members-here [data-person='{bob.name}']")
    await expect(page.locator("#here-title")).to_have_text("Online – 2")
    await expect(member.locator(".avatar")).to_have_attribute("data-dot", "here")
    other = await make_room(bob, "Other")
    await bob.is_connected()
    # Longer than it takes to be gone.
    await page.wait_for_timeout(12_000)
    await expect(member.locator(".avatar")).to_have_attribute("data-dot", "here")
    await member.click()
    await expect(page.locator("#person-card .card-state")).to_have_text("Online")
    await expect(page.locator("#person-card .avatar")).to_have_attribute("data-dot", "here")
    await page.keyboard.press("Escape")
    await opens_conversation(alice, bob.name)
    dot = row(alice, bob.name).locator("[data-part=avatar]")
    await expect(dot).to_have_attribute("data-dot", "here")
    await expect(row(alice, bob.name)).to_have_accessible_name(re.compile(f"{bob.name}.* online"))
    # On a page that is no room it is live as well.
    await page.goto(f"{alice.url}/feed")
    await expect(dot).to_have_attribute("data-dot", "here")
    await bob.page.goto("about:blank")
    await expect(dot).to_have_attribute("data-dot", "gone", timeout=20_000)
    await page.goto(f"{alice.url}/rooms/{room}")
    await expect(page.locator("#away-title")).to_have_text("Offline – 1")
    await expect(page.locator(f"#members-away [data-person='{bob.name}']")).to_be_visible()
    assert other not in await page.locator(".sidebar").inner_text()


async def test_what_the_history_says_is_true(
    alice: Visitor, bob: Visitor, room: str, carol: Listener
) -> None:
    """Each did what is said of them, and nobody who only looked in is told of."""
    page = alice.page
    await bob.enters(room)
    await carol.types("/leave")
    carol_name = carol.heard("hello")[0]["you"]["name"]
    await expect(page.locator("#timeline .run summary")).to_have_text(
        f"{carol_name} joined and left, {bob.name} joined"
    )
    before = await page.locator("#timeline .run summary").inner_text()
    await bob.page.reload()
    await bob.is_connected()
    await page.reload()
    assert await page.locator("#timeline .run summary").inner_text() == before, "as the server writes it"
    await alice.is_connected()
    await comes_true(page, "document.querySelector('#timeline').dataset.taken !== ''")
    assert await page.locator("#timeline .run summary").inner_text() == before
