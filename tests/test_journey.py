"""A journey in real Chromium: two people with a browser each, one of them on a phone, from registering to the end."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from tests.conftest import server_env, unique
from tests.people import PASSWORD
from tests.servers import Aiochat, Nginx, Postgres, Redis, free_port

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1280, "height": 800}

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        await found.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres behind nginx"])
def site(request: pytest.FixtureRequest) -> Iterator[tuple[str, Aiochat]]:
    """The site's address and the server behind it, which a story may kill."""
    if request.param == "sqlite":
        with Aiochat() as server:
            yield server.url, server
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: Redis = request.getfixturevalue("redis")
    port = free_port()
    nginx = Nginx([port])
    env = {**server_env(postgres, redis, "journey"), "AIOCHAT_PUBLIC_URL": nginx.url, "AIOCHAT_TRUST_PROXY": "true"}
    with Aiochat(port=port, env=env) as server, nginx:
        yield nginx.url, server


class Visitor:
    """Somebody at a browser. Whatever the page complains of is in `complaints`."""

    def __init__(self, context: BrowserContext, page: Page, url: str, name: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.name = name
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        # A network that was cut on purpose is complained of too.
        if (
            message.type == "error"
            and "ERR_" not in message.text
            and "WebSocket connection" not in message.text
            and "status of 50" not in message.text
        ):
            self.complaints.append(message.text)

    async def registers(self) -> None:
        await self.page.goto(f"{self.url}/accounts/register")
        await self.page.fill("[name=username]", self.name)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("main form button")
        await self.page.wait_for_url("**/rooms")

    async def enters(self, room: str) -> None:
        await self.page.goto(f"{self.url}/rooms/{room}")
        await self.is_connected()

    async def is_connected(self) -> None:
        await expect(self.page.locator("#status")).to_have_attribute("data-state", "connected")

    async def says(self, text: str) -> None:
        """Types and sends: by Enter, or on a phone, where Enter breaks the line, by the button."""
        await self.page.fill("#composer-text", text)
        if self.page.viewport_size == PHONE:
            await self.page.click("#composer button")
        else:
            await self.page.press("#composer-text", "Enter")

    def line(self, text: str) -> Any:
        return self.page.locator("#timeline .message-text", has_text=text)

    async def sees(self, text: str) -> None:
        await expect(self.line(text)).to_have_count(1)

    async def texts(self) -> list[str]:
        return await self.page.locator("#timeline [data-number] .message-text").all_inner_texts()


@pytest.fixture
async def visitors(browser: Browser, site: tuple[str, Aiochat]) -> AsyncIterator[Callable[..., Any]]:
    """Makes visitors, each with a browser of their own. None of their pages may have complained."""
    made: list[Visitor] = []

    async def make(name: str, viewport: ViewportSize) -> Visitor:
        context = await browser.new_context(
            viewport=viewport, has_touch=viewport is PHONE, color_scheme="dark" if viewport is PHONE else "light"
        )
        visitor = Visitor(context, await context.new_page(), site[0], unique(name))
        made.append(visitor)
        await visitor.registers()
        return visitor

    yield make
    for visitor in made:
        await visitor.context.close()
        assert not visitor.complaints, visitor.complaints


@pytest.fixture
async def alice(visitors: Callable[..., Any]) -> Visitor:
    found: Visitor = await visitors("alice", WIDE)
    return found


@pytest.fixture
async def bob(visitors: Callable[..., Any]) -> Visitor:
    """Bob has a phone, and prefers it dark."""
    found: Visitor = await visitors("bob", PHONE)
    return found


@pytest.fixture
async def room(alice: Visitor, bob: Visitor) -> str:
    """A room that Alice made by the form, with both in it."""
    name = unique("Lounge")
    await alice.page.goto(f"{alice.url}/rooms")
    form = alice.page.locator("form[action='/rooms']")
    if not await form.locator("[name=name]").is_visible():
        await alice.page.locator("summary").first.click()
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=topic]").fill("Tea")
    await form.locator("button").click()
    await alice.page.wait_for_url(f"**/rooms/{name}")
    await alice.is_connected()
    await bob.page.goto(f"{bob.url}/rooms")
    await bob.page.locator("main a", has_text=name).first.click()
    await bob.is_connected()
    return name


