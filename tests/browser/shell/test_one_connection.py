"""A page has one connection for its whole life, over which rooms are entered and left."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, WebSocket, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitor, Visitors, comes_true, one_database
from tests.support.pages.shell import STAYS, fills, goes_to, is_in, link
from tests.support.people import PATIENCE, Person

pytestmark = one_database


class Traffic:
    """What goes over the sockets of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.addresses: list[str] = []
        self.asked: list[dict[str, str]] = []
        """Requests but for pings, as they were sent."""
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url.partition("?")[0].rsplit(":", 1)[1].partition("/")[2])
        socket.on("framesent", self._sent)

    def _sent(self, frame: str | bytes) -> None:
        request = json.loads(frame)
        if request["type"] != "ping":
            self.asked.append(request)

    def take(self, *types: str) -> list[str]:
        """Which of these were sent since the last time, with their rooms."""
        asked, self.asked = self.asked, []
        return [f"{one['type']} {one['room']}" for one in asked if one["type"] in types]

    def stop(self) -> None:
        self.page.remove_listener("websocket", self._opened)


@pytest.fixture
def traffic(alice: Visitor) -> Iterator[Traffic]:
    """Of Alice, from before she opens a room."""
    found = Traffic(alice.page)
    yield found
    found.stop()


def count_of(visitor: Visitor, room: str) -> str:
    return f"{link(visitor, room)} [data-part=count]"


SHOWS_AT_ONCE = """([link, text]) => {
  document.querySelector(link).click();
  return [...document.querySelectorAll('#timeline .message-text')].some((one) => one.textContent === text);
}"""
"""Goes to a room: whether the message is there in the same task, before anything can come."""


async def test_a_walk_through_five_rooms_and_back(
    alice: Visitor, traffic: Traffic, room: str, other: str
) -> None:
    page = alice.page
    assert alice.person
    rooms = [room, other, *(unique("walk") for _ in range(3))]
    for name in rooms[2:]:
        await alice.person.creates(name)
    await expect(page.locator(link(alice, rooms[-1]))).to_have_count(1)
    # The fixtures have opened the page twice.
    traffic.addresses.clear()
    traffic.take()
    for name in rooms[1:]:
        await goes_to(alice, name)
        await alice.says(f"hello {name}")
        await alice.sees(f"hello {name}")
    assert traffic.take("enter", "exit") == [f"enter {name}" for name in rooms[1:]]
    for name in reversed(rooms[:-1]):
        await page.go_back()
        await is_in(alice, name)
    # All five are still entered, and so nothing was asked for.
    assert traffic.take("enter", "exit") == []
    assert traffic.addresses == []


async def test_no_more_than_a_few_stay_entered(
    alice: Visitor, traffic: Traffic, room: str, other: str
) -> None:
    page = alice.page
    assert alice.person
    more = [unique("walk") for _ in range(4)]
    for name in more:
        await alice.person.creates(name)
    await expect(page.locator(link(alice, more[-1]))).to_have_count(1)
    for name in [other, *more]:
        await goes_to(alice, name)
    traffic.take()
    listener = await alice.person.enters(room)
    await listener.says("nobody is here")
    # Of a room that isn't entered any more it is told what is unread, and that is all.
    await goes_to(alice, room)
    await alice.sees("nobody is here")
    asked = traffic.take("enter", "exit")
    assert asked[0] == f"enter {room}"
    assert [one.split()[0] for one in asked[1:]] == ["exit"]
    assert set(traffic.addresses) == {"ws"}


async def has_read(person: Person, room: str) -> None:
    """Waits until the server knows that nothing is unread for them."""
    async with asyncio.timeout(PATIENCE):
        while any(one["name"] == room and one["unread"] for one in (await person.gets("/rooms"))["rooms"]):
            await asyncio.sleep(0.05)


async def test_what_came_in_a_room_that_one_has_left_is_there_at_once(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener, 3)
    await alice.sees("line 2.")
    await goes_to(alice, other)
    count = page.locator(count_of(alice, room))
    await expect(count).to_be_hidden()
    await listener.says("first")
    await listener.says("second")
    await listener.says("at the end")
    await expect(count).to_have_text("3 unread")
    await listener.ws.send_json({"type": "delete", "number": 5, "nonce": "gone"})
    await expect(count).to_have_text("2 unread")
    assert await page.evaluate(SHOWS_AT_ONCE, [link(alice, room), "at the end"])
    await expect(page.locator("#timeline > .new + .message")).to_contain_text("first")
    await expect(count).to_be_hidden()
    # The server knows that they are read.
    assert alice.person
    await has_read(alice.person, room)
    await page.reload()
    await alice.is_connected()
    await expect(page.locator("#timeline > .new")).to_have_count(0)


