"""HTTP connections beneath the middlewares: what one may hold, and the response to data that isn't
HTTP.

A connection that is one too many is refused before aiohttp knows of it. At most READ_BYTES are read
at once, and none after a request that asks for a WebSocket until it is answered. A client that reads
nothing of what was written for it is disconnected, whatever it asked for. aiohttp itself bounds each
line of a request's head, and not the head; it disconnects who has sent no whole head within the time
that a connection may be idle.

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

from helpers.base_path import base_path
from helpers.web.headers import FIXED
from helpers.web.requests.base_paths import taking_off
from helpers.web.requests.connections import (
    CONNECTIONS,
    RETRY_AFTER,
    TOO_MANY,
    Connections,
    Place,
    TooManyError,
)

log = logging.getLogger("aiochat.http")

HEADERS = {
    **FIXED,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Server": "aiochat",
}

MAX_HEAD = 32 * 1024
"""Bytes of the line and the headers of a request. nginx lets as many pass."""

READ_BYTES = 32 * 1024
_read = memoryview(bytearray(READ_BYTES))
"""Where all connections of the process are read to; each takes out what is its own at once. A
transport's own buffer has 256 kB, and aiohttp keeps whole what it can't handle yet."""

BODY_BYTES = 8 * 1024
"""aiohttp reads no more of a body while twice as much waits for its handler."""

STALLED_SECONDS = 20.0
LOOK_SECONDS = 1.0


class Protocol(web.RequestHandler):
    """`place` is what the connection holds among the others of its address."""

    __slots__ = ("_body", "_head_size", "_is_refused", "_look_handle", "place")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, read_bufsize=BODY_BYTES, **options)
        self._body: StreamReader | None = None
        self._head_size = 0
        """Bytes of a head that isn't complete."""
        self._is_refused = False
        self._look_handle: asyncio.TimerHandle | None = None
        self.place: Place | None = None

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
        if self._upgraded and not self._buffer_paused:
            # Nothing comes rightly before the answer, and aiohttp would keep it.
            self._pause_reading_for_buffer()
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
        if self.place is not None:
            self.place.leave()
            self.place = None

    def set_parser(self, *args: Any, **options: Any) -> None:
        """aiohttp's own WebSocket reads nothing here."""

    def _resume_reading_if_drained(self) -> None:
        if not self._upgraded:
            super()._resume_reading_if_drained()

    async def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if self._upgraded and not self._messages:
            if resp is not None and resp.status == 101:
                # aiohttp would take what came early for another request.
                self._upgraded = self._buffer_paused = False
            elif not self._message_tail:
                self._resume_reading_for_buffer()
        return await super().finish_response(request, resp, start_time)

    def hand_over(self) -> tuple[asyncio.Transport, bytes, Place | None] | None:
        """Gives the open connection away: its transport, whose reading is paused, what came behind
        the request, and its place, which must be left. None where it is closed."""
        transport, place = self.transport, self.place
        if transport is None:
            return None
        # aiohttp closes the transport and releases its state for what it considers its own.
        self.transport = self.place = None
        self.connection_lost(None)
        return transport, self._message_tail, place

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
        # aiohttp reads a rejected body to its end, and fails a second time for the same reason. It
        # also writes `100 Continue` to who has gone, before any middleware.
        if not isinstance(kw.get("exc_info"), (web.RequestPayloadError, ConnectionError)):
            super().log_exception(*args, **kw)


def _refusal(status: int, reason: str) -> bytes:
    headers = {**HEADERS, **RETRY_AFTER, "Content-Type": "text/plain", "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}Content-Length: {len(TOO_MANY)}\r\n\r\n{TOO_MANY}".encode()


REFUSALS = {429: _refusal(429, "Too Many Requests"), 503: _refusal(503, "Service Unavailable")}


class Intake(asyncio.BufferedProtocol):
    """Stands between a connection's transport and its Protocol, which exists only where the
    connection is let in."""

    __slots__ = ("_protocol", "_server")

    def __init__(self, server: "_Server") -> None:
        self._server = server
        self._protocol: Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = transport.get_extra_info("peername")
        try:
            place = self._server.counted.enter(address[0] if isinstance(address, tuple) else None)
        except TooManyError as error:
            refused = cast("asyncio.Transport", transport)
            refused.write(REFUSALS[error.status])
            refused.close()
            return
        self._protocol = self._server.protocol()
        self._protocol.place = place
        self._protocol.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _read

    def buffer_updated(self, size: int) -> None:
        if self._protocol is not None:
            self._protocol.data_received(bytes(_read[:size]))

    def eof_received(self) -> None:
        if self._protocol is not None:
            self._protocol.eof_received()

    def pause_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._protocol is not None:
            self._protocol.connection_lost(exc)


class _Server(web.Server):
    counted: Connections

    def protocol(self) -> Protocol:
        return Protocol(self, loop=self._loop, **self._kwargs)

    def __call__(self) -> Intake:  # type: ignore[override]
        return Intake(self)


class Runner(web.AppRunner):
    """aiohttp's runner with Protocol for its connections."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        # aiohttp has no parameter for the class.
        server.__class__ = _Server
        cast("_Server", server).counted = self.app.get(CONNECTIONS) or Connections()
        if path := base_path():
            server.request_factory = taking_off(path, server.request_factory)
        return server