async def test_two_people_talk(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("Hello, Bob! <b>not bold</b>")
    await bob.sees("Hello, Bob! <b>not bold</b>")
    assert await bob.page.locator("#timeline .message-text b").count() == 0
    await bob.says("*Hello*, Alice!")
    await alice.sees("Hello, Alice!")
    await expect(alice.page.locator("#timeline .message-text em")).to_have_text("Hello")
    await expect(alice.page.locator("#timeline .own .message-text, #timeline .own.message-text")).to_have_text(
        ["Hello, Bob! <b>not bold</b>"]
    )
    await expect(alice.page.locator("#timeline .pending")).to_have_count(0)


async def test_shift_enter_makes_a_new_line(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.page.fill("#composer-text", "one")
    await alice.page.press("#composer-text", "Shift+Enter")
    await alice.page.keyboard.type("two")
    await alice.page.press("#composer-text", "Enter")
    await bob.sees("one\ntwo")


async def test_what_is_written_without_a_network_is_sent_with_it(alice: Visitor, bob: Visitor, room: str) -> None:
    await bob.context.set_offline(True)
    await expect(bob.page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await bob.says("from the tunnel 1")
    await bob.says("from the tunnel 2")
    await alice.says("meanwhile")
    await expect(bob.page.locator("#status")).to_contain_text("2 waiting")
    await expect(bob.page.locator("#timeline .pending")).to_have_count(2)
    await bob.context.set_offline(False)
    await bob.is_connected()
    for visitor in (alice, bob):
        await visitor.sees("from the tunnel 2")
        await expect(visitor.page.locator("#timeline .pending")).to_have_count(0)
    assert await alice.texts() == await bob.texts() == ["meanwhile", "from the tunnel 1", "from the tunnel 2"]


async def test_what_waits_survives_a_reload_and_a_killed_server(alice: Visitor, bob: Visitor, room: str, site: tuple[str, Aiochat]) -> None:
    server = site[1]
    await alice.says("before")
    await bob.sees("before")
    await asyncio.to_thread(server.kill)
    await expect(alice.page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("while it was down")
    await expect(alice.page.locator("#timeline .pending")).to_have_count(1)
    await asyncio.to_thread(server.restart)
    await alice.page.reload()
    await alice.is_connected()
    await bob.is_connected()
    for visitor in (alice, bob):
        await visitor.sees("while it was down")
    assert await alice.texts() == await bob.texts() == ["before", "while it was down"]


async def test_the_history_loads_while_scrolling_up(alice: Visitor, bob: Visitor, room: str) -> None:
    for number in range(80):
        await alice.says(f"line {number}.")
        if number % 20 == 19:
            await expect(alice.page.locator("#timeline .pending")).to_have_count(0)
    await bob.sees("line 79.")
    await bob.page.reload()
    await bob.sees("line 79.")
    async with asyncio.timeout(20):
        while not await bob.line("line 3.").count():
            await bob.page.evaluate("document.querySelector('.timeline-scroller').scrollTop = 0")
            await asyncio.sleep(0.1)
    assert await bob.texts() == [f"line {number}." for number in range(80)]


async def test_the_slash_menu_works_by_keyboard(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.page.click("#composer-text")
    await alice.page.keyboard.type("/to")
    await expect(alice.page.locator("#completions")).to_be_visible()
    await expect(alice.page.locator("#completions [role=option]").first).to_contain_text("/topic")
    await alice.page.keyboard.press("Enter")
    await alice.page.keyboard.type("Biscuits")
    await alice.page.keyboard.press("Enter")
    for visitor in (alice, bob):
        await expect(visitor.page.locator("#room-topic")).to_have_text("Biscuits")
    await bob.page.fill("#composer-text", "")
    await bob.page.click("#composer-text")
    await bob.page.keyboard.type("/")
    await expect(bob.page.locator("#completions [role=option]", has_text="/kill")).to_have_count(0)
    await bob.page.keyboard.press("Escape")
    await expect(bob.page.locator("#completions")).to_be_hidden()


async def test_clear_empties_every_page(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says("soon gone")
    await bob.sees("soon gone")
    await alice.says("/clear")
    for visitor in (alice, bob):
        await expect(visitor.line("soon gone")).to_have_count(0)
        await expect(visitor.page.locator("#timeline")).to_contain_text("cleared the history")
    await bob.page.reload()
    await bob.is_connected()
    await expect(bob.line("soon gone")).to_have_count(0)


async def test_who_is_killed_is_told_and_doesnt_come_back(alice: Visitor, bob: Visitor, room: str) -> None:
    await alice.says(f"/kill @{bob.name} enough")
    await expect(bob.page.locator("#banner")).to_contain_text("removed")
    await expect(alice.page.locator("#timeline")).to_contain_text(f"removed {bob.name} from the room: enough")
    await expect(alice.page.locator("#members")).not_to_contain_text(bob.name)
    await expect(bob.page.locator("#status")).not_to_have_attribute("data-state", "connected")


async def test_signing_out_elsewhere_ends_the_page(alice: Visitor, room: str) -> None:
    other = await alice.context.new_page()
    await other.goto(f"{alice.url}/rooms")
    await other.locator("form[action='/accounts/logout'] button").first.click()
    await other.wait_for_url(f"{alice.url}/")
    await expect(alice.page.locator("#banner")).to_be_visible()
    await expect(alice.page.locator("#banner a")).to_have_attribute("href", "/accounts/login?next=" + f"/rooms/{room}".replace("/", "%2F"))
