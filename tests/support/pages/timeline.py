"""Somebody who reads a long room in real Chromium, and somebody who writes it by a program."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from playwright.async_api import ConsoleMessage, Error, Page, ViewportSize, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Profiles, Screen
from tests.support.people import PATIENCE, Listener, Person

TEXT = "What is said here takes a line or two on a phone, and one on a desk. "

LOST_MS = 5000
"""After this a turn of the wheel is lost."""

MOST_TURNS = 200
"""So many turns of the wheel lead to the end of any story's history."""

Reads = Callable[..., Awaitable["Reader"]]


async def writes(listener: Listener, first: int, last: int) -> None:
    """Lines from one number to another, in a room that has nothing else, as fast as they are
    taken."""
    nonce = ""
    for number in range(first, last + 1):
        nonce = secrets.token_hex(8)
        await listener.ws.send_json(
            {"type": "post", "text": f"line {number}. {TEXT * (number % 3)}", "nonce": nonce}
        )
    await listener.hears("receipt", nonce=nonce)


class Reader:
    """Alice's page. Whatever it complains of is in `complaints`."""

    def __init__(self, page: Page, person: Person, room: str) -> None:
        self.page = page
        self.person = person
        self.room = room
        self.complaints: list[str] = []
        page.on("pageerror", self._fails)
        page.on("console", self._hear)

    def _fails(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    async def goes(self) -> None:
        """Leaves the browser to somebody else."""
        self.page.remove_listener("pageerror", self._fails)
        self.page.remove_listener("console", self._hear)
        await self.person.close()

    async def opens(self, address: str = "") -> None:
        await self.page.goto(f"{self.person.url}/rooms/{self.room}{address}")
        await expect(self.page.locator("#status")).to_have_attribute("data-state", "connected")

    def message(self, number: int) -> Any:
        return self.page.locator(f"#timeline > [data-number='{number}']")

    async def top_of(self, number: int) -> float:
        """Its top in px against the top of what is visible."""
        found: float = await self.page.evaluate(
            """number => document.querySelector(`#timeline > [data-number="${number}"]`)
                   .getBoundingClientRect().top
               - document.querySelector('.timeline-scroller').getBoundingClientRect().top""",
            number,
        )
        return found

    async def height(self) -> float:
        found: float = await self.page.evaluate("document.querySelector('.timeline-scroller').clientHeight")
        return found

    async def sees(self, number: int) -> None:
        await expect(self.message(number)).to_be_in_viewport(ratio=0.9)

    async def scrolls(self, by: int) -> None:
        """By the wheel or, on a phone, as a finger would; until the page has drawn it and has
        nothing under way."""
        await self.page.mouse.move(500 if self.page.viewport_size == WIDE else 200, 300)
        await self.page.evaluate(
            """by => {
                const box = document.querySelector('.timeline-scroller');
                const rest = by < 0 ? box.scrollTop : box.scrollHeight - box.clientHeight - box.scrollTop;
                window.scrolled_ = rest < 1 || new Promise((resolve) =>
                    box.addEventListener('scroll', () => resolve(true), { once: true }));
            }""",
            by,
        )
        is_scrolled = False
        async with asyncio.timeout(PATIENCE):
            while not is_scrolled:
                # A turn of the wheel is lost now and then, where the page is laid out meanwhile.
                await self._scroll(by)
                is_scrolled = await self.page.evaluate(
                    "ms => Promise.race([scrolled_, new Promise((resolve) => setTimeout(resolve, ms))])",
                    LOST_MS,
                )
        await self.calms()

    async def scrolls_until(self, number: int, by: int, *, is_there: bool = True) -> int:
        """Scrolls until the message is on the page, or isn't any more. Returns the most rows that the
        page had."""
        most = 0
        for _ in range(MOST_TURNS):
            if bool(await self.message(number).count()) is is_there:
                return most
            await self.scrolls(by)
            most = max(most, await self.rows())
        state = "isn't there" if is_there else "is there still"
        raise AssertionError(f"message {number} {state} after {MOST_TURNS} turns by {by} px")

    async def _scroll(self, by: int) -> None:
        if self.page.viewport_size == PHONE:
            await self.page.evaluate("by => document.querySelector('.timeline-scroller').scrollBy(0, by)", by)
        else:
            await self.page.mouse.wheel(0, by)

    async def calms(self) -> None:
        """Nothing moves any more, and no more of the history is on its way."""
        async with asyncio.timeout(PATIENCE):
            await self.page.evaluate(
                """async () => {
                    const box = document.querySelector('.timeline-scroller');
                    const { history } = document.querySelector('chat-timeline').page;
                    for (let still = 0, was = -1; still < 4; was = box.scrollTop + box.scrollHeight) {
                      await new Promise(requestAnimationFrame);
                      still = was === box.scrollTop + box.scrollHeight && !history.loading ? still + 1 : 0;
                    }
                }"""
            )

    async def first_on_screen(self) -> tuple[int, float]:
        """The number of the first post that is wholly on screen, and its top."""
        number, top = await self.page.evaluate(
            """() => {
                const frame = document.querySelector('.timeline-scroller').getBoundingClientRect();
                const rows = [...document.querySelectorAll('#timeline > [data-number]')];
                const row = rows.find((one) => one.getBoundingClientRect().top >= frame.top);
                return [Number(row.dataset.number), row.getBoundingClientRect().top - frame.top];
            }"""
        )
        return number, top

    async def rows(self) -> int:
        return await self.page.locator("#timeline > *").count()

    async def server_mark(self) -> int:
        """How many posts are unread for the server."""
        rooms = (await self.person.gets("/rooms?only=own"))["rooms"]
        return int(next(room["unread"] for room in rooms if room["name"] == self.room))

    async def agrees_on_unread(self, fewer_than: int) -> int:
        """How many posts are unread for both the page and the server: fewer than so many, soon."""
        async with asyncio.timeout(PATIENCE):
            while True:
                text = await self.page.locator(".jump-text").inner_text()
                shown = int(text.partition("(")[2].rstrip(")"))
                if shown < fewer_than and await self.server_mark() == shown:
                    return shown
                await asyncio.sleep(0.1)

    async def is_unread(self, count: int) -> None:
        """The server counts so many, soon: marks are stored after a while."""
        async with asyncio.timeout(PATIENCE):
            while await self.server_mark() != count:
                await asyncio.sleep(0.1)


async def press(alice: Reader, *keys: str) -> None:
    for key in keys:
        await alice.page.keyboard.press(key)


async def here(alice: Reader) -> int | None:
    """The number of the message that has the focus."""
    number: str | None = await alice.page.evaluate("document.activeElement?.dataset.number ?? null")
    return int(number) if number else None


@contextlib.asynccontextmanager
async def readers_of(profiles: Profiles, url: str, room: str) -> AsyncIterator[Reads]:
    """Opens pages of the room, each for a new person, or for a given one on another device. None of
    them may have complained."""
    lent = contextlib.AsyncExitStack()
    readers: list[Reader] = []

    async def make(person: Person | None = None, viewport: ViewportSize = WIDE) -> Reader:
        person = person or await Person(url, unique("alice")).joins()
        page = await lent.enter_async_context(profiles.lent(Screen(url, viewport, reduced_motion="reduce")))
        cookies = [
            {"name": cookie.key, "value": cookie.value, "url": url} for cookie in person.http.cookie_jar
        ]
        await page.context.add_cookies(cookies)  # type: ignore[arg-type]
        reader = Reader(page, person, room)
        readers.append(reader)
        lent.push_async_callback(reader.goes)
        return reader

    async with lent:
        yield make
    for reader in readers:
        assert not reader.complaints, reader.complaints
