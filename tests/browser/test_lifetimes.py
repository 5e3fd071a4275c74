"""What the rooms' page begins, listeners, timers, observers, watchers, its socket and its lock, ends
with it; what it begins for a room, when another is shown; and what an element begins, when that is
taken away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.conftest import LIMITS_OFF, unique
from tests.support.pages.browser import WIDE, Visitor, comes_true
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat
from tests.support.services.fake_upstream import elsewhere

LEDGER = """(() => {
  const begun = new Set();
  const served = new WeakSet();
  let counted = false;
  Error.stackTraceLimit = 50;

  // Nodes that the server wrote and what isn't a node outlive an element; cloned rows go with it.
  const lasts = (target) => {
    if (!counted && document.readyState !== "loading") {
      for (const node of document.querySelectorAll("*")) served.add(node);
      counted = true;
    }
    return !(target instanceof Node) || target === document || served.has(target);
  };
  const note = (kind, what, fields = {}) => {
    const { stack } = new Error();
    // The theme is the whole page's.
    if (!stack.includes("/static/") || stack.includes("/js/theme.js")) return null;
    const entry = { kind, what, stack, ...fields };
    begun.add(entry);
    return entry;
  };
  const end = (entry) => entry && begun.delete(entry);

  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, handler, options = {}) {
    const target = this ?? window;
    const { signal, once, capture = false } = typeof options === "object" ? options : { capture: options };
    addEventListener.call(target, type, handler, options);
    if (signal?.aborted || target instanceof AbortSignal || target instanceof WebSocket) return;
    const entry = lasts(target) ? note("listener", type, { target, handler, capture }) : null;
    if (!entry) return;
    if (signal) addEventListener.call(signal, "abort", () => end(entry));
    if (once) addEventListener.call(target, type, () => end(entry), { once });
  };
  EventTarget.prototype.removeEventListener = function (type, handler, options = {}) {
    const target = this ?? window;
    const capture = typeof options === "object" ? (options.capture ?? false) : options;
    removeEventListener.call(target, type, handler, options);
    for (const one of begun)
      if (one.target === target && one.what === type && one.handler === handler && one.capture === capture)
        end(one);
  };

  const timers = new Map();
  for (const [begin, clear, repeats] of [
    ["setTimeout", "clearTimeout", false],
    ["setInterval", "clearInterval", true],
    ["requestAnimationFrame", "cancelAnimationFrame", false],
  ]) {
    const [start, stop] = [window[begin], window[clear]];
    window[begin] = (run, ...rest) => {
      const id = start((...values) => {
        if (!repeats) end(entry);
        run(...values);
      }, ...rest);
      const entry = note("timer", begin);
      timers.set(`${clear} ${id}`, entry);
      return id;
    };
    window[clear] = (id) => {
      end(timers.get(`${clear} ${id}`));
      stop(id);
    };
  }

  window.ResizeObserver = class extends ResizeObserver {
    observe(...values) {
      this.entry ??= note("observer", "ResizeObserver");
      super.observe(...values);
    }
    disconnect() {
      end(this.entry);
      super.disconnect();
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(...values) {
      super(...values);
      const entry = note("socket", "WebSocket");
      addEventListener.call(this, "close", () => end(entry));
    }
  };

  const isOurs = (node) => node.localName.startsWith("chat-");
  const elements = () => [...document.querySelectorAll("*")].filter(isOurs);
  const named = ({ kind, what, stack }) => `${kind} ${what} ${stack}`;
  window.ledger = {
    begun: (...kinds) =>
      [...begun].filter((one) => !kinds.length || kinds.includes(one.kind)).map(named),
    elements: () => elements().map((node) => node.localName),
    running: () => elements().filter((node) => !node.lifetime?.ended).map((node) => node.localName),
    remove: () => elements().forEach((node) => node.remove()),
    module: () => import(document.querySelector("script[type=module]").src),
    store: () => document.querySelector("chat-timeline").page.store,
    locks: async () => (await navigator.locks.query()).held.length,
  };
})()"""
"""Notes what the scripts begin and don't end, with the place where they did."""

OF_THE_ROOM = (
    *("message_actions.js", "message_menu.js", "long_press.js", "pins.js", "timeline_keys.js"),
    *("selection.js", "attachments.js", "drops.js", "search/opening.js"),
)
"""Parts that stand in elements/ and belong to the room, not to one element."""


@pytest.fixture
async def alice(own_servers: None, browser: Browser) -> AsyncIterator[Visitor]:
    """In a room of a site that has everything, the weather as well."""
    async with elsewhere() as upstream:
        upstream.lines["Oslo"] = "Oslo: ⛅️ +3°C"
        # In debug mode scripts are served singly: the ledger tells parts by their files.
        settings = {"AIOCHAT_WEATHER_URL": f"{upstream.url}/{{place}}", "AIOCHAT_DEBUG": "1"}
        with Aiochat(env={**LIMITS_OFF, **settings}) as server:
            context = await browser.new_context(viewport=WIDE)
            await context.add_init_script(LEDGER)
            found = Visitor(context, await context.new_page(), server.url, unique("alice"))
            await found.joins()
            assert found.person
            await found.person.submits("/accounts/profile", place="Oslo")
            await found.makes(unique("Room"))
            yield found
            await found.leaves()
            assert not found.complaints, found.complaints


