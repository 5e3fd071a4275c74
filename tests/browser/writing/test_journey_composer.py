"""The composer in real Chromium: what one types, marks, pastes and chooses, by keyboard and on a
phone."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect

from tests.support.pages.browser import WIDE, Visitor, Visitors, one_database
from tests.support.pages.composer import box, cut, options, write

pytestmark = one_database
"""What is told here is the browser's part; the other journeys tell the server's, on each
database."""


async def height(visitor: Visitor) -> float:
    place = await box(visitor).bounding_box()
    assert place
    return place["height"]


async def frames_of(page: Page, act: Callable[[], Awaitable[Any]]) -> int:
    """How many frames passed from the key to the row that it made."""
    await page.evaluate(
        """() => {
            window.frames_ = new Promise((resolve) => {
                let from;
                document.addEventListener("keydown", () => {
                    let count = 0;
                    const look = () => {
                        count += 1;
                        const shown = document.querySelector("#timeline .pending, #timeline [data-number]");
                        if (shown) resolve(count);
                        else requestAnimationFrame(look);
                    };
                    requestAnimationFrame(look);
                }, { once: true, capture: true });
            });
        }"""
    )
    await act()
    return int(await page.evaluate("window.frames_"))


async def test_what_is_sent_shows_within_a_frame(alice: Visitor, room: str) -> None:
    await box(alice).fill("at once")
    # One frame in which it is drawn, and the one that sees it.
    assert await frames_of(alice.page, lambda: alice.page.keyboard.press("Enter")) <= 2
    await expect(box(alice)).to_have_value("")


async def test_the_keys_of_the_tools_mark_what_is_selected_and_undo_takes_it_back(
    alice: Visitor, room: str
) -> None:
    await write(alice, "a fine day", "{Control+A}", "{Control+B}")
    await expect(box(alice)).to_have_value("**a fine day**")
    await write(alice, "{Control+B}")
    await expect(box(alice)).to_have_value("a fine day")
    await write(alice, "{Control+I}", "{Control+Shift+X}")
    await expect(box(alice)).to_have_value("*~~a fine day~~*")
    await write(alice, "{Control+Z}", "{Control+Z}")
    await expect(box(alice)).to_have_value("a fine day")
    await write(alice, "{End}", " ", "{Control+E}", "x()", "{Control+E}", " and")
    await expect(box(alice)).to_have_value("a fine day `x()` and")
    await write(alice, "{Control+A}", "{Control+Shift+C}")
    await expect(box(alice)).to_have_value("```\na fine day `x()` and\n```")


async def test_the_tools_are_one_stop_of_the_tab_key(alice: Visitor, room: str) -> None:
    await write(alice, "word", "{Control+A}", "{Tab}", "{Tab}", "{Tab}", "{Tab}")
    focused = alice.page.locator(":focus")
    await expect(focused).to_have_attribute("data-tool", "bold")
    await write(alice, "{ArrowRight}", "{ArrowRight}")
    await expect(focused).to_have_attribute("data-tool", "strike")
    await write(alice, "{Enter}")
    await expect(box(alice)).to_have_value("~~word~~")
    await expect(box(alice)).to_be_focused()


async def test_a_phone_has_its_tools_behind_one_button(bob: Visitor, alice: Visitor, room: str) -> None:
    await bob.enters(room)
    tools = bob.page.locator("#composer-tools")
    await expect(tools).to_be_hidden()
    opener = bob.page.locator("#composer-tools-opener")
    await opener.tap()
    await expect(opener).to_have_attribute("aria-expanded", "true")
    await box(bob).fill("loud")
    await box(bob).select_text()
    await tools.locator("[data-tool=bold]").tap()
    await expect(box(bob)).to_have_value("**loud**")
    await expect(box(bob)).to_be_focused()
    boxes = [await tool.bounding_box() for tool in await tools.locator("button").all()]
    assert all(
        place and place["x"] >= 0 and place["x"] + place["width"] <= 390 and place["width"] >= 24
        for place in boxes
    )
    assert await bob.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_lists_go_on_with_a_new_line_and_end_at_an_empty_item(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await write(alice, "- milk", "{Shift+Enter}", "tea", "{Shift+Enter}", "{Shift+Enter}", "done")
    await expect(box(alice)).to_have_value("- milk\n- tea\ndone")
    await bob.enters(room)
    await box(bob).tap()
    await write(bob, "1. milk", "{Enter}", "tea")
    await expect(box(bob)).to_have_value("1. milk\n2. tea")


async def test_an_address_pasted_onto_words_makes_a_link(alice: Visitor, room: str) -> None:
    paste = """(text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", text);
        const paste = { clipboardData, bubbles: true, cancelable: true };
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", paste));
    }"""
    await write(alice, "see this", "{Control+Shift+ArrowLeft}")
    await alice.page.evaluate(paste, "https://example.org/a")
    await expect(box(alice)).to_have_value("see [this](https://example.org/a)")
    await write(alice, "{Control+Z}")
    await expect(box(alice)).to_have_value("see this")


async def test_the_box_grows_to_two_fifths_and_says_what_is_too_long(alice: Visitor, room: str) -> None:
    low = await height(alice)
    await box(alice).fill("line\n" * 5)
    assert await height(alice) > low
    await box(alice).fill("line\n" * 200)
    assert 0.38 * 800 < await height(alice) <= 0.4 * 800 + 1
    hint = alice.page.locator("#composer-hint")
    await box(alice).fill("x" * 9_900)
    await expect(hint).to_have_text("100 characters left")
    await box(alice).fill("😀" * 10_001)
    await expect(hint).to_contain_text("Too long by 1 character.")
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.locator("#timeline .pending")).to_have_count(0)
    await box(alice).fill("x" * 10_000)
    await alice.page.keyboard.press("Enter")
    await expect(box(alice)).to_have_value("")
    await expect(alice.page.locator("#timeline [data-number]")).to_have_count(1)


async def test_an_input_method_keeps_its_keys(alice: Visitor, room: str) -> None:
    session = await alice.context.new_cdp_session(alice.page)
    await session.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    await alice.page.evaluate(
        """document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
            { key: "Enter", code: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    # Safari ends the composition before the key of which it was the end, and says so by its code
    # only.
    await alice.page.evaluate(
        """document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
            { key: "Enter", code: "Enter", keyCode: 229, bubbles: true, cancelable: true }))"""
    )
    await expect(box(alice)).to_have_value("に")
    await expect(alice.page.locator("#timeline .pending, #timeline [data-number]")).to_have_count(0)
    await session.send("Input.insertText", {"text": "日本"})
    await alice.page.keyboard.press("Enter")
    await alice.sees("日本")


async def test_members_are_proposed_and_whoever_was_called_last_comes_first(
    alice: Visitor, visitors: Visitors, room: str
) -> None:
    names = []
    for name in ("quill", "quilt"):
        friend = await visitors(name, WIDE)
        await friend.enters(room)
        names.append(friend.name)
    await expect(alice.page.locator("#members")).to_contain_text(names[1])
    await write(alice, "hello @qui")
    await expect(options(alice)).to_have_count(2)
    await expect(options(alice).first).to_contain_text(names[0])
    await expect(box(alice)).to_have_attribute("aria-controls", "completions")
    await expect(box(alice)).to_have_attribute("aria-activedescendant", "completion-0")
    await write(alice, "{ArrowDown}", "{Enter}", "and more")
    await expect(box(alice)).to_have_value(f"hello @{names[1]} and more")
    await box(alice).fill("")
    await write(alice, "@qui")
    await expect(options(alice).first).to_contain_text(names[1])
    await write(alice, "{Escape}")
    await expect(alice.page.locator("#completions")).to_be_hidden()
    await expect(box(alice)).not_to_have_attribute("aria-controls", "completions")


async def test_rooms_are_proposed_by_their_names(alice: Visitor, room: str) -> None:
    await write(alice, f"see #{room[:-1].lower()}")
    await expect(options(alice).filter(has_text=room).first).to_be_visible()
    await write(alice, room[-1])
    await expect(options(alice).first).to_contain_text(room)
    await write(alice, "{Tab}", "there")
    await expect(box(alice)).to_have_value(f"see #{room} there")


async def test_arguments_of_commands_are_proposed_and_enter_sends_what_is_typed(
    alice: Visitor, visitors: Visitors, room: str
) -> None:
    friend = await visitors("friend", WIDE)
    await friend.enters(room)
    await expect(alice.page.locator("#members")).to_contain_text(friend.name)
    await write(alice, "/mod ")
    await expect(options(alice)).to_have_count(1)
    await expect(box(alice)).not_to_have_attribute("aria-activedescendant", "completion-0")
    await write(alice, "fri", "{Tab}")
    await expect(box(alice)).to_have_value(f"/mod @{friend.name} ")
    await write(alice, "{Enter}")
    await expect(alice.page.locator("#timeline")).to_contain_text(f"made {friend.name} a moderator")
    # Somebody who isn't here can be asked in, and is marked where one only calls them.
    stranger = await visitors("quaint", WIDE)
    await box(alice).fill("")
    await write(alice, "hello @quain")
    await expect(options(alice)).to_contain_text([f"@{stranger.name} not in this room"])
    await box(alice).fill("")
    await write(alice, "/invite quain", "{ArrowDown}", "{Enter}")
    await expect(box(alice)).to_have_value(f"/invite @{stranger.name} ")
    await write(alice, "{Enter}")
    await expect(alice.page.locator("#timeline")).to_contain_text(f"invited {stranger.name}")
    await write(alice, "/unmod fri", "{Enter}")
    await expect(alice.page.locator("#timeline .notice, #timeline .refusal")).to_contain_text(
        "nobody called fri"
    )


async def test_emoji_are_proposed_by_name_and_those_used_last_without_a_network(
    alice: Visitor, room: str
) -> None:
    await write(alice, "fine :thumbsu")
    await expect(options(alice).first).to_contain_text("👍")
    await write(alice, "{Enter}", "then")
    await expect(box(alice)).to_have_value("fine 👍 then")
    await alice.page.reload()
    await alice.is_connected()
    await box(alice).fill("")
    # The browser keeps the list.
    await cut(alice)
    await write(alice, ":thu")
    await expect(options(alice).first).to_contain_text("👍")
    await write(alice, "{Tab}")
    await expect(box(alice)).to_have_value("👍 ")


async def test_the_preview_stands_in_place_of_the_box_until_escape(
    alice: Visitor, bob: Visitor, room: str
) -> None:
    await write(alice, "so **loud** <b>x</b>")
    button = alice.page.locator("[data-tool=preview]")
    await button.click()
    preview = alice.page.locator("#composer-preview")
    await expect(preview.locator("strong")).to_have_text("loud")
    await expect(preview.locator("b")).to_have_count(0)
    await expect(preview).to_be_focused()
    await expect(box(alice)).to_be_hidden()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await alice.page.keyboard.press("Escape")
    await expect(box(alice)).to_be_focused()
    await expect(box(alice)).to_have_value("so **loud** <b>x</b>")
    await button.click()
    await expect(preview).to_be_focused()
    await alice.page.keyboard.press("Enter")
    await alice.sees("so loud")
    await expect(box(alice)).to_be_focused()
    await expect(box(alice)).to_have_value("")
    await bob.enters(room)
    await box(bob).fill("not sent")
    await cut(bob)
    await bob.page.locator("#composer-tools-opener").tap()
    await bob.page.locator("[data-tool=preview]").tap()
    await expect(bob.page.locator("#composer-hint")).to_contain_text("no preview without a connection")
    await expect(box(bob)).to_have_value("not sent")


async def test_the_emoji_button_puts_one_at_the_caret(alice: Visitor, room: str) -> None:
    await write(alice, "ab", "{ArrowLeft}")
    await alice.page.locator("[data-tool=emoji]").click()
    await expect(alice.page.locator("#emoji-picker")).to_be_visible()
    await write(alice, "thumbs up")
    # The names come with the first search.
    await expect(alice.page.locator("#emoji-grid [aria-selected]")).to_have_text("👍")
    await write(alice, "{Enter}")
    await expect(box(alice)).to_have_value("a👍b")
    await expect(box(alice)).to_be_focused()


async def test_without_a_network_emoji_can_be_chosen(alice: Visitor, room: str) -> None:
    """The page has all its scripts since it connected; the names of emoji are loaded later."""
    await cut(alice)
    await alice.page.locator("[data-tool=emoji]").click()
    await alice.page.locator("#emoji-grid .emoji", has_text="😀").first.click()
    await expect(box(alice)).to_have_value("😀")
    await expect(box(alice)).to_be_focused()
