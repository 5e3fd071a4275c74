"""The server side of a WebSocket (RFC 6455, no extensions), on a connection that aiohttp hands over
after the handshake.

aiohttp's own WebSocket keeps the request, its task and the middlewares' frames for as long as the
socket is open, and passes each message through a queue and a coroutine. This one keeps one object,
calls its listener directly from the transport, and can pause reading."""

import asyncio
import contextvars
from collections.abc import Iterator
from itertools import cycle
from typing import Any, Protocol, cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

MAX_BYTES = 64 * 1024
HEARTBEAT_SECONDS = 25
BEAT_SECONDS = 1.0
CLOSE_SECONDS = 2.0
"""How long the peer's answer to a close frame is awaited."""

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_PROTOCOL_ERROR, _BAD_DATA, _TOO_BIG = 1002, 1007, 1009


class Listener(Protocol):
    """Receives a WebSocket's events. `on_lost` is the last call, and comes once."""

    def on_open(self, transport: asyncio.Transport) -> None: ...
    def on_text(self, text: str) -> None: ...
    def on_binary(self) -> None: ...
    def on_lost(self) -> None: ...


class _ProtocolError(Exception):
    """The peer violates the protocol. `code` is the code to close with."""

    def __init__(self, code: int) -> None:
        self.code = code


class KeepAlive:
    """Pings every WebSocket once in HEARTBEAT_SECONDS, a share of them each second, and drops those
    that have sent nothing since.

    One task serves all: a timer each would cost more than the pings."""

    def __init__(self) -> None:
        self._shares: list[set[WebSocket]] = [set() for _ in range(HEARTBEAT_SECONDS)]
        self._next_share: Iterator[set[WebSocket]] = cycle(self._shares)
        self._task = asyncio.create_task(self._ping_shares(), name="heart", context=contextvars.Context())

    def join(self, websocket: "WebSocket") -> "set[WebSocket]":
        """Adds the WebSocket to a share and returns the share. A WebSocket removes itself when it
        closes."""
        share = next(self._next_share)
        share.add(websocket)
        return share

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _ping_shares(self) -> None:
        for share in cycle(self._shares):
            await asyncio.sleep(BEAT_SECONDS)
            for websocket in list(share):
                websocket.ping()


