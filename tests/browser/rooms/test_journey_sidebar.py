"""The sidebar of the pages that are no rooms: live, counted, and on a phone behind a button."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Route, expect

from helpers.web.routing import Access
from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitor, Visitors, one_database, sidebar_is_live
from tests.support.people import Person
from urls import ROUTES

pytestmark = one_database

PLACES = ("/feed", "/rooms", "/accounts/profile", "/users/{name}", "/nowhere")


def count(visitor: Visitor, room: str) -> str:
    return f".room-lists a[data-room='{room}'] [data-part=count]"


@pytest.fixture
async def dora(alice: Visitor) -> AsyncIterator[Person]:
    found = await Person(alice.url, unique("dora")).joins()
    yield found
    await found.close()


@pytest.mark.parametrize("place", PLACES)
async def test_what_is_new_is_told_wherever_one_is(
    alice: Visitor, dora: Person, room: str, place: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await page.goto(alice.url + place.format(name=alice.name))
    await listener.says("before")
    await expect(page.locator(count(alice, room))).to_have_text("1 unread")
    title = (await page.title()).removeprefix("(1) ")
    await listener.says(f"@{alice.name} now")
    await expect(page.locator(count(alice, room))).to_have_text("2 unread")
    await expect(page).to_have_title(f"(1) {title}")
    # A room that one is asked into, and a conversation that begins.
    closed = unique("Attic")
    attic = await dora.enters(await dora.closes_off(closed))
    await attic.says(f"/invite {alice.name}")
    await expect(page.locator("chat-invitations")).to_contain_text(closed)
    await expect(page.locator(".toast")).to_contain_text(f"{dora.name} invites you to {closed}")
    await dora.submits("/conversations", page="/rooms", **{"with": alice.name})
    await expect(page.locator("#conversation-list")).to_contain_text(dora.name)
    await page.click(f".room-lists a[data-room='{room}']")
    await alice.is_connected()
    await alice.sees("now")
    await page.go_back()
    await expect(page.locator(count(alice, room))).to_be_hidden()
    if place == "/nowhere":
        alice.complaints.clear()


async def test_read_elsewhere_it_counts_no_more(alice: Visitor, dora: Person, room: str) -> None:
    listener = await dora.enters(room)
    await alice.page.goto(f"{alice.url}/feed")
    await listener.says(f"@{alice.name} hello")
    await expect(alice.page).to_have_title("(1) Feed – aiochat")
    tab = await alice.context.new_page()
    await tab.goto(f"{alice.url}/rooms/{room}")
    await expect(alice.page).to_have_title("Feed – aiochat")
    await expect(alice.page.locator(count(alice, room))).to_be_hidden()


async def test_what_ends_before_the_page_is_told(alice: Visitor, dora: Person, room: str) -> None:
    """Its only room is gone when the page, which has it in its list, learns of its rooms."""
    page = alice.page
    scripts = asyncio.Event()

    async def late(route: Route) -> None:
        await scripts.wait()
        await route.continue_()

    await page.route("**/shell/beside.js", late)
    await page.goto(f"{alice.url}/feed", wait_until="commit")
    listed = page.locator(f".room-lists a[data-room='{room}']")
    await expect(listed).to_be_visible()
    assert alice.person
    listener = await alice.person.enters(room)
    await listener.types(f"/delete-room {room}")
    await listener.ends()
    scripts.set()
    await sidebar_is_live(page)
    await expect(listed).to_have_count(0)
    await page.fill("#room-filter", room[:5])
    await expect(page.locator(".no-rooms")).to_be_visible()


async def test_by_keyboard(alice: Visitor, room: str) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/feed")
    await sidebar_is_live(page)
    await page.click("#room-filter")
    await page.keyboard.type(room[:5])
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(f"a[data-room='{room}']")).to_be_focused()
    await page.keyboard.press("Enter")
    await alice.is_connected()


async def test_on_a_phone_it_is_a_drawer(bob: Visitor, dora: Person, room: str) -> None:
    page = bob.page
    assert bob.person
    await (await bob.person.enters(room)).ws.close()
    await page.goto(f"{bob.url}/feed")
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    listener = await dora.enters(room)
    await listener.says(f"@{bob.name} hello")
    await expect(page.locator("#menu-count")).to_contain_text("1 message for you")
    await page.click(".drawer-open")
    await expect(page.locator(".drawer-close")).to_be_focused()
    await expect(page.locator(".pane")).to_have_attribute("inert", "")
    await page.keyboard.press("Escape")
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await expect(page.locator(".drawer-open")).to_be_focused()
    await page.click(".drawer-open")
    await page.click(f".room-lists a[data-room='{room}']")
    await bob.is_connected()
    await bob.sees("hello")


async def test_every_page_has_it(alice: Visitor, room: str) -> None:
    """Of whoever is signed in: no route is left out."""
    assert alice.person
    seen = 0
    for route in ROUTES:
        if route.access is not Access.SIGNED_IN or route.json or route.kept:
            continue
        name = room if route.path.startswith("/rooms/") else alice.name
        path = re.sub(r"\{[^/]+", "1", route.path.replace("{name}", name))
        async with alice.person.http.get(path, allow_redirects=False) as answer:
            if answer.content_type != "text/html" or answer.status in (303, 405):
                continue
            text = await answer.text()
        assert text.count('id="sidebar"') == 1, path
        assert text.count(f'data-room="{room}"') == 1, path
        seen += 1
    assert seen > 15


async def test_without_scripts(browser: Browser, alice: Visitor, room: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(await alice.context.cookies())  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{alice.url}/feed")
    await page.click(f".room-lists a[data-room='{room}']")
    await expect(page.locator("#room-name")).to_have_text(room)
    await page.click(".room-lists a[href='/feed']")
    await page.set_viewport_size(PHONE)
    await page.click("header .brand")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Rooms")
    await page.click("header [data-sign-out] button")
    await expect(page.locator(".flash")).to_have_text("You are signed out.")
    await context.close()


async def test_who_is_signed_out_elsewhere(visitors: Visitors) -> None:
    """The page stays as it is, and asks no more."""
    alice = await visitors("alice", WIDE)
    await alice.page.goto(f"{alice.url}/feed")
    assert alice.person
    await sidebar_is_live(alice.page)
    await alice.person.submits("/accounts/logout", page="/rooms")
    await alice.page.click(".room-lists a[href='/rooms']")
    await alice.page.wait_for_url("**/accounts/login**")
