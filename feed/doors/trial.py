"""A stream in two parts, for whoever wants to know whether a proxy passes the feed's events on at once:
`aiochat doctor`. It is below the address of the feed's own, so that what a proxy is told of that holds for
it, and needs no account, since it tells nothing."""

import contextlib
from asyncio import sleep as pause

from aiohttp import web

from feed.doors.events import RETRY_MS, new_stream
from feed.keys import TRIALS
from helpers.errors import ActionError

AT_ONCE = 4
"""In a process. Each is a timer and a connection, which is counted like any other."""

PAUSE_SECONDS = 1.0


class Trial(web.View):
    """Sends a first part, and the second one PAUSE_SECONDS later."""

    async def get(self) -> web.StreamResponse:
        trials = self.request.app[TRIALS]
        if trials.locked():
            text = "At most {most} streams at once, please."
            raise ActionError("too_many_streams", text, 429, retry_after=PAUSE_SECONDS, most=AT_ONCE)
        async with trials:
            response = new_stream()
            with contextlib.suppress(ConnectionError):
                await response.prepare(self.request)
                # As a stream of the feed begins.
                await response.write(b"retry: %d\n\n" % RETRY_MS[0])
                await pause(PAUSE_SECONDS)
                await response.write(b"event: end\ndata:\n\n")
            return response
