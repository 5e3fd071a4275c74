"""The demo's office at a moment that is always the same, with people in it, and how a browser looks at it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from helpers.db.migrations import MIGRATIONS, migrate
from operations.demo.__main__ import PASSWORD, fill
from operations.demo.office import SCRIPT, Office
from reference.picture.drawing import Shape, drawn
from settings import Settings
from tests.support.pages.browser import ARGUMENTS, CHROMIUM, comes_true
from tests.support.people import Person
from tests.support.servers import Aiochat

NOW = datetime(2026, 11, 27, 15, 5, tzinfo=UTC)
ROOM = "launch"
VIEWER = "maria"
ONLINE = ("tom", "yuki", "olga")
"""They have the room open, too."""

FIRST_DAY = "Yesterday"
WIDTH, HEIGHT = 1120, 900
TITLE = (
    "The page of a room: rooms with what is unread, the talk of two days with reactions and answers, members"
)
SHAPES = Path(__file__).with_name("shapes.js")

FONTS = """
:root { --font: Roboto, "Noto Sans", "Open Sans", "Liberation Sans", system-ui, sans-serif !important; }
* { caret-color: transparent !important; scrollbar-width: none !important; }
"""
"""As wide as most readers' own ones, where this machine has one of them: Debian's fonts-roboto,
fonts-noto-color-emoji and fonts-noto-cjk."""

TOO_LOW = """
(day) => {
  const list = document.querySelector(".timeline-scroller");
  const heads = [...list.querySelectorAll(".divider")].filter((one) => one.textContent.trim() === day);
  const top = heads[0].getBoundingClientRect().top - list.getBoundingClientRect().top + list.scrollTop;
  return Math.ceil(list.scrollHeight - top) + 16 - list.clientHeight;
}
"""

TO_THE_END = """
() => {
  const list = document.querySelector(".timeline-scroller");
  list.scrollTop = list.scrollHeight;
  return list.scrollTop + list.clientHeight >= list.scrollHeight - 1;
}
"""


@contextlib.asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Aiochat]:
    """The demo's site, served, at NOW."""
    settings = Settings(data_dir=folder, database_url="")
    await asyncio.to_thread(migrate, settings.database, MIGRATIONS)
    await fill(settings, Office(SCRIPT.read_text("utf-8"), NOW))
    env = {"AIOCHAT_RATE_LIMITS": "off", "AIOCHAT_WEATHER_URL": "off"}
    with Aiochat(env=env, data_dir=folder) as server:
        yield server


@contextlib.asynccontextmanager
async def at_work(server: Aiochat) -> AsyncIterator[None]:
    """Some have the room open, and something came elsewhere that the viewer hasn't read."""
    async with contextlib.AsyncExitStack() as stack:
        people: dict[str, Person] = {}
        for name in ONLINE:
            people[name] = person = await Person(server.url, name).logs_in(PASSWORD)
            stack.push_async_callback(person.close)
        for name, room, text in (
            ("tom", "kitchen", "There is lemon cake again."),
            ("yuki", "kitchen", "Two pieces left."),
            ("olga", "help", "The printer is back, @maria."),
        ):
            listener = await people[name].enters(room)
            await listener.says(text)
            await listener.close()
        for name in ONLINE:
            await people[name].enters(ROOM)
        yield


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


@contextlib.asynccontextmanager
async def room_page(browser: Browser, server: Aiochat) -> AsyncIterator[Page]:
    """The room as the viewer has it, from FIRST_DAY on, in a window that is as high as that needs."""
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        locale="en-GB",
        timezone_id="UTC",
        bypass_csp=True,
        service_workers="block",
    )
    page = await context.new_page()
    await page.clock.set_fixed_time(NOW)
    await page.goto(f"{server.url}/accounts/login")
    await page.fill("[name=username]", VIEWER)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    await page.wait_for_url("**/rooms")
    await page.goto(f"{server.url}/rooms/{ROOM}")
    await page.add_style_tag(content=FONTS)
    await expect(page.locator("#status")).to_have_attribute("data-state", "connected")
    for name in ONLINE:
        here = page.locator(f"button.member-button[data-person={name}] [data-dot=here]")
        await expect(here).to_be_visible()
    for count, number in (
        ("[data-room=kitchen] [data-part=count-number]", "2"),
        ("[data-room=help] [data-part=mentions-number]", "1"),
        ("#bell [data-part=number]", "1"),
    ):
        await expect(page.locator(count)).to_have_text(number)
        await expect(page.locator(count)).to_be_visible()
    await page.evaluate("document.activeElement.blur()")
    height = HEIGHT + await page.evaluate(TOO_LOW, FIRST_DAY)
    await page.set_viewport_size({"width": WIDTH, "height": height})
    await comes_true(page, TO_THE_END)
    yield page
    await context.close()


async def shapes_of(page: Page) -> list[tuple[Shape, Shape]]:
    """In a light and in a dark surrounding."""
    found: list[list[Any]] = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found.append(await page.evaluate(SHAPES.read_text("utf-8")))
    return list(zip(*found, strict=True))


async def picture_of(page: Page) -> str:
    return drawn((WIDTH, await page.evaluate("innerHeight")), TITLE, await shapes_of(page))
