"""What the body of a request may cost: a deadline, and few large ones at once for an address."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

from aiohttp import web

from helpers.errors import too_fast
from helpers.keys import SETTINGS
from helpers.web.requests.addresses import client_network

PATIENCE_SECONDS = 20.0
BYTES_PER_SECOND = 4 * 1024
"""Slower than a telephone on the edge of its network. A body that is slower than this uses up
PATIENCE_SECONDS; one that is faster gets them back, and never more."""

MAX_LARGE = 4
"""Large bodies that a process takes at once from one address."""

LARGE_WAIT_SECONDS = 5

LARGE_BODIES = web.AppKey("large_bodies", Counter[str])
"""Those under way, by network."""


@contextlib.asynccontextmanager
async def deadline() -> AsyncIterator[Callable[[int], None]]:
    """Gives a function that is told how many bytes have come. Raises HTTPRequestTimeout when they
    come too slowly."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS) as timeout:

            def came(size: int) -> None:
                until = timeout.when() or 0.0
                timeout.reschedule(min(until + size / BYTES_PER_SECOND, loop.time() + PATIENCE_SECONDS))

            yield came
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def in_time(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a body, within the same deadline. What is done with each isn't its sender's time.
    Raises HTTPRequestTimeout."""
    loop = asyncio.get_running_loop()
    left = PATIENCE_SECONDS
    while True:
        began = loop.time()
        try:
            async with asyncio.timeout(left):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        left = min(left - (loop.time() - began) + len(piece) / BYTES_PER_SECOND, PATIENCE_SECONDS)
        yield piece


@contextlib.contextmanager
def one_of_few(request: web.Request) -> Iterator[None]:
    """Counts a large body. Raises ActionError if too many of the same network are under way."""
    if request.app[SETTINGS].rate_limits == "off":
        yield
        return
    bodies, network = request.app[LARGE_BODIES], client_network(request)
    if bodies[network] >= MAX_LARGE:
        raise too_fast(LARGE_WAIT_SECONDS)
    bodies[network] += 1
    try:
        yield
    finally:
        bodies[network] -= 1
        if not bodies[network]:
            del bodies[network]
