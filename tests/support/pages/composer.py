"""What visitors do with the composer, for the journeys of it."""

import json

from playwright.async_api import BrowserContext, Locator, expect

from tests.support.pages.browser import Visitor


def box(visitor: Visitor) -> Locator:
    return visitor.page.locator("#composer-text")


def options(visitor: Visitor) -> Locator:
    return visitor.page.locator("#completions [role=option]")


async def write(visitor: Visitor, *words: str) -> None:
    """Types into the box, each word by its keys; "{Name}" is a key."""
    for word in words:
        if word.startswith("{"):
            await visitor.page.keyboard.press(word[1:-1])
        else:
            await visitor.page.keyboard.type(word)


OUTAGE = """() => {
    const wait = window.setTimeout, send = WebSocket.prototype.send;
    window.setTimeout = (run, ms, ...values) => wait(run, ms === 2000 ? 50 : ms, ...values);
    WebSocket.prototype.send = function (data) { if (navigator.onLine) send.call(this, data); };
}"""
"""A page waits two seconds for the answer that tells whether it is still connected. What it sends
into the socket of an emulated outage would keep a core busy to the outage's end."""


async def cut_off(context: BrowserContext) -> None:
    """The network is away. That a page finds it out in its own time is told by
    tests/browser/test_journey.py."""
    for page in context.pages:
        await page.evaluate(OUTAGE)
    await context.set_offline(True)


async def cut(visitor: Visitor) -> None:
    """The network is away, and the page knows it."""
    await cut_off(visitor.context)
    await expect(visitor.page.locator("#status")).not_to_have_attribute("data-state", "connected")


async def all_sent(visitor: Visitor) -> None:
    await expect(visitor.page.locator("#timeline .pending")).to_have_count(0)


def reply_key(visitor: Visitor, room: str) -> str:
    return f"aiochat:draft-reply:{visitor.name}:{room}"


async def keep_reply(visitor: Visitor, room: str, number: int, author: str, text: str) -> None:
    """As if somebody had begun to answer that post before a reload."""
    quoted = json.dumps({"number": number, "author": author, "text": text})
    await visitor.page.evaluate(
        "([key, value]) => sessionStorage.setItem(key, value)", [reply_key(visitor, room), quoted]
    )
    await visitor.page.reload()
    await visitor.is_connected()


async def choose(visitor: Visitor, text: str, item: str) -> None:
    """In the menu of a message."""
    await visitor.page.locator("#timeline > .message[data-number]", has_text=text).focus()
    await visitor.page.keyboard.press("Enter")
    await visitor.page.get_by_role("menuitem", name=item).click()
