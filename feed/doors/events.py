"""The event stream: Server-Sent Events (HTML Standard, 9.2)."""

import contextlib
import functools
import random

from aiohttp import web
from aiohttp_session import get_session

from accounts.keys import USER
from accounts.relations.visibility import VISIBILITY
from accounts.signin.sessions import is_live
from feed import event_log
from feed.keys import STREAMS
from feed.reading import visible_post
from feed.streams import MAX_STREAMS, Stream
from helpers.errors import ActionError
from helpers.web.requests.addresses import client_mark
from timings import TIMINGS

RETRY_MS = (1000, 4000)
"""The delay before a browser reconnects. It is random, so that not all reconnect at once."""


def new_stream() -> web.StreamResponse:
    """One that proxies pass on as it comes."""
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
    response.content_type = "text/event-stream"
    response.force_close()
    return response


class _Connection:
    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self._request = request
        self._response = response

    @property
    def is_open(self) -> bool:
        transport = self._request.transport
        return transport is not None and not transport.is_closing()

    async def write(self, data: bytes) -> None:
        await self._response.write(data)

    def abort(self) -> None:
        if (transport := self._request.transport) is not None:
            transport.abort()


class Events(web.View):
    """Streams events after `Last-Event-ID`, after `since` in the address, or from now on. `post`
    limits the stream to one post."""

    async def get(self) -> web.StreamResponse:
        request = self.request
        user, streams = request[USER], request.app[STREAMS]
        since = self._number("since")
        if "Last-Event-ID" in request.headers:
            since = _event_id(request.headers["Last-Event-ID"])
        post_id = self._number("post")
        if post_id is not None:
            await visible_post(request.app[VISIBILITY], post_id, user.id)
        position = await event_log.last_id() if since is None else since
        if streams.count(user.id) >= MAX_STREAMS:
            raise ActionError(
                "too_many_streams",
                "At most {most} streams at once, please.",
                429,
                retry_after=5,
                most=MAX_STREAMS,
            )
        session = await get_session(request)
        response = new_stream()
        connection, timings = _Connection(request, response), request.app[TIMINGS]
        mark = client_mark(request)
        stream = Stream(connection, user.id, str(session.identity), mark, post_id, position, timings)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(b"retry: %d\n\n" % random.randint(*RETRY_MS))  # noqa: S311 - no secret
            await streams.run(stream, functools.partial(is_live, request.app))
        return response

    def _number(self, name: str) -> int | None:
        text = self.request.query.get(name)
        return _event_id(text) if text is not None else None


def _event_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise ActionError("bad_request", "`Last-Event-ID` is the id of an event: a whole number from 0.")
    return int(text)
