"""What one does with messages: Alice at a wide screen and by keyboard alone, Bob on a phone, the
network cut in between."""

import pytest
from playwright.async_api import Locator, Request, expect

from tests.support.pages.browser import Visitor, comes_true, one_database
from tests.support.pages.composer import cut
from tests.support.people import JsonObject, Listener

FOCUSED = "document.activeElement.closest('#timeline > *')?.dataset.number"


pytestmark = one_database
"""What is told here is the browser's part; the other journeys tell the server's, on each
database."""


@pytest.fixture
async def room(room: str, bob: Visitor) -> str:
    """Bob is in it too."""
    await bob.enters(room)
    return room


def row(visitor: Visitor, text: str) -> Locator:
    """The stored message with this text; others may quote it."""
    return visitor.page.locator("#timeline > .message[data-number]").filter(
        has=visitor.page.locator(".message-text", has_text=text)
    )


def chip(visitor: Visitor, text: str, emoji: str) -> Locator:
    return row(visitor, text).locator(f".reactions [data-emoji='{emoji}']")


def menu(visitor: Visitor) -> Locator:
    return visitor.page.locator("#message-menu")


async def shows_reaction(visitor: Visitor, text: str, emoji: str, count: int, own: bool) -> None:
    found = chip(visitor, text, emoji)
    await expect(found).to_have_attribute("aria-pressed", str(own).lower())
    await expect(found.locator(".chip-count")).to_have_text(str(count))


async def focuses(visitor: Visitor, text: str) -> None:
    """The keyboard is at the message."""
    await expect(row(visitor, text)).to_have_count(1)
    await row(visitor, text).focus()


async def chooses(visitor: Visitor, text: str, item: str, key: str = "Enter") -> None:
    """By keyboard alone: the menu of a message, its item by first letters and arrows."""
    await focuses(visitor, text)
    await visitor.page.keyboard.press(key)
    await expect(menu(visitor)).to_be_visible()
    wanted = menu(visitor).get_by_role("menuitem", name=item, exact=True)
    for _ in range(20):
        if await wanted.evaluate("item => item === document.activeElement"):
            break
        await visitor.page.keyboard.press("ArrowDown")
    await expect(wanted).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await expect(menu(visitor)).to_be_hidden()


