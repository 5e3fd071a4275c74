"""What the room's page may cost, in bytes, round trips, rows and frames. How long things take is
measured by bench/page.py."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from helpers.web.assets.files import Files
from helpers.web.assets.joining import LATER
from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.pages.browser import WIDE, comes_true
from tests.support.people import PATIENCE, Person
from tests.support.servers import ROOT, Aiochat, Nginx, Postgres, Redis, free_port

FIRST_VIEW = 100_000
"""Bytes of content, with nothing in the cache."""

SCRIPTS = 48_000
"""Bytes of our own JavaScript that the first view needs, by gzip."""

REQUESTS = 12
"""Of the first view."""

BEFORE_MESSAGES = 40_000
"""Bytes of content until messages can be read: of the page, its two styles, and the script of the
theme."""

SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
"""As of a phone far from the mast: 1.6 and 0.75 Mbit/s, 150 ms."""

SLOW_PROCESSOR = 4
"""Times as slow as this one."""

HEAP_GROWTH = 1_500_000
"""Bytes that a thousand messages up and down may leave behind: less than 150 rows weigh."""


def test_the_scripts_are_small() -> None:
    place = Files(ROOT / "static")
    names = [place.joined("js/room.js"), place.address("js/theme.js")]
    found = [place._own.file(address.split("/", 3)[3]) for address in names]
    sizes = [len(one.by_gzip) for one in found if one is not None]
    assert len(sizes) == 2
    assert sum(sizes) < SCRIPTS, sizes


@pytest.fixture(scope="module", params=["straight", "behind nginx"])
def address(own_servers: None, request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "straight":
        with Aiochat(env=LIMITS_OFF) as server:
            yield server.url
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: Redis = request.getfixturevalue("redis")
    port = free_port()
    nginx = Nginx([port])
    env = {
        **server_env(postgres, redis, "budgets"),
        "AIOCHAT_PUBLIC_URL": nginx.url,
        "AIOCHAT_TRUST_PROXY": "true",
    }
    with Aiochat(port=port, env=env) as server, nginx:
        Aiochat.reached_at[nginx.url] = server
        yield nginx.url


straight = pytest.mark.parametrize("address", ["straight"], indirect=True)
"""What the page does by itself doesn't depend on who sent it."""


@pytest.fixture
async def alice(address: str) -> AsyncIterator[Person]:
    found = await Person(address, unique("alice")).joins()
    yield found
    await found.close()


@pytest.fixture
async def room(alice: Person) -> str:
    """A room with fifty messages, as long as messages are."""
    name = unique("Hall")
    await alice.creates(name)
    listener = await alice.enters(name)
    for number in range(50):
        await listener.says(
            f"{number}. What people say is a line or two, seldom more than a hundred characters, and "
            "**sometimes** `code`."
        )
    await listener.ws.send_json({"type": "read", "number": 50, "nonce": "read"})
    await listener.hears("receipt", nonce="read")
    return name


@pytest.fixture
async def context(browser: Browser, alice: Person) -> AsyncIterator[BrowserContext]:
    # What is kept for times without a network is fetched seconds after the first view: among what is
    # counted where a machine is slow.
    found = await browser.new_context(viewport=WIDE, reduced_motion="reduce", service_workers="block")
    cookie = next(iter(alice.http.cookie_jar))
    await found.add_cookies([{"name": cookie.key, "value": cookie.value, "url": alice.url}])
    yield found
    await found.close()


@dataclass
class Traffic:
    """What a page asks for, as Chromium's network panel shows it."""

    addresses: dict[str, str] = field(default_factory=dict)
    askers: dict[str, str] = field(default_factory=dict)
    heads: dict[str, float] = field(default_factory=dict)
    bytes: dict[str, float] = field(default_factory=dict)
    """Of their contents; none for what came from the cache."""

    async def watch(self, page: Page) -> None:
        session = await page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._headed)
        session.on("Network.loadingFinished", self._finished)
        await session.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        self.addresses[event["requestId"]] = event["request"]["url"]
        self.askers[event["request"]["url"]] = event["initiator"]["type"]

    def _headed(self, event: dict[str, Any]) -> None:
        self.heads[event["requestId"]] = event["response"]["encodedDataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes[self.addresses[event["requestId"]]] = max(
            0, event["encodedDataLength"] - self.heads.get(event["requestId"], 0)
        )


async def is_open(page: Page) -> None:
    await expect(page.locator("#status")).to_have_attribute("data-state", "connected")


async def test_the_first_view_is_small_and_two_round_trips_deep(
    context: BrowserContext, address: str, room: str
) -> None:
    page = await context.new_page()
    traffic = Traffic()
    await traffic.watch(page)
    where = f"{address}/rooms/{room}"
    await page.goto(where, wait_until="networkidle")
    await is_open(page)
    await expect(page.locator("#timeline > .message")).to_have_count(50)
    # What shows nothing at first comes afterwards.
    later = {url for url in traffic.bytes if url.endswith(LATER)}
    assert len(later) == 1
    assert len(traffic.addresses) <= REQUESTS, traffic.addresses
    assert sum(traffic.bytes[url] for url in set(traffic.bytes) - later) < FIRST_VIEW, traffic.bytes
    # All but the page itself is named by the page: nothing waits for another file to be read.
    deeper = {
        url: asker
        for url, asker in traffic.askers.items()
        if url != where and asker not in ("parser", "preload", "other")
    }
    assert set(deeper) == later, deeper


