"""HTTP connections beneath the middlewares: what one may hold, and the response to data that isn't
HTTP.

A client that reads nothing of what was written for it is disconnected, whatever it asked for. aiohttp
itself bounds each line of a request's head, and not the head; it disconnects who has sent no whole
head within the time that a connection may be idle.

No middleware sees a request that can't be parsed: aiohttp's own response has no security headers,
reveals its version, repeats the input, and logs a traceback for each port scan."""

import asyncio
import logging
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import _ErrInfo
from aiohttp.web_request import BaseRequest

from helpers.web.headers import FIXED

log = logging.getLogger("aiochat.http")

HEADERS = {
    **FIXED,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Server": "aiochat",
}


MAX_HEAD = 32 * 1024
"""Bytes of the line and the headers of a request. nginx lets as many pass."""

STALLED_SECONDS = 20.0
LOOK_SECONDS = 1.0


class Protocol(web.RequestHandler):
    __slots__ = ("_body", "_head_size", "_is_refused", "_look_handle")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._body: StreamReader | None = None
        self._head_size = 0
        """Bytes of a head that isn't complete."""
        self._is_refused = False
        self._look_handle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Whatever is left unread is looked at, not only a lot of it.
        cast("asyncio.Transport", transport).set_write_buffer_limits(high=0)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        count = self._request_count
        is_body = self._body is not None and not self._body.is_eof()
        super().data_received(data)
        new = self._request_count - count
        if new and self._messages:
            bodies = [body for _, body in list(self._messages)[-new:]]
            heads = self._head_size + len(data) - sum(body.total_bytes for body in bodies)
            self._body, self._head_size = bodies[-1], 0
        elif is_body:
            return
        else:
            self._head_size += len(data)
            heads = self._head_size
        if heads > MAX_HEAD * max(1, new) and not self._upgraded:
            self._refuse_head(new)

    def _refuse_head(self, new: int) -> None:
        """Answers in place of the `new` requests whose heads are too large, as aiohttp answers what
        it can't parse."""
        self._is_refused = True
        for _ in range(new):
            self._messages.pop()
        error = _ErrInfo(431, HttpProcessingError(code=431, message="the head is too large"), "")
        self._messages.append((error, EMPTY_PAYLOAD))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def pause_writing(self) -> None:
        super().pause_writing()
        if (transport := self.transport) is not None:
            self._look(transport, transport.get_write_buffer_size() + 1, 0.0)

    def resume_writing(self) -> None:
        self._stop_looking()
        super().resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_looking()
        super().connection_lost(exc)

    def _look(self, transport: asyncio.Transport, fewest: int, since: float) -> None:
        """Looks whether the client reads. `fewest` is what has been unread so far, since then."""
        now, unread = self._loop.time(), transport.get_write_buffer_size()
        if unread < fewest:
            fewest, since = unread, now
        elif now - since >= STALLED_SECONDS:
            transport.abort()
            return
        self._look_handle = self._loop.call_later(LOOK_SECONDS, self._look, transport, fewest, since)

    def _stop_looking(self) -> None:
        if self._look_handle is not None:
            self._look_handle.cancel()
            self._look_handle = None

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        text: str | None = None,
    ) -> web.StreamResponse:
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
            response = super().handle_error(request, status, exc, text)
        else:
            log.info("%s sent what isn't HTTP: %s", request.remote, type(exc).__name__)
            response = web.Response(status=status, text="This isn't a request that can be understood.\n")
            response.force_close()
        response.headers.update(HEADERS)
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        # aiohttp reads a rejected body to its end, and fails a second time for the same reason.
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return Protocol(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """aiohttp's runner with Protocol for its connections."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        # aiohttp has no parameter for the class.
        server.__class__ = _Server
        return server
