"""The timeline by keyboard, and by its messages' addresses, in real Chromium."""

import asyncio

import pytest
from playwright.async_api import ViewportSize, expect

from tests.support.pages.browser import PHONE, WIDE
from tests.support.pages.timeline import Reader, Reads, here, press, writes
from tests.support.people import PATIENCE, Listener


async def test_messages_by_keyboard(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 60)
    await alice.opens()
    await alice.page.keyboard.press("Escape")
    await alice.sees(60)
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab")
    assert await here(alice) == 60
    await press(alice, "k", "ArrowUp", "k")
    assert await here(alice) == 57
    await press(alice, "j")
    assert await here(alice) == 58
    await press(alice, "Home")
    await expect(alice.message(1)).to_be_focused()
    await alice.sees(1)
    async with asyncio.timeout(PATIENCE):
        while await here(alice) != 60:  # newer ones are loaded on the way
            await press(alice, "j")
    await press(alice, "Home")
    await expect(alice.message(1)).to_be_focused()
    await press(alice, "End")
    await expect(alice.message(60)).to_be_focused()
    await press(alice, "Escape")
    await expect(alice.page.locator("#composer-text")).to_be_focused()
    # Letters are letters where one writes.
    await press(alice, "j", "?")
    await expect(alice.page.locator("#composer-text")).to_have_value("j?")


async def test_a_room_of_5000_messages_by_keyboard_alone(alice: Reader, pen: Listener, room: str) -> None:
    await writes(pen, 1, 5_000)
    await alice.opens()
    note = alice.page.locator(".history-state")
    await press(alice, "Escape")
    await alice.sees(5_000)
    await press(alice, "Shift+Tab")
    await expect(alice.message(5_000)).to_be_focused()
    # Up by messages, further than was loaded at first.
    async with asyncio.timeout(PATIENCE):
        while (await here(alice) or 5_000) > 4_930:
            await press(alice, "k")
    await expect(note).not_to_have_text("The beginning")
    # By screens, and on from what is on screen.
    async with asyncio.timeout(PATIENCE):
        while (await alice.first_on_screen())[0] > 4_850:
            await press(alice, "PageUp")
            await alice.calms()
    seen, _ = await alice.first_on_screen()
    await press(alice, "k")
    number = await here(alice)
    assert number is not None
    assert abs(number - seen) <= 15
    await alice.sees(number)
    # To the beginning, and down from there by messages and screens.
    await press(alice, "Home")
    await expect(alice.message(1)).to_be_focused()
    await alice.sees(1)
    await expect(note).to_have_text(f"The beginning of #{room}")
    await expect(note).to_be_in_viewport()
    await press(alice, "k")
    assert await here(alice) == 1
    async with asyncio.timeout(PATIENCE):
        while (await here(alice) or 0) < 70:
            await press(alice, "j")
    async with asyncio.timeout(PATIENCE):
        while (await alice.first_on_screen())[0] < 120:
            await press(alice, "PageDown")
            await alice.calms()
    await press(alice, "End")
    await expect(alice.message(5_000)).to_be_focused()
    await alice.sees(5_000)


async def test_tab_stops_at_one_message_and_goes_on_within_it(alice: Reader, pen: Listener) -> None:
    for number in range(1, 6):
        await pen.says(f"https://example.org/{number} and ||hidden||")
    await alice.opens()
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab")
    inside = "document.activeElement.closest('#timeline > .message')?.dataset.number ?? null"
    # Backwards into the last message: through what is in it, and out of the timeline.
    stops = [await alice.page.evaluate(inside)]
    while stops[-1] is not None:
        await press(alice, "Shift+Tab")
        stops.append(await alice.page.evaluate(inside))
    assert set(stops) == {"5", None}
    await press(alice, "Tab")
    await expect(alice.message(5)).to_be_focused()
    await press(alice, "k", "Tab")
    author = alice.message(4).locator(".message-author")
    await expect(author).to_be_focused()
    await press(alice, "Enter")
    await expect(alice.page.locator("chat-person-card dialog")).to_be_visible()
    await press(alice, "Escape")
    await expect(author).to_be_focused()
    await press(alice, "Tab")
    assert await alice.page.evaluate(inside) == "4"
    assert await alice.page.locator("#timeline .message a[href][tabindex='0']").count() == 2


async def test_f6_goes_from_pane_to_pane(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 3)
    await alice.opens()
    await alice.page.focus("#composer-text")
    panes = (
        "['sidebar', 'timeline', 'chat-composer', 'members'].find((one) => "
        "document.activeElement.closest(`#${one}, ${one}`))"
    )
    seen = []
    for _ in range(4):
        await press(alice, "F6")
        seen.append(await alice.page.evaluate(panes))
    assert seen == ["members", "sidebar", "timeline", "chat-composer"]
    await press(alice, "Shift+F6")
    await expect(alice.message(3)).to_be_focused()


async def test_what_is_typed_right_after_r_is_the_answer(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 3)
    await alice.opens()
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab")
    await alice.page.evaluate(
        """() => {
            const key = new KeyboardEvent('keydown', { key: 'r', bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(key);
            document.execCommand('insertText', false, 'I see');
            const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(enter);
        }"""
    )
    await expect(alice.page.locator("#timeline .message.own .quote")).to_contain_text("line 3")


