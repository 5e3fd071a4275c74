"""What is written and not sent yet, in real Chromium: drafts, replies, edits, what waits, and two tabs of one room."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator

import pytest
from playwright.async_api import ViewportSize, WebSocket, expect

from tests.composing import all_sent, box, cut, keep_reply, write
from tests.conftest import LIMITS_OFF, unique
from tests.servers import Aiochat
from tests.visitors import PHONE, WIDE, Visitor

Visitors = Callable[[str, ViewportSize], Awaitable[Visitor]]


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, Aiochat]]:
    """What is told here is the browser's part; the other journeys tell the server's, on each database."""
    with Aiochat(env=LIMITS_OFF) as server:
        yield server.url, server


@pytest.fixture
async def alice(visitors: Visitors) -> Visitor:
    return await visitors("alice", WIDE)


@pytest.fixture
async def bob(visitors: Visitors) -> Visitor:
    """Bob has a phone, and prefers it dark."""
    return await visitors("bob", PHONE)


@pytest.fixture
async def room(alice: Visitor) -> str:
    """A room of Alice's, in which she is."""
    name = unique("Lounge")
    await alice.page.goto(f"{alice.url}/rooms")
    form = alice.page.locator("form[action='/rooms']")
    if not await form.locator("[name=name]").is_visible():
        await alice.page.locator("summary").first.click()
    await form.locator("[name=name]").fill(name)
    await form.locator("button").click()
    await alice.page.wait_for_url(f"**/rooms/{name}")
    await alice.is_connected()
    return name


async def test_a_draft_and_what_it_answers_survive_a_reload_and_an_outage(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.enters(room)
    await bob.says("who brings the tea?")
    await alice.sees("who brings the tea?")
    await keep_reply(alice, room, 1, bob.name, "who brings the tea?")
    mode = alice.page.locator("#composer-mode")
    await expect(mode).to_contain_text(f"Replying to {bob.name} who brings the tea?")
    await write(alice, "I do")
    await alice.page.reload()
    await expect(mode).to_be_visible()
    await expect(box(alice)).to_have_value("I do")
    await alice.is_connected()
    await cut(alice)
    await alice.page.keyboard.press("Enter")
    await expect(mode).to_be_hidden()
    await expect(alice.page.locator("#timeline .pending")).to_have_count(1)
    await expect(alice.page.locator("#status")).to_contain_text("1 waiting")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await all_sent(alice)
    found = await alice.page.evaluate("fetch(location.pathname + '/messages').then((answer) => answer.json())")
    reply = next(line for line in found["messages"] if line["text"] == "I do")
    assert (reply["reply_to"], reply["quote"]) == (1, {"author": bob.name, "text": "who brings the tea?"})


async def test_escape_leaves_the_reply_and_a_command_answers_nothing(alice: Visitor, room: str) -> None:
    await alice.says("first")
    await all_sent(alice)
    await keep_reply(alice, room, 1, alice.name, "first")
    mode = alice.page.locator("#composer-mode")
    await alice.says("/topic Tea")
    await expect(alice.page.locator("#room-topic")).to_have_text("Tea")
    await expect(mode).to_be_visible()
    await write(alice, "words", "{Escape}")
    await expect(mode).to_be_hidden()
    await expect(box(alice)).to_have_value("words")
    await alice.page.reload()
    await expect(box(alice)).to_have_value("words")
    await expect(mode).to_be_hidden()


async def test_two_tabs_send_what_waits_once_and_a_closed_one_leaves_it_to_the_other(alice: Visitor, room: str) -> None:
    await cut(alice)
    await alice.says("from the first tab")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await alice.sees("from the first tab")
    await all_sent(alice)

    first = alice.page
    second = await alice.context.new_page()
    await second.goto(first.url)
    await expect(second.locator("#status")).to_have_attribute("data-state", "connected")
    await cut(alice)
    await expect(second.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("left behind")
    await expect(first.locator("#timeline .pending")).to_have_count(1)
    # While the first lives, it is the first's to send.
    await second.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    await expect(second.locator("#timeline .pending")).to_have_count(0)
    await first.close()
    await expect(second.locator("#timeline .pending")).to_have_count(1)
    await alice.context.set_offline(False)
    await expect(second.locator("#status")).to_have_attribute("data-state", "connected")
    await expect(second.locator("#timeline .pending")).to_have_count(0)
    texts = await second.locator("#timeline [data-number] .message-text").all_inner_texts()
    assert texts == ["from the first tab", "left behind"]


async def test_a_refused_message_is_written_anew_with_what_it_answers(alice: Visitor, room: str) -> None:
    await alice.says("first")
    await all_sent(alice)
    await keep_reply(alice, room, 1, alice.name, "first")
    await alice.says("\u0007bad")
    refusal = alice.page.locator(".refusal")
    await expect(refusal).to_contain_text("control characters")
    await box(alice).fill("and this")
    await refusal.locator("[data-action=edit]").click()
    await expect(box(alice)).to_have_value("\u0007bad\nand this")
    await expect(alice.page.locator("#composer-mode")).to_contain_text("first")
    await expect(refusal).to_have_count(0)


async def test_a_reply_to_nothing_is_refused_and_can_be_sent_without(alice: Visitor, room: str) -> None:
    await keep_reply(alice, room, 999, "ghost", "boo")
    await alice.says("who?")
    refusal = alice.page.locator(".refusal")
    await expect(refusal).to_be_visible()
    await refusal.locator("[data-action=edit]").click()
    await expect(alice.page.locator("#composer-mode")).to_be_hidden()
    await alice.page.keyboard.press("Enter")
    await all_sent(alice)
    await alice.sees("who?")


async def test_arrow_up_holds_the_last_message_and_escape_brings_the_draft_back(alice: Visitor, room: str) -> None:
    await alice.says("one")
    await alice.says("two")
    await all_sent(alice)
    await write(alice, "{ArrowUp}")
    await expect(box(alice)).to_have_value("two")
    await expect(alice.page.locator("#composer-mode")).to_contain_text("Editing your message")
    await write(alice, " more", "{Escape}")
    await expect(box(alice)).to_have_value("")
    await expect(alice.page.locator("#composer-mode")).to_be_hidden()
    # With a text in the box the arrow is the caret's.
    await write(alice, "draft", "{ArrowUp}")
    await expect(box(alice)).to_have_value("draft")


async def test_others_hear_that_one_types_and_nothing_of_commands(alice: Visitor, bob: Visitor, room: str) -> None:
    heard: list[tuple[str, bool]] = []

    def note(frame: str | bytes) -> None:
        events = [json.loads(line) for line in str(frame).split("\n")]
        heard.extend((event["name"], event.get("on", True)) for event in events if event["type"] == "typing")

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    bob.page.on("websocket", listen)
    await bob.enters(room)
    await write(alice, "/me waves", "{Control+A}", "{Backspace}")
    await write(alice, "hello")
    async with asyncio.timeout(10):
        while not heard:
            await asyncio.sleep(0.02)
    assert heard == [(alice.name, True)]
    await write(alice, "{Control+A}", "{Backspace}")
    async with asyncio.timeout(10):
        while len(heard) < 2:
            await asyncio.sleep(0.02)
    assert heard[1] == (alice.name, False)