async def test_what_is_read_on_another_device_is_read_in_a_room_that_one_has_left(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    assert alice.person
    listener = await dora.enters(room)
    await fills(listener, 2)
    await alice.sees("line 1.")
    await goes_to(alice, other)
    await fills(listener, 3)
    count = page.locator(count_of(alice, room))
    await expect(count).to_have_text("3 unread")
    phone = await alice.person.enters(room)
    await phone.ws.send_json({"type": "read", "number": 5})
    await expect(count).to_be_hidden()
    await goes_to(alice, room)
    await expect(page.locator("#timeline > .new")).to_have_count(0)


async def test_the_network_is_cut_while_one_writes_in_two_rooms(
    alice: Visitor, traffic: Traffic, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    in_room, in_other = await dora.enters(room), await dora.enters(other)
    await goes_to(alice, other)
    traffic.addresses.clear()
    await alice.context.set_offline(True)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("from the second room")
    await page.click(link(alice, room))
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("from the first room")
    await in_room.says("meanwhile here")
    await in_other.says("meanwhile there")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await in_room.hears("message", text="from the first room")
    await in_other.hears("message", text="from the second room")
    await alice.sees("meanwhile here")
    await goes_to(alice, other)
    assert await alice.texts() == ["meanwhile there", "from the second room"]
    await goes_to(alice, room)
    assert await alice.texts() == ["meanwhile here", "from the first room"]
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    assert set(traffic.addresses) == {"ws"}


async def test_who_is_removed_from_one_room_stays_in_the_other(
    alice: Visitor, visitors: Visitors, room: str, other: str
) -> None:
    bob = await visitors("bob", PHONE)
    await bob.enters(room)
    await bob.page.evaluate(STAYS)
    await bob.enters(other)
    await bob.page.evaluate(STAYS)
    await goes_to(bob, room)
    await goes_to(bob, other)
    # From the one that isn't shown …
    await alice.says(f"/kill @{bob.name} enough")
    await expect(bob.page.locator(link(bob, room))).to_have_count(0)
    await bob.says("still here")
    await bob.sees("still here")
    # … and from the one that is.
    await goes_to(alice, other)
    await alice.sees("still here")
    await alice.says(f"/kill @{bob.name} enough")
    banner = bob.page.locator("chat-banner")
    await expect(banner).to_contain_text("You were removed from this room.")
    await expect(bob.page.locator("#composer-text")).to_be_hidden()


async def test_left_on_another_device_and_joined_again(visitors: Visitors, room: str, other: str) -> None:
    bob = await visitors("bob", WIDE)
    page = bob.page
    assert bob.person
    await bob.enters(other)
    await bob.enters(room)
    await page.evaluate(STAYS)
    await goes_to(bob, other)
    await goes_to(bob, room)
    for name in (other, room):
        phone = await bob.person.enters(name)
        await phone.types("/leave")
        await phone.ends()
    await expect(page.locator("chat-banner")).to_contain_text("You left this room.")
    await expect(page.locator(link(bob, other))).to_have_count(0)
    await page.click("chat-banner a")
    await bob.is_connected()
    await expect(page.locator("chat-banner")).to_be_hidden()
    await bob.says("back again")
    await bob.sees("back again")


async def test_the_end_of_the_session_ends_all(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    assert alice.person
    await goes_to(alice, other)
    await alice.person.submits("/accounts/logout")
    banner = page.locator("chat-banner")
    await expect(banner).to_contain_text("You are signed out.")
    await page.click(link(alice, room))
    await page.wait_for_url("**/accounts/login**")
    alice.complaints.clear()


async def test_signed_out_while_there_was_no_network(alice: Visitor, room: str, other: str) -> None:
    """The handshake is refused, which a page can't see: it asks."""
    page = alice.page
    await goes_to(alice, other)
    await alice.context.set_offline(True)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.context.clear_cookies()
    await alice.context.set_offline(False)
    await expect(page.locator("chat-banner")).to_contain_text("You are signed out.")
    alice.complaints.clear()


async def test_somebody_types_in_a_room_that_isnt_shown(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await goes_to(alice, other)
    await listener.ws.send_json({"type": "typing"})
    await listener.says("typed")
    await expect(page.locator(count_of(alice, room))).to_have_text("1 unread")
    await listener.ws.send_json({"type": "typing"})
    await expect(page.locator("chat-typing")).to_be_empty()
    await goes_to(alice, room)
    await alice.sees("typed")
    await expect(page.locator("chat-typing")).to_be_empty()


async def test_so_much_that_the_first_unread_isnt_held_any_more(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    """The page is fetched, which opens there."""
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener, 60)
    await alice.sees("line 59.")
    await goes_to(alice, other)
    for number in range(310):
        await listener.ws.send_json({"type": "post", "text": f"more {number}.", "nonce": f"{room}{number}"})
    await listener.hears("receipt", nonce=f"{room}309")
    await expect(page.locator(count_of(alice, room))).to_have_text("310 unread")
    async with page.expect_response(f"**/rooms/{room}"):
        await page.click(link(alice, room))
    await is_in(alice, room)
    await expect(page.locator("#timeline > .new + .message")).to_contain_text("more 0.")
    await comes_true(page, "document.querySelectorAll('#timeline .message').length > 20")