async def is_used(alice: Visitor) -> None:
    """Much is going on: somebody types, a status will end, a message is pointed at, a toast and a
    dialog are open."""
    page = alice.page
    bob = await Person(alice.url, unique("bob")).registers()
    listener = await bob.enters(page.url.rsplit("/", 1)[1])
    await listener.says("hello")
    await alice.says("hi")
    await alice.sees("hello")
    await alice.says("/dnd 2h")
    await expect(page.locator("#me-button [data-part=avatar]")).to_have_attribute("data-dot", "dnd")
    await listener.ws.send_json({"type": "typing"})
    await expect(page.locator("chat-typing")).not_to_be_empty()
    await page.evaluate("ledger.store().dispatch({ type: 'toasted', text: 'Done' })")
    await expect(page.locator(".toast")).to_have_count(1)
    await page.locator("#timeline .message-text", has_text="hello").hover()
    await page.click("[data-dialog=switcher] >> nth=0")
    await page.fill("#switcher-text", "bo")
    await page.press("#switcher-text", "Escape")
    await page.click("#pins-button")
    await expect(page.locator("#pins")).to_be_visible()
    await page.evaluate("void document.querySelector('chat-timeline').goTo(1)")
    await bob.close()


async def begun(page: Page, *kinds: str) -> list[str]:
    found: list[str] = await page.evaluate("(kinds) => ledger.begun(...kinds)", list(kinds))
    return found


async def test_a_room_that_is_left_leaves_nothing_behind(alice: Visitor) -> None:
    page = alice.page
    await expect(page.locator("chat-weather .weather-line")).not_to_be_empty()
    started = await begun(page, "listener", "observer")
    assert len(started) > 60
    assert set(await page.evaluate("ledger.elements()")) >= {"chat-timeline", "chat-weather", "chat-switcher"}
    await is_used(alice)
    await page.evaluate("ledger.module().then(({ shell }) => { window.stopped = shell.stop(); })")
    # At once, not when they would have ended by themselves.
    assert await begun(page, "timer", "observer") == []
    assert await page.evaluate("ledger.running()") == []
    assert await page.evaluate("ledger.store().watchers.size") == 0
    # A dialog and a socket tell that they are closed when they are.
    await comes_true(page, "ledger.begun().length === 0")
    await comes_true(page, "ledger.locks().then((held) => held === 0)")


async def test_a_room_is_opened_again_in_the_same_page(alice: Visitor) -> None:
    page = alice.page
    await is_used(alice)
    await page.evaluate("ledger.module().then((module) => { module.shell.stop(); module.openShell(); })")
    await alice.is_connected()
    await alice.says("again")
    await alice.sees("again")
    # What waits for its receipt is drawn anew when that comes.
    async with asyncio.timeout(PATIENCE):
        while await alice.texts() != ["hello", "hi", "again"]:
            await asyncio.sleep(0.05)


async def test_another_room_in_its_place_leaves_nothing_behind(alice: Visitor) -> None:
    page = alice.page
    assert alice.person
    other = unique("Other")
    await alice.person.creates(other)
    name = page.url.rsplit("/", 1)[1]

    async def goes_to(room: str) -> int:
        await page.click(f".room-lists a[href='/rooms/{room}' i]")
        await page.wait_for_url(f"**/rooms/{room}")
        await alice.is_connected()
        return len(await begun(page, "listener", "observer"))

    await is_used(alice)
    await page.keyboard.press("Escape")
    await goes_to(other)
    before = {room: await goes_to(room) for room in (name, other)}
    for _ in range(3):
        for room, most in before.items():
            found = await goes_to(room)
            async with asyncio.timeout(PATIENCE):
                # What is about to end is still there for a moment.
                while found > most:
                    await asyncio.sleep(0.05)
                    found = len(await begun(page, "listener", "observer"))
            before[room] = found
    await page.evaluate("ledger.module().then(({ shell }) => { window.stopped = shell.stop(); })")
    assert await begun(page, "timer", "observer") == []
    assert await page.evaluate("ledger.running()") == []
    await comes_true(page, "ledger.begun().length === 0")
    await comes_true(page, "ledger.locks().then((held) => held === 0)")


async def test_an_element_that_is_taken_away_stops(alice: Visitor) -> None:
    page = alice.page
    await expect(page.locator("chat-weather .weather-line")).not_to_be_empty()
    await is_used(alice)
    await page.evaluate("ledger.remove()")
    left = [
        one
        for one in await begun(page)
        if "/elements/" in one and not any(part in one for part in OF_THE_ROOM)
    ]
    assert left == []
