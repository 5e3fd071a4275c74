"""A journey in real Chromium: two people with a browser each, one of them on a phone, from
registering to the end."""

import asyncio

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitor
from tests.support.people import PATIENCE
from tests.support.servers import Aiochat

UNREAD = """() => fetch('/rooms?only=own', { headers: { Accept: 'application/json' } })
    .then((answer) => answer.json())
    .then(({ rooms }) => rooms.reduce((sum, room) => sum + room.unread, 0))"""


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    """Bob is in it too."""
    await bob.enters(room)
    return room


async def test_who_registers_makes_a_room_that_others_find(
    browser: Browser, site: tuple[str, Aiochat], bob: Visitor
) -> None:
    context = await browser.new_context(viewport=WIDE)
    alice = Visitor(context, await context.new_page(), site[0], unique("alice"))
    await alice.registers()
    name = unique("Lounge")
    await alice.page.goto(f"{alice.url}/rooms")
    form = alice.page.locator("#new-room-form")
    if not await form.is_visible():
        await alice.page.locator("#new-room > summary").click()
    await form.locator("[name=title]").fill(name)
    await form.locator("[name=topic]").fill("Tea")
    await form.locator("button").click()
    await alice.page.wait_for_url(f"**/rooms/{name.lower()}")
    await alice.is_connected()
    await bob.page.goto(f"{bob.url}/rooms")
    await bob.page.locator("main a", has_text=name).first.click()
    await bob.is_connected()
    await expect(bob.page.locator("#room-topic")).to_have_text("Tea")
    await alice.says("Welcome")
    await bob.sees("Welcome")
    await context.close()
    assert not alice.complaints, alice.complaints


