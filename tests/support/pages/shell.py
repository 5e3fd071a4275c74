"""Somebody who goes from room to room within one page."""

from playwright.async_api import Page, expect

from tests.support.pages.browser import PHONE, Visitor
from tests.support.people import Listener

STAYS = "window.stays = true"
"""Marks the page: one that is loaded anew has no mark."""


def link(visitor: Visitor, room: str) -> str:
    return f".room-lists a[href='/rooms/{room}' i]"


async def goes_to(visitor: Visitor, room: str) -> None:
    """By the sidebar."""
    if visitor.page.viewport_size == PHONE:
        await visitor.page.click(".drawer-open")
    await visitor.page.click(link(visitor, room))
    await is_in(visitor, room)


async def is_in(visitor: Visitor, room: str) -> None:
    """It is shown, connected, and everything says so; no page was loaded for it."""
    page = visitor.page
    await page.wait_for_url(f"**/rooms/{room}*")
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator(".room-link[aria-current=page]")).to_have_attribute("data-room", room)
    await expect(page).to_have_title(f"#{room} – aiochat")
    await visitor.is_connected()
    assert await page.evaluate("window.stays")
    assert await page.locator("main, #timeline, #composer-text, chat-members").count() == 4


async def fills(listener: Listener, count: int = 40) -> None:
    for number in range(count):
        await listener.says(f"line {number}.")


def top_row(page: Page) -> str:
    return """() => {
      const box = document.querySelector('.timeline-scroller').getBoundingClientRect();
      const row = [...document.querySelectorAll('#timeline > .message')].find(
        (one) => one.getBoundingClientRect().top >= box.top);
      return `${row.dataset.number} ${Math.round(row.getBoundingClientRect().top - box.top)}`;
    }"""
