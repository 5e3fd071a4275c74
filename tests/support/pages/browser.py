"""People at a browser: real Chromium, wide or a phone, and what one does with the pages."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, ViewportSize, expect

from tests.support.people import PASSWORD, PATIENCE, Person

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
"""The first one is Chromium without its windows: the same pages for half of the work."""

PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1280, "height": 800}

one_database = pytest.mark.parametrize("site", ["shared"], indirect=True, scope="module")
"""The stories of a file on the shared site alone."""

behind_nginx = pytest.mark.parametrize("site", ["postgres behind nginx"], indirect=True, scope="module")
"""The stories of a file on one site, with all that it has on the way. That the server does the same
on SQLite is told by the tests of its doors; tests/browser/test_journey.py runs on both."""

expect.set_options(timeout=PATIENCE * 1000)


async def comes_true(page: Page, expression: str, argument: Any = None) -> None:
    """Waits for it in the page. Playwright's wait_for_function asks again by `eval`, which the
    site's pages forbid."""
    async with asyncio.timeout(PATIENCE):
        while not await page.evaluate(expression, argument):
            await asyncio.sleep(0.05)


async def sidebar_is_live(page: Page) -> None:
    """Waits until the sidebar of a page that is no room listens: what is pressed earlier is lost."""
    await expect(page.locator("#app.of-page")).to_have_attribute("data-live", "")


KEPT_POSTS = """
() => {
  try {
    return Object.keys(localStorage).filter((key) => key.includes(":outbox:"));
  } catch {
    return [];  // this browser keeps nothing
  }
}
"""
"""What isn't answered yet, or was refused and waits for its author."""

UNANSWERED = f"""
(before) =>
  document.querySelector("#status")?.dataset.state === "connected" &&
  ({KEPT_POSTS})().some((key) => {{
    const nonce = key.slice(key.lastIndexOf(":") + 1);
    return !before.includes(key) && !document.querySelector(`#timeline .refused[data-nonce="${{nonce}}"]`);
  }})
"""

MOST_IDLE = 6
"""Pages that wait for their next user. Each is a process of some 80 MB."""

STORED = "local_storage,indexeddb,cache_storage,file_systems,service_workers,storage_buckets"


@dataclass(frozen=True)
class Screen:
    """A site, and how somebody looks at it."""

    url: str
    viewport: ViewportSize = field(hash=False)
    color_scheme: Literal["dark", "light"] = "light"
    reduced_motion: Literal["reduce", "no-preference"] = "no-preference"


class Profiles:
    """Browsers of people's own, with a page each. One story after the other uses them: a new page
    needs a process that compiles all scripts, which takes more than a short story.

    The next user finds nothing of the one before but the site's files in the cache. Most stories are
    told without a service worker: what goes through it can't be held up by a route."""

    def __init__(self, browser: Browser, service_workers: Literal["allow", "block"] = "block") -> None:
        self._browser = browser
        self._service_workers = service_workers
        self._idle: list[tuple[Screen, Page]] = []

    @contextlib.asynccontextmanager
    async def lent(self, screen: Screen) -> AsyncIterator[Page]:
        """A page. Whoever listens to its events stops that before it goes back."""
        page = self._take(screen) or await self._new(screen)
        try:
            yield page
        finally:
            try:
                await self._forget(screen, page)
            except Error:
                # The story may have ended the site, or the page.
                await page.context.close()
            else:
                self._idle.append((screen, page))
            while len(self._idle) > MOST_IDLE:
                _, oldest = self._idle.pop(0)
                await oldest.context.close()

    def _take(self, screen: Screen) -> Page | None:
        for place, (found, page) in enumerate(self._idle):
            if found == screen:
                del self._idle[place]
                return page
        return None

    async def _new(self, screen: Screen) -> Page:
        context = await self._browser.new_context(
            viewport=screen.viewport,
            has_touch=screen.viewport is PHONE,
            color_scheme=screen.color_scheme,
            reduced_motion=screen.reduced_motion,
            service_workers=self._service_workers,
        )
        context.set_default_timeout(PATIENCE * 1000)
        return await context.new_page()

    async def _forget(self, screen: Screen, page: Page) -> None:
        context = page.context
        for other in context.pages:
            if other is not page:
                await other.close()
        await context.set_offline(False)
        await context.unroute_all()
        await page.unroute_all()
        await page.set_viewport_size(screen.viewport)
        await page.mouse.move(0, 0)
        # A page of the same site keeps the process.
        answer = await page.goto(f"{screen.url}/robots.txt")
        if answer is None or not answer.ok:
            raise Error(f"{screen.url} doesn't serve pages")
        await page.evaluate("sessionStorage.clear()")
        session = await context.new_cdp_session(page)
        await session.send("Storage.clearDataForOrigin", {"origin": screen.url, "storageTypes": STORED})
        await session.detach()
        await context.clear_permissions()
        await context.clear_cookies()