async def test_two_people_talk(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("Hello, Bob! <b>not bold</b>")
    await bob.sees("Hello, Bob! <b>not bold</b>")
    assert await bob.page.locator("#timeline .message-text b").count() == 0
    await bob.says("*Hello*, Alice!")
    await alice.sees("Hello, Alice!")
    await expect(alice.page.locator("#timeline .message-text em")).to_have_text("Hello")
    await expect(
        alice.page.locator("#timeline .own .message-text, #timeline .own.message-text")
    ).to_have_text(["Hello, Bob! <b>not bold</b>"])
    await expect(alice.page.locator("#timeline .pending")).to_have_count(0)


async def test_shift_enter_makes_a_new_line(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.page.fill("#composer-text", "one")
    await alice.page.press("#composer-text", "Shift+Enter")
    await alice.page.keyboard.type("two")
    await alice.page.press("#composer-text", "Enter")
    await bob.sees("one\ntwo")


async def test_what_is_written_without_a_network_is_sent_with_it(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.context.set_offline(True)
    await expect(bob.page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await bob.says("from the tunnel 1")
    await bob.says("from the tunnel 2")
    await alice.says("meanwhile")
    await expect(bob.page.locator("#status")).to_contain_text("2 waiting")
    await expect(bob.page.locator("#timeline .pending")).to_have_count(2)
    await bob.context.set_offline(False)
    await bob.is_connected()
    for visitor in (alice, bob):
        await visitor.sees("from the tunnel 2")
        await expect(visitor.page.locator("#timeline .pending")).to_have_count(0)
    assert await alice.texts() == await bob.texts() == ["meanwhile", "from the tunnel 1", "from the tunnel 2"]


async def test_what_waits_survives_a_reload_and_a_killed_server(
    alice: Visitor, bob: Visitor, room: str, site: tuple[str, Aiochat]
) -> None:
    server = site[1]
    await alice.says("before")
    await bob.sees("before")
    await asyncio.to_thread(server.kill)
    await expect(alice.page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("while it was down")
    await expect(alice.page.locator("#timeline .pending")).to_have_count(1)
    await asyncio.to_thread(server.restart)
    await alice.page.reload()
    await alice.is_connected()
    await bob.is_connected()
    for visitor in (alice, bob):
        await visitor.sees("while it was down")
    assert await alice.texts() == await bob.texts() == ["before", "while it was down"]


async def test_a_server_that_restarts_while_one_is_in_another_room(
    alice: Visitor, bob: Visitor, room: str, site: tuple[str, Aiochat]
) -> None:
    server, page = site[1], alice.page
    assert alice.person
    other = unique("Kitchen")
    await alice.person.creates(other)
    await page.reload()
    await alice.is_connected()
    await alice.says("before")
    await bob.sees("before")
    await page.evaluate("window.stays = true")
    await page.click(f".room-lists a[data-room='{other}']")
    await expect(page.locator("#room-name")).to_have_text(other)
    await alice.is_connected()
    await asyncio.to_thread(server.kill)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    # What is in memory can be read and written to without a server, too.
    await page.click(f".room-lists a[data-room='{room}']")
    await expect(page.locator("#room-name")).to_have_text(room)
    await alice.sees("before")
    await alice.says("while it was down")
    await page.click(f".room-lists a[data-room='{other}']")
    await expect(page.locator("#room-name")).to_have_text(other)
    await asyncio.to_thread(server.restart)
    await bob.sees("while it was down")
    await alice.is_connected()
    await page.click(f".room-lists a[data-room='{room}']")
    await alice.sees("while it was down")
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    assert await page.evaluate("window.stays")


async def test_the_history_loads_while_scrolling_up(alice: Visitor, bob: Visitor, room: str) -> None:
    assert alice.person
    pen = await alice.person.enters(room)
    for number in range(80):
        await pen.says(f"line {number}.")
    await bob.sees("line 79.")
    # A room opens at the first unread message: the server knows that he has read them all.
    async with asyncio.timeout(PATIENCE):
        while await bob.page.evaluate(UNREAD):
            await asyncio.sleep(0.1)
    await bob.page.reload()
    await bob.sees("line 79.")
    async with asyncio.timeout(PATIENCE):
        while not await bob.line("line 3.").count():
            await bob.page.evaluate("document.querySelector('.timeline-scroller').scrollTop = 0")
            await asyncio.sleep(0.1)
    assert await bob.texts() == [f"line {number}." for number in range(80)]


async def test_the_slash_menu_works_by_keyboard(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.page.click("#composer-text")
    await alice.page.keyboard.type("/to")
    await expect(alice.page.locator("#completions")).to_be_visible()
    await expect(alice.page.locator("#completions [role=option]").first).to_contain_text("/topic")
    await alice.page.keyboard.press("Enter")
    await alice.page.keyboard.type("Biscuits")
    await alice.page.keyboard.press("Enter")
    for visitor in (alice, bob):
        await expect(visitor.page.locator("#room-topic")).to_have_text("Biscuits")
    await bob.page.fill("#composer-text", "")
    await bob.page.click("#composer-text")
    await bob.page.keyboard.type("/")
    await expect(bob.page.locator("#completions [role=option]", has_text="/kick")).to_have_count(0)
    await bob.page.keyboard.press("Escape")
    await expect(bob.page.locator("#completions")).to_be_hidden()


async def test_clear_empties_every_page(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("soon gone")
    await bob.sees("soon gone")
    question = alice.page.locator("#question")
    for answer, is_cleared in ((None, False), ("Cancel", False), ("Clear it", True)):
        await alice.page.fill("#composer-text", "/clear")
        await alice.page.keyboard.press("Enter")
        await expect(question).to_contain_text("for everybody")
        await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
        if answer is None:
            await alice.page.keyboard.press("Escape")
        else:
            await question.get_by_role("button", name=answer).click()
        await expect(question).to_be_hidden()
        await expect(alice.page.locator("#composer-text")).to_have_value("" if is_cleared else "/clear")
    for visitor in (alice, bob):
        await expect(visitor.line("soon gone")).to_have_count(0)
        await expect(visitor.page.locator("#timeline")).to_contain_text("cleared the history")
    await bob.page.reload()
    await bob.is_connected()
    await expect(bob.line("soon gone")).to_have_count(0)


async def test_who_is_killed_is_told_and_doesnt_come_back(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says(f"/kill @{bob.name} enough")
    await expect(bob.page.locator("#banner")).to_contain_text("removed")
    await expect(alice.page.locator("#timeline")).to_contain_text(f"removed {bob.name} from the room: enough")
    await expect(alice.page.locator("#members")).not_to_contain_text(bob.name)
    await expect(bob.page.locator("#status")).not_to_have_attribute("data-state", "connected")


async def test_who_has_left_reads_so_in_place_of_the_message_box_and_joins_again(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.says("/leave")
    banner = bob.page.locator("#banner")
    await expect(banner).to_contain_text("You left this room.")
    await expect(bob.page.locator("#composer-text")).to_be_hidden()
    below = await banner.bounding_box()
    above = await bob.page.locator("chat-timeline").bounding_box()
    assert below
    assert above
    assert below["y"] >= above["y"] + above["height"] - 1
    await banner.get_by_role("link", name="Join again").click()
    await bob.is_connected()
    await bob.says("here again")
    await alice.sees("here again")


async def test_signing_out_elsewhere_ends_the_page(alice: Visitor, room: str) -> None:
    other = await alice.context.new_page()
    await other.goto(f"{alice.url}/rooms")
    await other.locator("form[action='/accounts/logout'] button").first.click()
    await other.wait_for_url(f"{alice.url}/")
    await expect(alice.page.locator("#banner")).to_be_visible()
    await expect(alice.page.locator("#banner a")).to_have_attribute(
        "href", "/accounts/login?next=" + f"/rooms/{room}".replace("/", "%2F")
    )
