"""From room to room within one page: what is in memory comes at once, with its place, its draft and its
address; what isn't there any more is loaded."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.conftest import unique
from tests.support.browser import PHONE, WIDE, Visitor, Visitors, comes_true, one_database
from tests.support.people import Listener, Person

pytestmark = one_database

STAYS = "window.stays = true"
"""Marks the page: one that is loaded anew has no mark."""


@pytest.fixture
async def other(alice: Visitor, room: str) -> str:
    """Another room of Alice's. She is in the first one, whose page is marked."""
    assert alice.person
    name = unique("Kitchen")
    await alice.person.creates(name)
    await alice.enters(room)
    await alice.page.evaluate(STAYS)
    return name


@pytest.fixture
async def dora(alice: Visitor, room: str, other: str) -> AsyncIterator[Person]:
    """Somebody in both rooms."""
    found = await Person(alice.url, unique("dora")).joins()
    yield found
    await found.close()


def link(visitor: Visitor, room: str) -> str:
    return f".room-lists a[href='/rooms/{room}' i]"


async def goes_to(visitor: Visitor, room: str) -> None:
    """By the sidebar."""
    if visitor.page.viewport_size == PHONE:
        await visitor.page.click(".drawer-open")
    await visitor.page.click(link(visitor, room))
    await is_in(visitor, room)


async def is_in(visitor: Visitor, room: str) -> None:
    """It is shown, connected, and everything says so; no page was loaded for it."""
    page = visitor.page
    await page.wait_for_url(f"**/rooms/{room}*")
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator(".room-link[aria-current=page]")).to_have_attribute("data-room", room)
    await expect(page).to_have_title(f"#{room} – aiochat")
    await visitor.is_connected()
    assert await page.evaluate("window.stays")
    assert await page.locator("main, #timeline, #composer-text, chat-members").count() == 4


async def fills(listener: Listener, count: int = 40) -> None:
    for number in range(count):
        await listener.says(f"line {number}.")


def top_row(page: Page) -> str:
    return """() => {
      const box = document.querySelector('.timeline-scroller').getBoundingClientRect();
      const row = [...document.querySelectorAll('#timeline > .message')].find(
        (one) => one.getBoundingClientRect().top >= box.top);
      return `${row.dataset.number} ${Math.round(row.getBoundingClientRect().top - box.top)}`;
    }"""


async def test_to_another_room_and_back(alice: Visitor, dora: Person, room: str, other: str) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener)
    await alice.sees("line 39.")
    await page.evaluate("document.querySelector('.timeline-scroller').scrollTop -= 500")
    await expect(page.locator(".jump")).to_be_visible()
    place = await page.evaluate(top_row(page))
    await page.fill("#composer-text", "half a thought")
    await goes_to(alice, other)
    await expect(page.locator("#composer-text")).to_be_focused()
    await expect(page.locator("#composer-text")).to_have_value("")
    await page.fill("#composer-text", "half a cup")
    await page.go_back()
    await is_in(alice, room)
    await expect(page.locator("#composer-text")).to_have_value("half a thought")
    assert await page.evaluate(top_row(page)) == place
    await page.go_forward()
    await is_in(alice, other)
    await expect(page.locator("#composer-text")).to_have_value("half a cup")
    await page.press("#composer-text", "Enter")
    await alice.sees("half a cup")
    # An address is that of a page: loaded anew it is the same.
    await page.reload()
    await alice.is_connected()
    await expect(page.locator("#room-name")).to_have_text(other)
    await page.go_back()
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator("#composer-text")).to_have_value("half a thought")


async def test_what_is_in_memory_is_shown_without_a_request_or_a_new_row(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener)
    await alice.sees("line 39.")
    await goes_to(alice, other)
    await goes_to(alice, room)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    await page.evaluate("""() => {
      window.made = 0;
      const { importNode } = Document.prototype;
      Document.prototype.importNode = function (...values) {
        window.made += 1;
        return importNode.apply(this, values);
      };
    }""")
    await goes_to(alice, other)
    await goes_to(alice, room)
    page.remove_listener("request", note)
    assert asked == []
    # The bar of actions, once for each room that is shown.
    assert await page.evaluate("made") <= 4


async def test_by_keyboard(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    await page.keyboard.press("Control+k")
    await page.fill("#switcher-text", other)
    await expect(page.locator("#switcher-list [role=option]").first).to_contain_text(other)
    await page.keyboard.press("Enter")
    await is_in(alice, other)
    await expect(page.locator("#switcher")).to_be_hidden()
    await expect(page.locator("#composer-text")).to_be_focused()
    await page.keyboard.press("Alt+ArrowDown")
    await is_in(alice, room)
    await page.keyboard.press("Alt+ArrowUp")
    await is_in(alice, other)
    await expect(page.locator("#arrival")).to_have_text(f"#{other} – aiochat")
    # What one did in one room isn't done twice in the next.
    await page.keyboard.type("once")
    await page.keyboard.press("Enter")
    await expect(page.locator("#timeline .message[data-number] .message-text")).to_have_text("once")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".composer-mode")).to_be_visible()
    await page.keyboard.press("Alt+ArrowDown")
    await is_in(alice, room)
    await expect(page.locator(".composer-mode")).to_be_hidden()
    await page.go_back()
    await is_in(alice, other)
    # What is half edited is there still.
    await expect(page.locator(".composer-mode")).to_be_visible()
    await page.fill("#composer-text", "once, and changed")
    await page.keyboard.press("Enter")
    await alice.sees("once, and changed")