class Visitor:
    """Somebody at a browser. Whatever the page complains of is in `complaints`."""

    def __init__(self, context: BrowserContext, page: Page, url: str, name: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.name = name
        self.person: Person | None = None
        """Who they are to a program, unless they registered by the form."""
        self.complaints: list[str] = []
        page.on("pageerror", self._fails)
        page.on("console", self._hear)

    def _fails(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _hear(self, message: Any) -> None:
        # A network that was cut on purpose is complained of too.
        if (
            message.type == "error"
            and "ERR_" not in message.text
            and "WebSocket connection" not in message.text
            and "status of 50" not in message.text
            and "when fetching the script" not in message.text  # the service worker's
        ):
            self.complaints.append(message.text)

    async def registers(self) -> None:
        await self.page.goto(f"{self.url}/accounts/register")
        await self.page.fill("[name=username]", self.name)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("main form button")
        await self.page.wait_for_url(re.compile("/(rooms|begin)$"))
        if self.page.url.endswith("/begin"):
            # The first one of a site: the room is made later.
            await self.page.click("main a[href='/rooms']")
            await self.page.wait_for_url("**/rooms")

    async def joins(self) -> None:
        """Has an account and is signed in, without a form."""
        self.person = await Person(self.url, self.name).joins()
        cookies = [
            {"name": cookie.key, "value": cookie.value, "url": self.url}
            for cookie in self.person.http.cookie_jar
        ]
        await self.context.add_cookies(cookies)  # type: ignore[arg-type]

    async def goes(self) -> None:
        """Leaves the browser to somebody else."""
        self.page.remove_listener("pageerror", self._fails)
        self.page.remove_listener("console", self._hear)
        if self.person:
            await self.person.close()

    async def leaves(self) -> None:
        """Closes all that is theirs."""
        await self.goes()
        await self.context.close()

    async def makes(self, room: str) -> None:
        """A new open room, without a form, in which they are then."""
        assert self.person
        await self.person.creates(room)
        await self.enters(room)

    async def enters(self, room: str) -> None:
        await self.page.goto(f"{self.url}/rooms/{room}")
        await self.is_connected()

    async def is_connected(self) -> None:
        await expect(self.page.locator("#status")).to_have_attribute("data-state", "connected")

    async def says(self, text: str) -> None:
        """Writes, and waits until the server has answered, so that what anybody does next comes after
        it. Where the page says that it has no connection, nothing is waited for."""
        before = await self.page.evaluate(KEPT_POSTS)
        await self.writes(text)
        async with asyncio.timeout(PATIENCE):
            while await self._is_on_its_way(before):
                await asyncio.sleep(0.02)

    async def _is_on_its_way(self, before: list[str]) -> bool:
        try:
            return bool(await self.page.evaluate(UNANSWERED, before))
        except Error:  # a command may lead to another page, in this moment
            return True

    async def writes(self, text: str) -> None:
        """Types and sends: by Enter, or on a phone, where Enter breaks the line, by the button. When it is
        answered is the story's affair."""
        await self.page.fill("#composer-text", text)
        if self.page.viewport_size == PHONE:
            await self.page.click("#composer .send-button")
        else:
            await self.page.press("#composer-text", "Enter")

    def line(self, text: str) -> Any:
        return self.page.locator("#timeline .message-text", has_text=text)

    async def sees(self, text: str) -> None:
        await expect(self.line(text)).to_have_count(1)

    async def texts(self) -> list[str]:
        return await self.page.locator("#timeline [data-number] .message-text").all_inner_texts()


Visitors = Callable[[str, ViewportSize], Awaitable[Visitor]]
"""Makes visitors: by the name that they go by, and the size of their screen."""