async def holds(visitor: Visitor, text: str) -> None:
    """A finger stays on a message until its sheet is there."""
    bubble = row(visitor, text).locator(".bubble")
    await bubble.tap(trial=True)  # it is there, and moves no more
    box = await bubble.bounding_box()
    assert box
    session = await visitor.context.new_cdp_session(visitor.page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    await expect(menu(visitor)).to_be_visible()
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()
    await expect(menu(visitor)).to_be_visible()


async def test_reactions_by_pointer_finger_and_keyboard(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.says("Slugs again")
    text = row(alice, "Slugs again")
    await text.locator(".bubble").hover(trial=True)  # it moves no more
    before = await text.bounding_box()
    await text.locator(".bubble").hover()
    bar = text.get_by_role("toolbar")
    await expect(bar).to_be_visible()
    assert await text.bounding_box() == before, "the bar takes no place"
    await bar.get_by_role("button", name="React with 👍").click()
    await shows_reaction(alice, "Slugs again", "👍", 1, own=True)
    await shows_reaction(bob, "Slugs again", "👍", 1, own=False)
    # One press joins, one leaves.
    await chip(bob, "Slugs again", "👍").tap()
    await shows_reaction(alice, "Slugs again", "👍", 2, own=True)
    await expect(chip(alice, "Slugs again", "👍")).to_have_attribute("title", f"{bob.name} and you")
    await expect(chip(bob, "Slugs again", "👍")).to_have_accessible_name(f"👍 2: {alice.name} and you")
    await chip(bob, "Slugs again", "👍").tap()
    await shows_reaction(alice, "Slugs again", "👍", 1, own=True)
    # By keyboard: the first of the menu's emoji, and away again from the chip itself, which goes
    # with its last one.
    await focuses(alice, "Slugs again")
    await alice.page.keyboard.press("Shift+F10")
    await expect(menu(alice)).to_be_visible()
    for key in ("Home", "ArrowRight", "Enter"):
        await alice.page.keyboard.press(key)
    await shows_reaction(bob, "Slugs again", "❤️", 1, own=False)
    # The focus is back at the message.
    number = await text.get_attribute("data-number")
    await comes_true(alice.page, f"number => {FOCUSED} === number", number)
    await chip(alice, "Slugs again", "❤️").focus()
    await alice.page.keyboard.press("Enter")
    await expect(chip(alice, "Slugs again", "❤️")).to_have_count(0)
    await expect(chip(bob, "Slugs again", "❤️")).to_have_count(0)
    await comes_true(alice.page, f"number => {FOCUSED} === number", number)
    # On the phone: a finger that stays opens the sheet.
    await holds(bob, "Slugs again")
    await menu(bob).get_by_role("menuitemcheckbox", name="React with 🎉").tap()
    await shows_reaction(alice, "Slugs again", "🎉", 1, own=False)


async def test_any_emoji_is_found_by_name(alice: Visitor, bob: Visitor, room: str) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/emoji"):
            asked.append(request.url)

    alice.page.on("request", note)
    await alice.says("What grows here?")
    await chooses(alice, "What grows here?", "Copy link")
    assert not asked, "the names of emoji are loaded when they are needed"
    await focuses(alice, "What grows here?")
    await alice.page.keyboard.press("Enter")
    await menu(alice).get_by_role("menuitem", name="Another emoji").focus()
    await alice.page.keyboard.press("Enter")
    picker = alice.page.locator("#emoji-picker")
    await expect(picker.get_by_role("combobox")).to_be_focused()
    await alice.page.keyboard.type("christmas tr")
    await expect(picker.get_by_role("option")).to_have_text(["🎄"])
    await alice.page.keyboard.press("Enter")
    await shows_reaction(bob, "What grows here?", "🎄", 1, own=False)
    alice.page.remove_listener("request", note)
    assert len(asked) == 1
    # It is the first to be proposed now, and arrows move among those that are shown.
    await row(alice, "What grows here?").locator(".bubble").hover()
    await (
        row(alice, "What grows here?")
        .get_by_role("toolbar")
        .get_by_role("button", name="React", exact=True)
        .click()
    )
    await expect(picker.get_by_role("option").first).to_have_text("🎄")
    chosen = picker.locator("[aria-selected=true]")
    for key, emoji in (
        ("ArrowDown", "😀"),
        ("ArrowRight", "😃"),
        ("ArrowDown", "🙃"),
        ("ArrowUp", "😃"),
        ("ArrowLeft", "😀"),
    ):
        await alice.page.keyboard.press(key)
        await expect(chosen).to_have_text(emoji)
    await expect(picker.locator(".picker-name")).to_have_text("grinning face")
    await alice.page.keyboard.type("xyzzy")
    await expect(picker.locator(".picker-name")).to_contain_text("Nothing is called that")
    await alice.page.keyboard.press("Escape")
    await expect(picker).to_be_hidden()
    # On a phone by fingers, without the keyboard in the way.
    await chip(bob, "What grows here?", "🎄").locator("xpath=..").locator(".add").tap()
    picker = bob.page.locator("#emoji-picker")
    await expect(picker.get_by_role("combobox")).not_to_be_focused()
    await picker.get_by_role("option", name="grinning face", exact=True).first.tap()
    await shows_reaction(alice, "What grows here?", "😀", 1, own=False)


async def test_a_deletion_can_be_taken_back(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("I never said this")
    number = await row(alice, "I never said this").get_attribute("data-number")
    gone = f"#timeline > [data-number='{number}'] .message-text.deleted"
    await chooses(alice, "I never said this", "Delete", key="Shift+F10")
    for visitor in (alice, bob):
        await expect(visitor.page.locator(gone)).to_have_text("This message was deleted.")
    await expect(alice.page.get_by_role("status").filter(has_text="Message deleted.")).to_be_visible()
    await alice.page.keyboard.press("Control+z")
    for visitor in (alice, bob):
        await visitor.sees("I never said this")
    await expect(alice.page.locator(".toast")).to_have_count(0)
    # A member deletes what is theirs, a moderator what others said as well.
    await bob.says("Neither did I")
    await holds(bob, "I never said this")
    await expect(menu(bob).get_by_role("menuitem", name="Delete")).to_be_hidden()
    await expect(menu(bob).get_by_role("menuitem", name="Edit")).to_be_hidden()
    await expect(menu(bob).get_by_role("menuitem", name="Pin to the room")).to_be_hidden()
    await bob.page.touchscreen.tap(20, 60)
    await expect(menu(bob)).to_be_hidden()
    await holds(bob, "Neither did I")
    await menu(bob).get_by_role("menuitem", name="Delete").tap()
    await expect(row(alice, "Neither did I")).to_have_count(0)
    await bob.page.locator(".toast").get_by_role("button", name="Undo").tap()
    await alice.sees("Neither did I")
    await row(alice, "Neither did I").locator(".bubble").hover()
    await row(alice, "Neither did I").get_by_role("button", name="More").click()
    await menu(alice).get_by_role("menuitem", name="Delete").click()
    await expect(row(bob, "Neither did I")).to_have_count(0)
    await bob.page.reload()
    await bob.is_connected()
    await expect(bob.page.locator("#timeline .deleted")).to_have_count(1)


async def test_what_is_asked_without_a_network_happens_once_with_it(
    alice: Visitor, bob: Visitor, room: str, carol: Listener
) -> None:
    await bob.says("From the tunnel")
    await alice.says("Which tunnel?")
    await bob.sees("Which tunnel?")
    await cut(bob)
    await chooses(bob, "From the tunnel", "Delete")
    await focuses(bob, "Which tunnel?")
    await bob.page.keyboard.press("Enter")
    await expect(menu(bob)).to_be_visible()
    for key in ("Home", "Enter"):
        await bob.page.keyboard.press(key)
    await expect(bob.page.locator("#timeline .deleted")).to_have_count(1)
    await shows_reaction(bob, "Which tunnel?", "👍", 1, own=True)
    await expect(chip(alice, "Which tunnel?", "👍")).to_have_count(0)
    # Even if the page is loaded anew before the network is back: what was asked is kept.
    await bob.context.set_offline(False)
    await bob.page.reload()
    await bob.is_connected()
    for visitor, own in ((alice, False), (bob, True)):
        await shows_reaction(visitor, "Which tunnel?", "👍", 1, own=own)
        await expect(visitor.page.locator("#timeline .deleted")).to_have_count(1)
    await carol.is_told()
    assert len(carol.heard("changed")) == 2, "each of them once"


async def test_an_edited_message_shows_what_it_said_before(
    alice: Visitor, bob: Visitor, room: str, carol: Listener
) -> None:
    requests: list[JsonObject] = [
        {"type": "post", "text": "Sxi beans"},
        {"number": 1, "text": "Six beans"},
        {"number": 1, "text": "*Six* beans!"},
    ]
    for number, request in enumerate(requests):
        await carol.ws.send_json({"type": "edit", "nonce": f"n{number}", **request})
        await carol.hears("receipt", nonce=f"n{number}")
    await bob.sees("Six beans!")
    await row(bob, "Six beans!").get_by_role("button", name="edited").tap()
    versions = bob.page.locator("#versions .version-text")
    await expect(versions).to_have_text(["Sxi beans", "Six beans", "*Six* beans!"])
    await bob.page.locator("#versions").get_by_role("button", name="Close").tap()
    await chooses(alice, "Six beans!", "Show former texts")
    await expect(alice.page.locator("#versions .version-text")).to_have_count(3)
    await alice.page.keyboard.press("Escape")
    await expect(row(alice, "Six beans!")).to_be_focused()


async def test_links_and_texts_are_copied(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("Take **this** along")
    await expect(row(alice, "Take this along").locator(".message-link")).to_have_attribute(
        "href", f"/rooms/{room}/1"
    )
    await chooses(alice, "Take this along", "Copy link")
    await expect(alice.page.locator(".toast", has_text="Link copied")).to_be_visible()
    assert await alice.page.evaluate("navigator.clipboard.readText()") == f"{alice.url}/rooms/{room}/1"
    await chooses(alice, "Take this along", "Copy text")
    await expect(alice.page.locator(".toast", has_text="Text copied")).to_be_visible()
    assert await alice.page.evaluate("navigator.clipboard.readText()") == "Take **this** along"
    # Where a page may not copy, what is to be copied is there, selected.
    await bob.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    await holds(bob, "Take this along")
    await menu(bob).get_by_role("menuitem", name="Copy link").tap()
    field = bob.page.locator("#copying textarea")
    await expect(field).to_be_focused()
    assert await bob.page.evaluate("getSelection().toString()") == f"{bob.url}/rooms/{room}/1"


async def test_an_answer_quotes_what_is_said_now(
    alice: Visitor, bob: Visitor, room: str, carol: Listener
) -> None:
    await bob.says("The beans are up, six of them")
    await bob.says("And the peas")
    await carol.ws.send_json({"type": "post", "text": "Well done", "reply_to": 1, "nonce": "r"})
    quote = row(alice, "Well done").locator(".quote")
    await expect(quote).to_have_text(f"{bob.name} The beans are up, six of them")
    await expect(quote).to_have_attribute("href", f"/rooms/{room}/1")
    await carol.ws.send_json({"type": "post", "text": "What was that?", "reply_to": 2, "nonce": "s"})
    await expect(row(alice, "What was that?").locator(".quote")).to_have_text(f"{bob.name} And the peas")
    # What is quoted changes with what was said.
    await chooses(bob, "And the peas", "Delete")
    for visitor in (alice, bob):
        await expect(row(visitor, "What was that?").locator(".quote")).to_have_text(
            f"{bob.name} This message was deleted."
        )
    await bob.page.locator(".toast").get_by_role("button", name="Undo").tap()
    await expect(row(alice, "What was that?").locator(".quote")).to_have_text(f"{bob.name} And the peas")


async def test_answering_and_editing_from_the_menu(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("Who brings the spade?")
    await bob.sees("Who brings the spade?")
    # By keyboard: from the box to the timeline's newest message, its menu, and back in the box.
    await chooses(alice, "Who brings the spade?", "Edit")
    box = alice.page.locator("#composer-text")
    await expect(box).to_be_focused()
    await expect(box).to_have_value("Who brings the spade?")
    await alice.page.keyboard.press("ControlOrMeta+a")
    await alice.page.keyboard.type("Who brings the rake?")
    await alice.page.keyboard.press("Enter")
    for visitor in (alice, bob):
        await visitor.sees("Who brings the rake?")
        await expect(
            row(visitor, "Who brings the rake?").get_by_role("button", name="edited")
        ).to_be_visible()
    # On the phone: a finger that stays, Reply, and the quote leads back.
    await holds(bob, "Who brings the rake?")
    await menu(bob).get_by_role("menuitem", name="Reply").tap()
    await expect(bob.page.locator("#composer-text")).to_be_focused()
    await bob.says("I do")
    quote = row(alice, "I do").locator(".quote")
    await expect(quote).to_have_text(f"{alice.name} Who brings the rake?")
    await quote.click()
    await expect(row(alice, "Who brings the rake?")).to_be_focused()


async def test_an_old_message_is_jumped_to_and_left_unread(
    alice: Visitor, bob: Visitor, room: str, carol: Listener
) -> None:
    for number in range(70):
        await carol.says(f"line {number}.")
    await carol.ws.send_json({"type": "post", "text": "As I said", "reply_to": 3, "nonce": "r"})
    await carol.hears("receipt", nonce="r")
    await alice.page.reload()
    await alice.is_connected()
    await alice.page.press("#composer-text", "Escape")
    await alice.sees("As I said")
    await row(alice, "As I said").locator(".quote").click()
    await expect(row(alice, "line 2.")).to_be_focused()
    await expect(row(alice, "line 2.")).to_be_in_viewport()
    await alice.page.keyboard.press("Enter")
    await menu(alice).get_by_role("menuitem", name="Mark unread from here").press("Enter")
    await expect(alice.page.locator("#timeline > .new + .message")).to_contain_text("line 2.")
    await alice.page.reload()
    await expect(alice.page.locator("#timeline > .new + .message")).to_contain_text("line 2.")


async def test_a_dialog_that_is_opened_again_at_once_tells_what_it_was_closed_with(
    alice: Visitor, room: str
) -> None:
    """The event of its closing comes later than that."""
    told = await alice.page.evaluate(
        """async () => {
            const { openDialog } = joinedModules["js/dom/dialogs.js"];
            const dialog = document.getElementById("message-menu");
            const told = [];
            for (const value of ["reply", "pick", "unread"]) {
                told.push(openDialog(dialog));
                dialog.close(value);
            }
            return Promise.all(told);
        }"""
    )
    assert told == ["reply", "pick", "unread"]
