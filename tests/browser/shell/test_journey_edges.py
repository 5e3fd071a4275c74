"""From room to room within one page, where something is in the way: what isn't there any more is
loaded."""

import asyncio
import re

from playwright.async_api import Browser, Route, expect

from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitor, Visitors, comes_true, one_database
from tests.support.pages.shell import STAYS, goes_to, is_in, link
from tests.support.people import Person

pytestmark = one_database


async def test_a_room_from_which_one_was_removed_meanwhile(
    alice: Visitor, visitors: Visitors, room: str, other: str
) -> None:
    bob = await visitors("bob", WIDE)
    await bob.enters(room)
    await bob.page.evaluate(STAYS)
    await bob.enters(other)
    await bob.page.evaluate(STAYS)
    await goes_to(bob, room)
    await goes_to(bob, other)
    await alice.says(f"/kill @{bob.name} enough")
    await expect(bob.page.locator(link(bob, room))).to_have_count(0)
    async with bob.page.expect_response(f"**/rooms/{room}*") as response:
        await bob.page.go_back()
    assert (await response.value).status == 403
    await expect(bob.page.locator("#timeline")).to_have_count(0)
    await bob.page.wait_for_load_state()
    bob.complaints.clear()


async def test_who_is_signed_out_is_told(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    await goes_to(alice, other)
    await page.click("#me-button")
    await page.click("#settings form[action='/accounts/logout'] button")
    await page.wait_for_url(f"{alice.url}/")
    await page.go_back()
    await page.wait_for_url("**/accounts/login**")


async def test_signed_out_in_another_tab(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    await goes_to(alice, other)
    await alice.context.clear_cookies()
    await page.click(".room-lists a[href='/rooms']")
    await page.wait_for_url("**/accounts/login**")
    await page.go_back()
    await page.wait_for_url("**/accounts/login**")
    alice.complaints.clear()


async def test_without_a_network_one_stays(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    await alice.context.set_offline(True)
    await page.click(link(alice, other))
    await expect(page.locator(".toast")).to_contain_text(f"and #{other} isn’t kept in this")
    await expect(page.locator("#room-name")).to_have_text(room)
    await alice.context.set_offline(False)
    await goes_to(alice, other)
    await goes_to(alice, room)
    await alice.context.set_offline(True)
    await page.click(link(alice, other))
    await expect(page.locator("#room-name")).to_have_text(other)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("later")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await alice.sees("later")
    await expect(page.locator("#timeline .pending")).to_have_count(0)


async def test_a_renamed_room(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    await goes_to(alice, other)
    await goes_to(alice, room)
    name = unique("pantry")
    await goes_to(alice, other)
    assert alice.person
    listener = await alice.person.enters(room)
    await listener.says(f"/address {name}")
    await expect(page.locator(f".room-lists a[data-room='{name}']")).to_have_count(1)
    await page.click(f".room-lists a[data-room='{name}']")
    await page.wait_for_url(f"**/rooms/{name}")
    await alice.is_connected()
    await alice.says("by its new name")
    await alice.sees("by its new name")
    assert await page.evaluate("window.stays")


async def test_on_a_phone(bob: Visitor, dora: Person, room: str, other: str) -> None:
    page = bob.page
    assert bob.person
    await (await bob.person.enters(other)).ws.close()
    await bob.enters(room)
    await page.evaluate(STAYS)
    await goes_to(bob, other)
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await expect(page.locator("#main")).not_to_have_attribute("inert", "")
    listener = await dora.enters(room)
    await listener.says(f"@{bob.name} hello")
    await expect(page.locator("#menu-count")).to_have_text("11 message for you")
    await goes_to(bob, room)
    await bob.sees("hello")
    await expect(page.locator("#menu-count")).to_be_hidden()


async def test_a_swipe_from_the_edge_opens_the_rooms(bob: Visitor, room: str) -> None:
    page = bob.page
    await bob.enters(room)
    session = await page.context.new_cdp_session(page)

    async def swipe(*places: tuple[int, int]) -> None:
        for number, (x, y) in enumerate(places):
            kind = "touchMove" if number else "touchStart"
            await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    await swipe((120, 300), (200, 300), (320, 300))
    await swipe((8, 300), (10, 360), (30, 480))
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    await swipe((8, 300), (40, 304), (120, 310))
    await expect(page.locator("#sidebar")).to_be_in_viewport()
    await expect(page.locator(".drawer-close")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#sidebar")).not_to_be_in_viewport()
    assert page.url.endswith(f"/rooms/{room}")


async def test_what_is_typed_on_the_way_isnt_said_where_one_was(
    alice: Visitor, room: str, other: str
) -> None:
    page, held = alice.page, asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route(f"**/rooms/{other}", hold)
    await page.focus("#composer-text")
    await page.keyboard.press("Control+k")
    await page.fill("#switcher-text", other)
    await expect(page.locator("#switcher-list [role=option]").first).to_contain_text(other)
    await page.keyboard.press("Enter")
    await expect(page.locator("body")).to_have_class(re.compile("going"))
    await page.keyboard.type("meant for the other")
    await page.keyboard.press("Enter")
    await expect(page.locator("#composer-text")).to_have_value("")
    held.set()
    await is_in(alice, other)
    await page.keyboard.type("and this as well")
    await expect(page.locator("#composer-text")).to_have_value("and this as well")
    await goes_to(alice, room)
    assert await alice.texts() == []


async def test_many_rooms(alice: Visitor, room: str, other: str) -> None:
    """The last ones stay in memory, and one connection."""
    page = alice.page
    assert alice.person
    rooms = [unique("many") for _ in range(9)]
    for name in rooms:
        await alice.person.creates(name)
    await expect(page.locator(link(alice, rooms[-1]))).to_have_count(1)
    row = "document.querySelector('#timeline')"
    await page.evaluate(f"window.first = new WeakRef({row})")
    for name in rooms:
        await goes_to(alice, name)
    await page.evaluate(f"window.last = {row}")
    await goes_to(alice, rooms[0])
    await goes_to(alice, rooms[-1])
    assert await page.evaluate(f"last === {row}")
    await goes_to(alice, room)
    assert await page.evaluate(f"first.deref() !== {row}")


async def test_without_scripts(browser: Browser, alice: Visitor, room: str, other: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    await context.add_cookies(await alice.context.cookies())  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{alice.url}/rooms/{room}")
    await page.click(link(alice, other))
    await expect(page.locator("#room-name")).to_have_text(other)
    await page.go_back()
    await expect(page.locator("#room-name")).to_have_text(room)
    await context.close()


async def test_the_first_steps_back_are_before_everything_is_loaded(
    alice: Visitor, room: str, other: str
) -> None:
    page = alice.page
    await goes_to(alice, other)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route("**/*.later.js", hold)
    await page.reload(wait_until="commit")
    await expect(page.locator("#room-name")).to_have_text(other)
    await page.evaluate("history.back()")
    await comes_true(page, "(room) => location.pathname.endsWith(room)", room)
    held.set()
    await page.evaluate(STAYS)
    await is_in(alice, room)


async def test_what_is_loaded_after_the_first_view_cant_be(alice: Visitor, room: str) -> None:
    """A browser asks for it once in the life of a page."""
    page, asked = alice.page, 0

    async def fail(route: Route) -> None:
        nonlocal asked
        asked += 1
        await (route.abort() if asked == 1 else route.continue_())

    await page.route("**/*.later.js", fail)
    await page.goto(f"{alice.url}/rooms/{room}")
    await expect(page.locator("#status")).to_have_attribute("data-state", "offline")
    await alice.says("in the meantime")
    await alice.is_connected()
    assert asked == 2
    await alice.sees("in the meantime")
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    # By other parts of the page, which ask for what is theirs.
    assert all("dynamically imported" in one for one in alice.complaints)
    alice.complaints.clear()