async def test_the_keys_are_shown(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 3)
    await alice.opens()
    await alice.page.focus("#composer-text")
    await press(alice, "Control+/")
    dialog = alice.page.locator("#keys")
    await expect(dialog).to_be_visible()
    await expect(dialog).to_contain_text("Next message")
    ends = await dialog.evaluate(
        "node => [...node.querySelectorAll('.key-group')].map((group) => "
        "group.getBoundingClientRect().bottom)"
    )
    assert abs(ends[1] - ends[2]) < 80, "two columns, which end together"
    await press(alice, "Escape")
    await expect(dialog).to_be_hidden()
    await expect(alice.page.locator("#composer-text")).to_be_focused()
    await press(alice, "Shift+Tab", "?")
    await expect(dialog).to_be_visible()


async def test_menu_and_reaction_are_asked_for_by_events(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 3)
    await alice.opens()
    await alice.page.evaluate(
        """() => {
            window.asked = [];
            for (const name of ['message-menu', 'message-react'])
              document.addEventListener(name, (event) => {
                asked.push([event.type, event.detail.number]);
                event.stopImmediatePropagation(); // else they would open, and have the keys
              }, true);
        }"""
    )
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab", "k", ":")
    assert await alice.page.evaluate("asked") == [["message-react", 2]]
    await press(alice, "Enter")
    await expect(alice.page.locator("#message-menu")).to_be_visible()


async def test_the_keyboard_keeps_its_place_when_its_message_leaves_the_page(
    reads: Reads, pen: Listener
) -> None:
    await writes(pen, 1, 700)
    alice = await reads()
    await alice.opens()
    await alice.page.focus("#composer-text")
    await press(alice, "Shift+Tab")
    assert await here(alice) == 700
    await alice.scrolls_until(700, by=-2500, is_there=False)
    assert await here(alice) is not None
    await press(alice, "j")
    number = await here(alice)
    assert number is not None
    await alice.sees(number)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_permalink_opens_in_context(reads: Reads, pen: Listener, viewport: ViewportSize) -> None:
    await writes(pen, 1, 300)
    alice = await reads(viewport=viewport)
    await alice.opens("/150")
    await alice.sees(150)
    middle = await alice.top_of(150) + (await alice.message(150).bounding_box())["height"] / 2
    assert abs(middle - await alice.height() / 2) < 3
    await expect(alice.page.locator("#timeline > .pointed")).to_have_attribute("data-number", "150")
    await expect(alice.page.locator("#timeline > .pointed")).to_have_count(0)
    await writes(pen, 301, 303)
    await alice.calms()
    assert (
        abs(await alice.top_of(150) + (await alice.message(150).bounding_box())["height"] / 2 - middle) <= 1
    )
    await alice.scrolls_until(1, by=-1500)
    await alice.scrolls_until(303, by=1500)
    await alice.opens("/150")
    await expect(alice.page.locator(".jump")).to_be_visible()
    await alice.page.click(".jump")
    await alice.sees(303)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{alice.room}")
    await writes(pen, 304, 304)
    await alice.sees(304)


async def test_links_to_messages_lead_there_and_back(reads: Reads, pen: Listener, room: str) -> None:
    await writes(pen, 1, 300)
    alice = await reads()
    await pen.says(
        f"see {alice.person.url}/rooms/{room}/20 and {alice.person.url}/rooms/{room}/295 and "
        f"{alice.person.url}/rooms/{room}/999"
    )
    await alice.opens()
    await alice.sees(301)
    await alice.page.evaluate("window.same = true")
    await alice.page.locator("a", has_text=f"/rooms/{room}/20").click()
    await alice.sees(20)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{room}/20")
    assert await here(alice) == 20
    await alice.page.go_back()
    await alice.sees(301)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{room}")
    await alice.page.go_forward()
    await alice.sees(20)
    await alice.page.keyboard.press("Escape")
    await alice.sees(301)
    # From where one was reading, to one that is loaded, and back to the pixel.
    await alice.scrolls(-150)
    number, top = await alice.first_on_screen()
    await alice.page.locator("a", has_text=f"/rooms/{room}/295").dispatch_event(
        "click"
    )  # a click would scroll to it first
    await alice.sees(295)
    await alice.page.go_back()
    await alice.calms()
    assert abs(await alice.top_of(number) - top) <= 1
    assert await alice.page.evaluate("window.same")


async def test_a_link_to_nothing_says_so(reads: Reads, pen: Listener, room: str) -> None:
    alice = await reads()
    await pen.says(f"see {alice.person.url}/rooms/{room}/999")
    await alice.opens()
    await alice.page.locator("a", has_text="/999").click()
    await expect(alice.page.locator(".toast")).to_contain_text("no message 999")
    await expect(alice.page.locator("#timeline .notice")).to_have_count(0)
    await expect(alice.page).to_have_url(f"{alice.person.url}/rooms/{room}")
    alice.complaints = [text for text in alice.complaints if "404" not in text]
