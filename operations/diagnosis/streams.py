"""Whether a proxy passes the feed's events on as they come, or keeps them back until its buffer is full."""

import ssl
import time
from collections.abc import AsyncIterator

import aiohttp

from operations.diagnosis.findings import FAIL, OK, WAIT_SECONDS, Finding
from settings import Settings

PATH = "/feed/events/trial"

APART_SECONDS = 0.5
"""The parts are sent a second apart."""

TRIES = 3
"""Where this program is held up for a moment both parts seem to come at once."""

MAX_BYTES = 10_000

# As browsers ask for the feed's: what a proxy compresses it may keep as well.
HEADERS = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, deflate", "Cache-Control": "no-cache"}


async def look_at_streams(settings: Settings) -> AsyncIterator[Finding]:
    """Nothing, where no trial can be had at the public URL."""
    if not settings.public_url:
        return
    for _ in range(TRIES):
        apart = await _seconds_apart(f"{settings.public_url}{PATH}")
        if apart is None:
            return
        if apart >= APART_SECONDS:
            yield Finding("proxy: streams", OK, "what is sent in parts comes in parts")
            return
    yield Finding(
        *("proxy: streams", FAIL, "it keeps answers back until they are whole"),
        "pages of the feed show nothing new by themselves",
        "let it pass /feed/events on as it comes: nginx by proxy_buffering off, as in nginx/aiochat.conf",
    )


async def _seconds_apart(url: str) -> float | None:
    """From the first part of an answer until its end; None where it can't be had."""
    timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
    body, first = b"", None
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(url, headers=HEADERS, allow_redirects=False, ssl=ssl.create_default_context()) as got,
        ):
            if got.status != 200:
                return None
            async for part in got.content.iter_any():
                first = first or time.monotonic()
                body += part
                if len(body) > MAX_BYTES:
                    return None
            ended = time.monotonic()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
    return ended - first if first and body.startswith(b"retry: ") else None
