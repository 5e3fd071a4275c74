"""Measures how long a room's page takes to open on a slow machine and line, in real Chromium:
`python -m bench.first_view`. It isn't part of `make bench`, since it needs a browser."""

import argparse
import asyncio

from playwright.async_api import Browser, async_playwright

from bench.texts import OFFICE
from tests.support.pages.browser import ARGUMENTS, CHROMIUM, WIDE
from tests.support.people import Person
from tests.support.servers import Aiochat

MESSAGES = 60
SLOWER = 4
LATENCY_MS = 150
BYTES_PER_SECOND = 200_000

LOOK = """() => new Promise((resolve) => {
  const found = {};
  const look = () => {
    const now = Math.round(performance.now());
    if (document.querySelector('#timeline > .message')) found.messages ??= now;
    if (document.querySelector('#status')?.dataset.state === 'connected') found.connected ??= now;
    if (found.messages && found.connected) {
      found.paint = Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
      found.requests = 1 + performance.getEntriesByType('resource').length;
      resolve(found);
    } else setTimeout(look, 10);
  };
  look();
})"""
"""Times in ms since the page was asked for."""


async def _views(browser: Browser, alice: Person, address: str) -> list[dict[str, int]]:
    """The first view of a browser that has nothing in its cache, and the second."""
    context = await browser.new_context(viewport=WIDE)
    cookie = next(iter(alice.http.cookie_jar))
    await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": alice.url}])
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    speed = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **speed})
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    found = []
    for _ in range(2):
        await page.goto(address, wait_until="commit")
        found.append(await page.evaluate(LOOK))
    await context.close()
    return found


async def _measure(tries: int) -> None:
    with Aiochat(env={"AIOCHAT_RATE_LIMITS": "off"}) as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Hall")
        listener = await alice.enters("Hall")
        for number in range(MESSAGES):
            await listener.says(OFFICE.lines[number % len(OFFICE.lines)])
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for _ in range(tries):
                first, second = await _views(browser, alice, f"{server.url}/rooms/Hall")
                for name, view in (("first view", first), ("second", second)):
                    print(
                        f"{name}: paint {view['paint']} ms, messages {view['messages']} ms, connected "
                        f"{view['connected']} ms, {view['requests']} requests",
                        flush=True,
                    )
            await browser.close()
        await alice.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.first_view", description=__doc__)
    parser.add_argument("--tries", type=int, default=3)
    asyncio.run(_measure(parser.parse_args().tries))


if __name__ == "__main__":
    main()