async def test_what_came_meanwhile_is_there_and_counted(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener, 3)
    await alice.sees("line 2.")
    await goes_to(alice, other)
    count = page.locator(f"{link(alice, room)} [data-part=count]")
    await expect(count).to_be_hidden()
    for number in range(30):
        await listener.says(f"meanwhile {number}. {'and so on ' * 20}")
    await expect(count).to_have_text("30 unread")
    await listener.says(f"@{alice.name} come!")
    await expect(page).to_have_title(f"(1) #{other} – aiochat")
    await page.click(link(alice, room))
    # It opens at the first of them, as a page does, and what wasn't on screen isn't read.
    await expect(page.locator("#timeline > .new")).to_be_in_viewport()
    await expect(page.locator("#timeline > .new + .message")).to_contain_text("meanwhile 0.")
    await expect(alice.line("come!")).to_have_count(1)
    await expect(alice.line("come!")).not_to_be_in_viewport()
    await expect(page.locator(".jump-text")).to_contain_text("Jump to latest (")
    await page.click(".jump")
    await expect(page).to_have_title(f"#{room} – aiochat")
    await goes_to(alice, other)
    await expect(count).to_be_hidden()
    assert await page.locator(f"{link(alice, room)}.has-unread").count() == 0
    await goes_to(alice, room)
    await expect(page.locator("#timeline > .new")).to_have_count(0)


async def test_so_much_that_it_is_loaded(alice: Visitor, dora: Person, room: str, other: str) -> None:
    listener = await dora.enters(room)
    await goes_to(alice, other)
    await fills(listener, 60)
    await expect(alice.page.locator(f"{link(alice, room)} [data-part=count]")).to_have_text("60 unread")
    await goes_to(alice, room)
    await expect(alice.page.locator("#timeline > .new + .message")).to_contain_text("line 0.")


async def test_what_was_just_sent_arrives(alice: Visitor, dora: Person, room: str, other: str) -> None:
    """However soon one is elsewhere."""
    page = alice.page
    listener = await dora.enters(room)
    await alice.context.set_offline(True)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("from the tunnel")
    await alice.context.set_offline(False)
    await page.click(link(alice, other))
    await is_in(alice, other)
    await listener.hears("message", text="from the tunnel")
    await goes_to(alice, room)
    await alice.sees("from the tunnel")
    await expect(page.locator("#timeline .pending")).to_have_count(0)


async def test_a_link_to_a_message_of_another_room(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener, 60)
    await goes_to(alice, other)
    await alice.says(f"See {alice.url}/rooms/{room}/3 and #{room}")
    await page.click(f"#timeline a[href$='/rooms/{room}/3' i]")
    await page.wait_for_url(f"**/rooms/{room}/3")
    await expect(alice.line("line 2.")).to_be_in_viewport()
    await expect(page.locator(".message[data-number='3'].pointed")).to_have_count(1)
    await page.go_back()
    await is_in(alice, other)
    await page.click("#timeline a.room-ref")
    await is_in(alice, room)
    await expect(alice.line("line 2.")).to_be_in_viewport()
    # Within the room all is as before.
    await listener.says(f"And {alice.url}/rooms/{room}/50")
    await page.click(link(alice, room))
    await page.click(f"#timeline a[href$='/rooms/{room}/50' i]")
    await page.wait_for_url(f"**/rooms/{room}/50")
    await page.go_back()
    await is_in(alice, room)


async def test_with_a_key_held_a_link_is_the_browsers(alice: Visitor, room: str, other: str) -> None:
    await expect(alice.page.locator(link(alice, other))).to_have_count(1)
    taken = await alice.page.evaluate(
        """(link) => ["ctrlKey", "metaKey", "shiftKey", "altKey"].filter((held) => {
          let taken = null;
          addEventListener("click", (event) => {
            taken = event.defaultPrevented;
            event.preventDefault();
          }, { once: true });
          document.querySelector(link)
            .dispatchEvent(new MouseEvent("click", { [held]: true, bubbles: true, cancelable: true }));
          return taken !== false;
        })""",
        link(alice, other),
    )
    assert taken == []
    await is_in(alice, room)


async def test_two_tabs(alice: Visitor, room: str, other: str) -> None:
    """Each has its own room, and one's own words come in both."""
    tab = await alice.context.new_page()
    await tab.goto(f"{alice.url}/rooms/{other}")
    await tab.click(f".room-lists a[href='/rooms/{room}' i]")
    await expect(tab.locator("#room-name")).to_have_text(room)
    await expect(tab.locator("#status")).to_have_attribute("data-state", "connected")
    await alice.says("to both")
    await expect(tab.locator("#timeline .message-text", has_text="to both")).to_have_count(1)
    await goes_to(alice, other)
    await expect(tab.locator("#room-name")).to_have_text(room)


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
    await expect(page.locator(".toast")).to_contain_text("There is no connection now.")
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