class WebSocket(asyncio.Protocol):
    __slots__ = (
        "_buffer",
        "_closing",
        "_fragments",
        "_has_received",
        "_is_finished",
        "_is_paused",
        "_keep_alive",
        "_listener",
        "_opcode",
        "_share",
        "_transport",
    )

    def __init__(self, listener: Listener, keep_alive: KeepAlive) -> None:
        self._listener = listener
        self._keep_alive = keep_alive
        self._transport: asyncio.Transport
        self._share: set[WebSocket] | None = None
        self._buffer = b""
        self._is_paused = False
        self._is_finished = False
        self._fragments: bytearray | None = None
        self._opcode = 0
        self._has_received = True
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._share = self._keep_alive.join(self)
        self._listener.on_open(self._transport)

    def data_received(self, data: bytes) -> None:
        self._has_received = True
        if self._is_finished:
            return
        if self._buffer:
            data = self._buffer + data
        if self._is_paused:
            self._buffer = data
        else:
            self._parse(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._share is not None:
            self._share.discard(self)
        if self._closing is not None:
            self._closing.cancel()
        self._listener.on_lost()

    def pause_reading(self) -> None:
        """Stops reading until `resume_reading`. Data that was already read is buffered."""
        if not self._is_paused:
            self._is_paused = True
            if not self._transport.is_closing():
                self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._is_paused:
            return
        self._is_paused = False
        buffered, self._buffer = self._buffer, b""
        if buffered:
            self._parse(buffered)
        if not self._is_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, code: int) -> None:
        """Sends a close frame and waits CLOSE_SECONDS for the answer. Messages from the peer are
        ignored from now on."""
        if self._closing is None and not self._transport.is_closing():
            self._transport.write(b"\x88\x02" + code.to_bytes(2, "big"))
            self._closing = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)
            self.resume_reading()

    def ping(self) -> None:
        """Sends a ping. If nothing was received since the last ping, the connection is dropped.
        While reading is paused, no ping is sent."""
        if self._is_paused or self._closing is not None or self._transport.is_closing():
            return
        if not self._has_received:
            self._transport.abort()
            return
        self._has_received = False
        self._transport.write(b"\x89\x00")

    def _parse(self, data: bytes) -> None:
        """Parses whole frames in `data`, and keeps the rest."""
        self._buffer = b""
        place = 0
        try:
            while place < len(data) and not self._is_paused and not self._is_finished:
                found = _next_frame(data, place)
                if found is None:
                    break
                first, payload, place = found
                self._handle_frame(first & 0x0F, bool(first & 0x80), payload)
        except _ProtocolError as error:
            self.close(error.code)
            self._is_finished = True
            return
        self._buffer = data[place:] if place else data

    def _handle_frame(self, opcode: int, is_final: bool, payload: bytes) -> None:
        if opcode >= _CLOSE:
            self._handle_control(opcode, payload)
            return
        if self._closing is not None:
            return
        if opcode == _CONTINUATION:
            if self._fragments is None:
                raise _ProtocolError(_PROTOCOL_ERROR)
            self._fragments += payload
            if len(self._fragments) > MAX_BYTES:
                raise _ProtocolError(_TOO_BIG)
            if not is_final:
                return
            opcode, payload, self._fragments = self._opcode, bytes(self._fragments), None
        elif self._fragments is not None:
            raise _ProtocolError(_PROTOCOL_ERROR)
        elif not is_final:
            self._opcode, self._fragments = opcode, bytearray(payload)
            return
        if opcode == _TEXT:
            try:
                text = payload.decode()
            except UnicodeDecodeError:
                raise _ProtocolError(_BAD_DATA) from None
            self._listener.on_text(text)
        else:
            self._listener.on_binary()

    def _handle_control(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING and self._closing is None:
            self._transport.write(bytes((0x8A, len(payload))) + payload)
        elif opcode == _CLOSE:
            if self._closing is None:
                code = _close_code(payload)
                self._transport.write(b"\x88\x02" + code.to_bytes(2, "big"))
            self._transport.close()
            self._is_finished = True


def _next_frame(data: bytes, place: int) -> tuple[int, bytes, int] | None:
    """Returns the first byte of the frame at `place`, its payload, and the place after it. None if
    the frame isn't complete. Raises _ProtocolError."""
    size = len(data) - place
    if size < 2:
        return None
    first, length = data[place], data[place + 1]
    if (
        not length & 0x80
        or first & 0x70
        or first & 0x0F not in (_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG)
    ):
        raise _ProtocolError(_PROTOCOL_ERROR)  # unmasked, an extension, or an unknown opcode
    length &= 0x7F
    if first & 0x08 and (length > 125 or not first & 0x80):
        raise _ProtocolError(_PROTOCOL_ERROR)
    start = place + 6
    if length == 126:
        start = place + 8
        length = int.from_bytes(data[place + 2 : place + 4], "big") if size >= 4 else 0
    elif length == 127:
        start = place + 14
        length = int.from_bytes(data[place + 2 : place + 10], "big") if size >= 10 else 0
    if length > MAX_BYTES:
        raise _ProtocolError(_TOO_BIG)
    end = start + length
    if len(data) < end:
        return None
    if not length:
        return first, b"", end
    mask = data[start - 4 : start] * (length // 4 + 1)
    # One XOR of two long integers: byte by byte it would take longer than everything else.
    masked = int.from_bytes(data[start:end], "little") ^ int.from_bytes(mask[:length], "little")
    return first, masked.to_bytes(length, "little"), end


def _close_code(payload: bytes) -> int:
    """Returns the code to answer a close frame with. Raises _ProtocolError if its code is invalid."""
    if not payload:
        return 1000
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or not (
        code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
        or 3000 <= code < 5000
    ):
        raise _ProtocolError(_PROTOCOL_ERROR)
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise _ProtocolError(_BAD_DATA) from None
    return code


class Upgrade(web.WebSocketResponse):
    """The response to a handshake. After aiohttp has sent it, the connection is handed over and
    aiohttp's state for it is released."""

    def __init__(self, websocket: WebSocket) -> None:
        super().__init__(compress=False)
        self._websocket = websocket

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter:
        writer = await super().prepare(request)
        protocol: Any = request.protocol
        transport = protocol.transport
        if transport is not None and protocol is transport.get_protocol():
            transport.set_protocol(self._websocket)
            # aiohttp closes the transport that it considers its own.
            protocol.transport = None
            protocol.connection_lost(None)
            self._websocket.connection_made(transport)
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """The connection stays open."""
