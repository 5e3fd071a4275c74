"""Measures how a room's page handles a burst, in real Chromium: `python -m bench.page --help`. It
isn't part of `make bench`, since it needs a browser."""

import argparse
import asyncio
import itertools
import json
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.texts import OFFICE
from tests.support.pages.browser import ARGUMENTS, CHROMIUM, WIDE
from tests.support.people import Listener, Person
from tests.support.servers import Aiochat

SENDERS = 10
STEP_SECONDS = 0.02
LIMIT_MS = 100
"""The longest task of the page, in its own CPU time: people notice longer delays (RAIL)."""

WATCH = """() => {
    window.tasks = [];
    window.frames = [];
    new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntries()) tasks.push([startTime, duration]);
    }).observe({ type: 'longtask' });
    let last = performance.now();
    const look = (now) => { frames.push(now - last); last = now; requestAnimationFrame(look); };
    requestAnimationFrame(look);
}"""


@dataclass(frozen=True)
class Burst:
    rate: int
    seconds: float
    reading: bool
    """Is the reader scrolled to older messages meanwhile?"""


def _line(number: int) -> str:
    return OFFICE.lines[number % len(OFFICE.lines)]


async def _send(listeners: list[Listener], burst: Burst) -> int:
    """Posts at the rate, regardless of the answers. Returns the number of posts."""
    loop = asyncio.get_running_loop()
    start, sent = loop.time(), 0
    total = int(burst.rate * burst.seconds)
    for step in itertools.count(1):
        due = min(total, int(burst.rate * step * STEP_SECONDS))
        while sent < due:
            text = json.dumps({"type": "post", "text": _line(sent), "nonce": f"burst-{sent}"})
            await listeners[sent % SENDERS].ws.send_str(text)
            sent += 1
        if sent == total:
            return sent
        await asyncio.sleep(max(0.0, start + step * STEP_SECONDS - loop.time()))
    raise AssertionError


def own_ms(trace: bytes) -> float:
    """Returns the longest task of the page's thread in CPU time, which excludes time that other
    programs took."""
    events = json.loads(trace)["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"]
        for event in events
        if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in pages and "tdur" in event
    ]
    return max(tasks, default=0) / 1000


async def _open(page: Page, url: str, reading: bool) -> None:
    await page.goto(url)
    await page.wait_for_selector("#status[data-state=connected]")
    if reading:
        await page.evaluate("document.querySelector('.timeline-scroller').scrollTop = 300")
    await page.wait_for_timeout(500)
    await page.evaluate(WATCH)


async def measure(burst: Burst) -> dict[str, Any]:
    """Returns the tasks and frames of one page while others post."""
    with Aiochat(env={"AIOCHAT_RATE_LIMITS": "off"}) as server:
        people = [await Person(server.url, f"talker{number}").registers() for number in range(SENDERS)]
        await people[0].creates("Burst")
        listeners = [await person.enters("Burst") for person in people]
        for number in range(300):
            await listeners[0].ws.send_json(
                {
                    "type": "post",
                    "text": _line(number),
                    "nonce": f"before-{number}",
                }
            )
        await listeners[0].hears("receipt", nonce="before-299")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            context = await browser.new_context(viewport=WIDE)
            reader = await Person(server.url, "reader").registers()
            await context.add_cookies(
                [
                    {"name": cookie.key, "value": cookie.value, "url": server.url}
                    for cookie in reader.http.cookie_jar
                ]
            )
            page = await context.new_page()
            await _open(page, f"{server.url}/rooms/Burst", burst.reading)
            await browser.start_tracing(page=page, categories=["toplevel"])
            sent = await _send(listeners, burst)
            await page.wait_for_function(
                "last => document.querySelector('chat-timeline').page.store.state.lastNumber >= last",
                arg=300 + sent,
                timeout=30_000,
            )
            await page.wait_for_timeout(500)
            tasks = [task for _, task in await page.evaluate("tasks")]
            frames = sorted(await page.evaluate("frames"))
            rows = await page.locator("#timeline > *").count()
            own = own_ms(await browser.stop_tracing())
            await browser.close()
        for person in [*people, reader]:
            await person.close()
    return {
        "reader": "further up" if burst.reading else "at the end",
        "messages": sent,
        "long tasks": len(tasks),
        "longest task ms": round(max(tasks, default=0)),
        "of its own": round(own),
        "frames": len(frames),
        "median frame ms": round(frames[len(frames) // 2], 1),
        "99th frame ms": round(frames[int(len(frames) * 0.99)], 1),
        "rows": rows,
    }


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    options.add_argument("--rate", type=int, default=1000, help="messages a second (1000)")
    options.add_argument("--seconds", type=float, default=5.0, help="for so long (5)")
    given = options.parse_args()
    is_good = True
    for reading in (False, True):
        result = asyncio.run(measure(Burst(given.rate, given.seconds, reading)))
        print(", ".join(f"{name} {value}" for name, value in result.items()), flush=True)
        is_good = is_good and result["of its own"] < LIMIT_MS
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
