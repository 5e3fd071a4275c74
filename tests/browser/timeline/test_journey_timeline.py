"""The timeline in real Chromium: long histories and what of them is read. Alice reads what Bob has
written."""

import asyncio
import re

import pytest
from playwright.async_api import Route, ViewportSize, expect

from tests.support.pages.browser import PHONE, WIDE
from tests.support.pages.timeline import Reader, Reads, writes
from tests.support.people import PATIENCE, Listener

NODES = 380
"""Rows of the timeline at most: 300 posts, and the dividers between them."""


async def test_what_one_does_may_have_several_paragraphs(alice: Reader, pen: Listener) -> None:
    await pen.types("/me waves\n\nand *goes*")
    await alice.opens()
    line = alice.page.locator(".me-line")
    await expect(line).to_contain_text("goes")
    first, second = await line.evaluate(
        "node => [...node.querySelectorAll('p')].map((p) => p.getBoundingClientRect().top)"
    )
    author = await line.evaluate("node => node.querySelector('.message-author').getBoundingClientRect().top")
    assert abs(first - author) < 4, "behind the name"
    assert second - first > 15, "below it"


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_long_history_is_scrolled_both_ways_in_a_bounded_page(
    reads: Reads, pen: Listener, viewport: ViewportSize
) -> None:
    await writes(pen, 1, 600)
    alice = await reads(viewport=viewport)
    await alice.opens()
    await alice.sees(600)
    most = await alice.scrolls_until(1, by=-2500)
    await expect(alice.message(600)).to_have_count(0)
    most = max(most, await alice.scrolls_until(600, by=2500))
    await expect(alice.message(1)).to_have_count(0)
    assert 200 < most <= NODES


async def test_what_one_reads_stays_where_it_is_to_the_pixel(reads: Reads, pen: Listener) -> None:
    await writes(pen, 1, 700)
    alice = await reads()
    await alice.opens()
    await alice.sees(700)
    # Slowly enough that each step is seen, and far enough that pages come above and go below.
    drifts = []
    for _ in range(40):
        number, top = await alice.first_on_screen()
        await alice.scrolls(-400)
        drifts.append(abs(await alice.top_of(number) - top - 400))
    assert await alice.message(700).count() == 0
    assert max(drifts) <= 1, drifts
    # Live messages, a picture's worth of height above, a narrower window: what is there stays
    # there.
    number, top = await alice.first_on_screen()
    await writes(pen, 701, 720)
    await alice.page.evaluate(
        """number => {
            const row = document.querySelector(`#timeline > [data-number="${number - 20}"]`);
            const picture = document.createElement('div');
            picture.className = 'picture';
            row.append(picture);
            const sheet = new CSSStyleSheet();
            sheet.replaceSync('.picture { height: 333.3px }');
            document.adoptedStyleSheets = [sheet];
        }""",
        number,
    )
    await alice.calms()
    assert abs(await alice.top_of(number) - top) <= 1
    await alice.page.set_viewport_size({"width": 900, "height": 700})
    await alice.calms()
    assert abs(await alice.top_of(number) - top) <= 1


async def test_a_page_that_comes_late_moves_nothing(reads: Reads, pen: Listener) -> None:
    """Even at the very top, where the first message has its author's name until it is known to
    continue another."""
    await writes(pen, 1, 100)
    alice = await reads()
    await alice.opens()
    await alice.sees(100)
    asked, may_come = asyncio.Event(), asyncio.Event()

    async def holds_back(route: Route) -> None:
        asked.set()
        await may_come.wait()
        await route.continue_()

    await alice.page.route("**/messages?**", holds_back)
    await alice.page.evaluate("document.querySelector('.timeline-scroller').scrollTop = 0")
    await asyncio.wait_for(asked.wait(), PATIENCE)
    shown = range(51, 56)
    before = [await alice.top_of(number) for number in shown]
    assert before[0] >= 0
    may_come.set()
    await expect(alice.message(50)).to_have_count(1)
    await alice.calms()
    await expect(alice.message(51)).to_have_class(re.compile("continues"))
    moved = [abs(await alice.top_of(number) - top) for number, top in zip(shown, before, strict=True)]
    assert max(moved[1:]) <= 1, moved