async def test_the_second_view_asks_for_the_page_alone(
    context: BrowserContext, address: str, room: str
) -> None:
    page = await context.new_page()
    where = f"{address}/rooms/{room}"
    await page.goto(where, wait_until="networkidle")
    await is_open(page)
    traffic = Traffic()
    await traffic.watch(page)
    await page.goto(where, wait_until="networkidle")
    await is_open(page)
    asked = {url for url, size in traffic.bytes.items() if size}
    assert asked == {where}


PAINTED = """() => performance.getEntriesByName("first-contentful-paint").length > 0"""


@straight
async def test_on_a_slow_line_messages_are_read_before_scripts_are_here(
    context: BrowserContext, address: str, room: str
) -> None:
    """What must be here before that is counted, and not how long it takes: this machine may be busy."""
    page = await context.new_page()
    traffic = Traffic()
    await traffic.watch(page)
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW_LINE)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route("**/joined/js/**", hold)
    await page.goto(f"{address}/rooms/{room}", wait_until="commit")
    last = page.locator("#timeline > .message").last
    await expect(last).to_be_in_viewport()
    await expect(last).to_have_attribute("data-number", "50")
    await comes_true(page, PAINTED)
    assert await page.evaluate("!customElements.get('chat-timeline')")
    # None of them but the scripts, which nothing waits for, is still under way.
    shown = {url: size for url, size in traffic.bytes.items() if not url.endswith(".svg")}
    assert len(shown) <= 4, shown
    assert sum(shown.values()) < BEFORE_MESSAGES, shown
    held.set()
    await is_open(page)
    await expect(page.locator("#timeline > .message")).to_have_count(50)
    assert len(traffic.addresses) <= REQUESTS, traffic.addresses


@straight
async def test_another_room_asks_for_its_page_alone_and_a_known_one_for_nothing(
    context: BrowserContext, alice: Person, address: str, room: str
) -> None:
    other = unique("Annex")
    await alice.creates(other)
    await (await alice.enters(other)).says("over here")
    page = await context.new_page()
    await page.goto(f"{address}/rooms/{room}", wait_until="networkidle")
    await is_open(page)
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW_LINE)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})
    traffic = Traffic()
    await traffic.watch(page)
    await page.click(f"#room-list a[data-room='{other}']")
    await expect(page.locator("#timeline")).to_contain_text("over here")
    pages = [url for url in traffic.addresses.values() if "/rooms/" in url]
    assert pages == [f"{address}/rooms/{other}"]
    await is_open(page)
    before = len(traffic.addresses)
    # In memory: it is there without a question to the server.
    await page.click(f"#room-list a[data-room='{room}']")
    await expect(page.locator("#timeline > .message")).to_have_count(50)
    assert [url for url in [*traffic.addresses.values()][before:] if "/static/" in url] == []
    await is_open(page)
    assert f"{address}/rooms/{room}" not in traffic.addresses.values()


@straight
async def test_sending_shows_in_the_next_frame(context: BrowserContext, address: str, room: str) -> None:
    page = await context.new_page()
    await page.goto(f"{address}/rooms/{room}")
    await is_open(page)
    await page.fill("#composer-text", "as quick as that")
    frames = await page.evaluate(
        """() => new Promise((resolve) => {
            const box = document.querySelector('#composer-text');
            const enter = { key: 'Enter', bubbles: true, cancelable: true };
            box.dispatchEvent(new KeyboardEvent('keydown', enter));
            let frames = 0;
            const look = () => {
              frames += 1;
              const last = document.querySelector('#timeline').lastElementChild;
              if (last.textContent.includes('as quick as that')) resolve(frames);
              else if (frames > 100) resolve(-1);
              else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        })"""
    )
    assert frames == 1


async def heap(page: Page) -> float:
    """Bytes that are in use after the garbage was collected."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    await session.detach()
    return float(used)


SCROLL = """async ([number, by]) => {
    const box = document.querySelector('.timeline-scroller');
    const timeline = document.querySelector('#timeline');
    let most = 0;
    while (!timeline.querySelector(`[data-number="${number}"]`)) {
      box.scrollTop += by;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      most = Math.max(most, timeline.childElementCount);
    }
    return most;
}"""
"""Scrolls by so many px until the message is on the page. The most rows that there were."""


@straight
async def test_scrolling_through_a_long_history_leaves_nothing_behind(
    context: BrowserContext, alice: Person, address: str, room: str
) -> None:
    listener = await alice.enters(room)
    for number in range(51, 1_001):
        await listener.ws.send_json({"type": "post", "text": f"line {number}", "nonce": f"scroll-{number}"})
    await listener.hears("receipt", nonce="scroll-1000")
    page = await context.new_page()
    await page.goto(f"{address}/rooms/{room}")
    await is_open(page)

    async def up_and_down() -> int:
        most = 0
        for number, by in ((1, -4_000), (1_000, 4_000)):
            async with asyncio.timeout(PATIENCE):
                most = max(most, await page.evaluate(SCROLL, [number, by]))
        return most

    most = await up_and_down()
    before = await heap(page)
    most = max(most, await up_and_down())
    assert 200 < most <= 320
    assert await heap(page) - before < HEAP_GROWTH
