"""The rows that the server puts into the room's page, and the page's scripts that take them over:
nothing changes and nothing moves."""

import asyncio
import re
import secrets
from typing import Any

import pytest
from playwright.async_api import Page, Route, ViewportSize, expect

from chat.doors.rooms.first_rows import MOST
from tests.support.pages.browser import PHONE, WIDE, comes_true
from tests.support.pages.timeline import Reads, writes
from tests.support.people import Listener, Person

LOOK = """() => {
  const plain = (node) => {
    const copy = node.cloneNode(true);
    for (const image of copy.querySelectorAll("img")) image.remove();
    for (const hidden of copy.querySelectorAll(".spoiler > [inert]"))
      hidden.replaceWith(...hidden.childNodes);
    for (const one of [copy, ...copy.querySelectorAll("*")]) {
      const kept = ["href", "datetime", "hidden", "data-seq", "data-number", "data-person", "data-hue",
                    "data-emoji", "data-part", "data-do", "aria-pressed", "target"];
      const shown = [...one.attributes].filter(({ name }) => name === "class" || kept.includes(name));
      const sorted = shown.map(({ name, value }) =>
        [name, name === "class" ? value.trim().split(/\\s+/).sort().join(" ") : value]).sort();
      for (const { name } of [...one.attributes]) one.removeAttribute(name);
      for (const [name, value] of sorted) if (name !== "class" || value) one.setAttribute(name, value);
    }
    return copy.outerHTML.replace(/>\\s+/g, ">").replace(/\\s+</g, "<");
  };
  const scroller = document.querySelector(".timeline-scroller");
  const edge = scroller.getBoundingClientRect();
  const places = {};
  for (const node of document.querySelectorAll("#timeline > [data-seq]")) {
    const { top, bottom } = node.getBoundingClientRect();
    if (bottom > edge.top && top < edge.bottom) places[node.dataset.seq] = top;
  }
  return { rows: [...document.querySelectorAll("#timeline > *")].map(plain), places };
}"""
"""Each row without what only scripts add, and where the visible ones are."""


PAINTED = """() => document.querySelector("#room-state") !== null
  && performance.getEntriesByName("first-contentful-paint").length > 0"""

TEXTS = (
    "plain, with <signs> & 'quotes'",
    "**bold** and `code`, https://example.org/a?b=1&c=2",
    "- one\n- two\n\n> quoted\n\n```python\nx = 1\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "//slashed, @all, and ||hidden||",
    "🎉",
    "/me waves",
    "/me *waves* at https://example.org",
    "שלום עולם",
    "\n".join(f"line {number}" for number in range(30)),
)


async def _asks(listener: Listener, **request: object) -> None:
    nonce = secrets.token_hex(8)
    await listener.ws.send_json({**request, "nonce": nonce})
    await listener.hears("receipt", nonce=nonce)


async def _talk(alice: Person, bob: Person, pen: Listener, room: str) -> None:
    """Every kind of row."""
    at_alice = await alice.enters(room)
    await pen.says("/topic Beans & peas")
    for number in range(8):
        await pen.says(f"{number}")
    for text in TEXTS:
        await at_alice.says(text.replace("hidden", f"hidden, @{bob.name}"))
        await pen.says(text.replace("hidden", f"hidden, @{alice.name}"))
    for text in ("first", "second", "the one to be answered"):
        await pen.says(text)
    last = (await bob.history(room))[-1]["number"]
    await _asks(at_alice, type="post", text="an answer", reply_to=last)
    await _asks(at_alice, type="react", number=last, emoji="👍", on=True)
    await _asks(pen, type="react", number=last, emoji="🎉", on=True)
    await _asks(pen, type="pin", number=last, on=True)
    await _asks(pen, type="edit", number=last - 1, text="an *edited* one")
    await _asks(pen, type="post", text="to one that goes", reply_to=last - 2)
    await _asks(pen, type="delete", number=last - 2)
    for text in ("these", "three", "go"):
        await pen.says(text)
    await pen.says(f"/delete {last + 3}-{last + 5}")
    await at_alice.close()


async def _before_and_after(page: Page, address: str) -> tuple[Any, Any]:
    """What the page shows before its scripts are loaded, and when they have taken over."""
    ready = asyncio.Event()

    async def hold(route: Route) -> None:
        await ready.wait()
        await route.continue_()

    scripts = re.compile(r"/static/(?!.*theme).*\.js")
    await page.route(scripts, hold)
    await page.goto(address, wait_until="commit")
    await comes_true(page, PAINTED)
    await expect(page.locator(".timeline-scroller.first")).to_be_visible()
    served = await page.evaluate(LOOK)
    ready.set()
    await expect(page.locator(".timeline-scroller.first")).to_have_count(0)
    taken = await page.evaluate(LOOK)
    return served, taken


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
async def test_scripts_take_over_what_the_server_has_put_in(
    reads: Reads, bob: Person, pen: Listener, room: str, screen: ViewportSize
) -> None:
    alice = await reads(viewport=screen)
    await bob.submits("/accounts/profile", display_name="Ольга <O'Neil>")
    await _talk(alice.person, bob, pen, room)
    await alice.opens()
    await comes_true(alice.page, "() => document.cookie.includes('clock=')")
    served, taken = await _before_and_after(alice.page, f"{alice.person.url}/rooms/{room}")
    assert len(served["rows"]) == MOST
    assert served["rows"] == taken["rows"][-MOST:]
    assert served["places"] == pytest.approx(taken["places"], abs=2)
    assert len(served["places"]) >= 4


@pytest.mark.parametrize("unread", [3, 15, 40])
async def test_the_page_stands_at_the_first_unread_post_before_its_scripts_run(
    reads: Reads, pen: Listener, room: str, unread: int
) -> None:
    alice = await reads()
    await writes(pen, 1, 30)
    await alice.opens()
    await comes_true(alice.page, "() => document.cookie.includes('clock=')")
    await alice.is_unread(0)
    await alice.page.goto(f"{alice.person.url}/robots.txt")
    await writes(pen, 31, 30 + unread)
    served, taken = await _before_and_after(alice.page, f"{alice.person.url}/rooms/{room}")
    assert served["places"] == pytest.approx(taken["places"], abs=2)
    assert sum("divider new" in row for row in served["rows"]) == 1


async def test_the_page_stands_at_the_post_in_its_address_before_its_scripts_run(
    reads: Reads, pen: Listener, room: str
) -> None:
    alice = await reads()
    await writes(pen, 1, 60)
    served, taken = await _before_and_after(alice.page, f"{alice.person.url}/rooms/{room}/20")
    assert served["places"] == pytest.approx(taken["places"], abs=2)
    assert "pointed" in next(row for row in served["rows"] if 'data-number="20"' in row)


async def test_a_message_that_goes_on_leaves_no_empty_line_on_a_phone(reads: Reads, pen: Listener) -> None:
    alice = await reads(viewport=PHONE)
    for _ in range(2):
        await pen.says("as wide as a phone is, and then some more of it in a second line")
    await alice.opens()
    height, bubble = await alice.message(2).evaluate(
        "node => [node.offsetHeight, node.querySelector('.bubble').offsetHeight]"
    )
    assert height == bubble
