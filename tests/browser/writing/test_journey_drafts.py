"""What is written and not sent yet, in real Chromium: drafts, replies, edits, what waits, and two
tabs of one room."""

import asyncio
import json

from playwright.async_api import WebSocket, expect

from tests.support.pages.browser import Visitor, one_database
from tests.support.pages.composer import all_sent, box, choose, cut, keep_reply, write
from tests.support.people import PATIENCE

pytestmark = one_database
"""What is told here is the browser's part; the other journeys tell the server's, on each
database."""


async def test_a_draft_and_what_it_answers_survive_a_reload_and_an_outage(
    alice: Visitor, bob: Visitor, room: str
) -> None:
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
    found = await alice.page.evaluate(
        "fetch(location.pathname + '/messages').then((answer) => answer.json())"
    )
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


async def test_two_tabs_send_what_waits_once_and_a_closed_one_leaves_it_to_the_other(
    alice: Visitor, room: str
) -> None:
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
    await second.evaluate(
        "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
    )
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
    await alice.says("\u200b")
    refusal = alice.page.locator(".refusal")
    await expect(refusal).to_contain_text("There is nothing in this message.")
    await box(alice).fill("and this")
    await refusal.locator("[data-action=edit]").click()
    await expect(box(alice)).to_have_value("\u200b\nand this")
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


async def test_arrow_up_holds_the_last_message_and_escape_brings_the_draft_back(
    alice: Visitor, room: str
) -> None:
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


async def test_others_hear_that_one_types_and_nothing_of_commands(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    heard: list[tuple[str, bool]] = []

    def note(frame: str | bytes) -> None:
        # A frame of a room begins with its id.
        events = [json.loads(line) for line in str(frame).split("\n") if line.startswith("{")]
        heard.extend((event["name"], event.get("on", True)) for event in events if event["type"] == "typing")

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    bob.page.on("websocket", listen)
    await bob.enters(room)
    await write(alice, "/me waves", "{Control+A}", "{Backspace}")
    await write(alice, "hello")
    async with asyncio.timeout(PATIENCE):
        while not heard:
            await asyncio.sleep(0.02)
    assert heard == [(alice.name, True)]
    await write(alice, "{Control+A}", "{Backspace}")
    async with asyncio.timeout(PATIENCE):
        while len(heard) < 2:
            await asyncio.sleep(0.02)
    bob.page.remove_listener("websocket", listen)
    assert heard[1] == (alice.name, False)


async def test_an_edit_is_saved_by_enter_and_the_draft_is_left_alone(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.enters(room)
    await alice.says("one")
    await alice.says("tow")
    await bob.sees("tow")
    await write(alice, "{ArrowUp}", "{Backspace}", "{Backspace}", "wo", "{Enter}")
    await bob.sees("two")
    await expect(alice.line("two")).to_have_count(1)
    await expect(box(alice)).to_have_value("")
    # From the menu, over a draft with a reply; both come back.
    await keep_reply(alice, room, 1, alice.name, "one")
    await write(alice, "a draft")
    await choose(alice, "one", "Edit")
    await expect(box(alice)).to_have_value("one")
    await write(alice, " and a half")
    await alice.page.reload()
    await expect(box(alice)).to_have_value("one and a half")
    await alice.is_connected()
    await write(alice, "{Escape}")
    await expect(box(alice)).to_have_value("a draft")
    await choose(alice, "one", "Edit")
    await expect(box(alice)).to_have_value("one")
    await write(alice, " and a half", "{Enter}")
    await bob.sees("one and a half")
    await expect(box(alice)).to_have_value("a draft")
    await expect(alice.page.locator("#composer-mode")).to_contain_text(f"Replying to {alice.name}")


async def test_a_reply_is_chosen_in_the_menu_and_its_quote_shows_while_it_waits(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.enters(room)
    await bob.says("who brings the tea?")
    await alice.sees("who brings the tea?")
    await choose(alice, "who brings the tea?", "Reply")
    await expect(alice.page.locator("#composer-mode")).to_contain_text(
        f"Replying to {bob.name} who brings the tea?"
    )
    await expect(box(alice)).to_be_focused()
    await cut(alice)
    await write(alice, "I do", "{Enter}")
    waiting = alice.page.locator("#timeline .pending")
    await expect(waiting).to_contain_text("who brings the tea?")
    address = alice.page.url
    await alice.page.close()
    await alice.context.set_offline(False)
    again = await alice.context.new_page()
    await again.goto(address)
    await bob.sees("I do")
    for page in (bob.page, again):
        answer = page.locator("#timeline > .message[data-number]").filter(has_text="I do")
        await expect(answer).to_contain_text("who brings the tea?")


async def test_an_edit_without_a_network_waits_and_a_refused_one_gives_its_text_back(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await bob.enters(room)
    await bob.says("helo")
    await bob.says("bye")
    await alice.sees("bye")
    await cut(bob)
    await box(bob).press("ArrowUp")
    await box(bob).fill("goodbye")
    await bob.page.locator("#composer .send-button").tap()
    await bob.sees("goodbye")
    await choose(bob, "helo", "Edit")
    await box(bob).fill("hello")
    await bob.page.locator("#composer .send-button").tap()
    await choose(alice, "helo", "Delete")
    await bob.context.set_offline(False)
    await alice.sees("goodbye")
    await expect(box(bob)).to_have_value("hello")
    await expect(bob.page.locator("#composer-mode")).to_be_hidden()
    await expect(bob.page.locator("#composer-hint")).to_be_hidden()


async def test_two_tabs_have_each_their_own_draft_after_a_reload(alice: Visitor, room: str) -> None:
    other = await alice.context.new_page()
    await other.goto(alice.page.url)
    for page, text in ((alice.page, "of the first"), (other, "of the second")):
        await page.fill("#composer-text", text)
    for page, text in ((alice.page, "of the first"), (other, "of the second")):
        await page.reload()
        await expect(page.locator("#composer-text")).to_have_value(text)