async def test_it_opens_at_the_first_unread_and_reads_what_is_seen(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 40)
    await alice.opens()
    await expect(alice.page.locator("#timeline > .new")).to_be_in_viewport()
    await alice.sees(1)
    await expect(alice.message(40)).not_to_be_in_viewport()
    before = await alice.agrees_on_unread(fewer_than=40)
    await alice.scrolls(300)
    await alice.agrees_on_unread(fewer_than=before)
    await expect(alice.page.locator("#timeline > .new")).to_have_count(1)
    await alice.page.keyboard.press("Escape")
    await alice.sees(40)
    await expect(alice.page.locator(".jump")).to_be_hidden()
    await alice.is_unread(0)
    # The line stays until one leaves.
    await expect(alice.page.locator("#timeline > .new")).to_have_count(1)
    await alice.page.reload()
    await alice.sees(40)
    await expect(alice.page.locator("#timeline > .new")).to_have_count(0)


async def test_the_end_is_followed_only_near_it(reads: Reads, pen: Listener) -> None:
    await writes(pen, 1, 60)
    alice = await reads()
    await alice.opens()
    await alice.sees(60)
    await alice.scrolls(-60)
    await writes(pen, 61, 62)
    await alice.sees(62)
    await alice.scrolls(-300)
    number, top = await alice.first_on_screen()
    await writes(pen, 63, 69)
    await expect(alice.page.locator(".jump-text")).to_have_text("Jump to latest (7)")
    assert abs(await alice.top_of(number) - top) <= 1
    await alice.page.click(".jump")
    await alice.sees(69)
    await expect(alice.page.locator(".jump")).to_be_hidden()
    await expect(alice.page.locator("#composer-text")).to_be_focused()


async def test_unread_from_here_stays_until_one_reads_on(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 40)
    await alice.opens()
    await alice.page.keyboard.press("Escape")
    await alice.sees(40)
    await alice.is_unread(0)
    await alice.page.evaluate(
        "document.querySelector('chat-timeline').page.store.dispatch({ type: 'unread_from', number: 38 })"
    )
    await expect(alice.page.locator("#timeline > .new + *")).to_have_attribute("data-number", "38")
    await writes(pen, 41, 41)
    await alice.sees(41)
    await alice.is_unread(4)
    await alice.page.reload()
    await expect(alice.page.locator("#timeline > .new + *")).to_have_attribute("data-number", "38")


async def test_a_hidden_page_doesnt_run_ahead_of_its_reader(
    reads: Reads, pen: Listener, alice: Reader
) -> None:
    await writes(pen, 1, 30)
    await alice.opens()
    await alice.page.keyboard.press("Escape")
    await alice.sees(30)
    await alice.page.evaluate(
        """() => {
            Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
            // What changes without being new, as when somebody comes or a picture is loaded.
            document.querySelector('chat-timeline').page.store.touch('timeline');
        }"""
    )
    await alice.calms()
    await alice.sees(30)
    await writes(pen, 31, 60)
    await expect(alice.message(60)).to_have_count(1)
    await alice.calms()
    await expect(alice.page.locator("#timeline > .new")).to_be_in_viewport()
    await alice.sees(31)
    await expect(alice.message(60)).not_to_be_in_viewport()


async def test_many_unread_begin_at_the_first(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 300)
    await alice.opens()
    await expect(alice.page.locator("#timeline > .new + *")).to_have_attribute("data-number", "1")
    await alice.sees(1)
    await expect(alice.message(300)).to_have_count(0)
    await alice.scrolls_until(300, by=600)
    await alice.page.keyboard.press("Escape")
    await alice.sees(300)
    await alice.is_unread(0)


async def test_jumping_over_unread_messages_reads_them_only_at_the_end(alice: Reader, pen: Listener) -> None:
    await writes(pen, 1, 300)
    await alice.opens("/200")
    await alice.sees(200)
    await alice.scrolls(200)
    await alice.is_unread(300)
    await alice.page.click(".jump")
    await alice.sees(300)
    await alice.is_unread(0)
