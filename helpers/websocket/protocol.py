"""The server side of a WebSocket (RFC 6455, no extensions), on a connection that aiohttp hands over
after the handshake.

aiohttp's own WebSocket keeps the request, its task and the middlewares' frames for as long as the
socket is open, and passes each message through a queue and a coroutine. This one keeps one object,
calls its listener directly from the transport, and can pause reading.

What one client can bring about is bounded. While more than MAX_UNREAD bytes wait to be read by it,
whatever they are, nothing is read from it, and it is closed when it doesn't go on reading. Its
frames are handled a slice at a time. So a connection holds at most a message that isn't complete,
one read of the socket, MAX_UNREAD bytes and the answers to a slice."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from helpers.websocket.frames import MAX_UNREAD
from helpers.websocket.incoming import (
    BAD_DATA,
    CLOSE,
    CONTINUATION,
    MAX_BYTES,
    PING,
    PROTOCOL_ERROR,
    TEXT,
    ProtocolError,
    close_code,
    next_frame,
)
from helpers.websocket.keep_alive import KeepAlive, Pinged

SLICE_FRAMES = 64
SLICE_SECONDS = 0.002
"""No further frame is begun after this time."""

PAUSED, FULL, WAITING = 1, 2, 4
"""By its listener; its peer leaves too much unread; for its turn among others."""

READ_BYTES = 32 * 1024
_read = memoryview(bytearray(READ_BYTES))
"""Where all WebSockets of the process are read to; each takes out what is its own at once. A
transport's own buffer is larger, and a paused WebSocket keeps what was read."""


class Listener(Protocol):
    """Receives a WebSocket's events. `on_lost` is the last call, and comes once."""

    def on_open(self, transport: asyncio.Transport) -> None: ...
    def on_text(self, text: str) -> None: ...
    def on_binary(self) -> None: ...

    def on_small_frame(self) -> None:
        """A control frame, or a part of a message that isn't its end: nothing else tells of it. May
        pause reading, which doesn't keep the frame from being handled."""

    def on_stalled(self) -> None:
        """The peer has left too much unread and reads no more of it. Must close the connection."""

    def on_lost(self) -> None: ...


class WebSocket(asyncio.BufferedProtocol):
    __slots__ = (
        "_answers",
        "_buffer",
        "_closing",
        "_fragments",
        "_has_received",
        "_holds",
        "_is_finished",
        "_keep_alive",
        "_listener",
        "_on_lost",
        "_opcode",
        "_share",
        "_transport",
    )

    def __init__(self, listener: Listener, keep_alive: KeepAlive) -> None:
        self._listener = listener
        self._keep_alive = keep_alive
        self._transport: asyncio.Transport
        self._share: set[Pinged] | None = None
        self._buffer = b""
        self._answers = b""
        self._holds = 0
        """Why nothing is read: PAUSED, FULL and WAITING, added up."""
        self._is_finished = False
        self._fragments: bytearray | None = None
        self._opcode = 0
        self._has_received = True
        self._closing: asyncio.TimerHandle | None = None
        self._on_lost: Callable[[], None] | None = None

    def take_over(
        self, transport: asyncio.Transport, early: bytes, on_lost: Callable[[], None] | None
    ) -> None:
        """Serves an open connection whose reading is paused. `early` was read of it behind the
        handshake's request. `on_lost` is called once the connection is closed."""
        self._buffer, self._on_lost = early, on_lost
        transport.set_protocol(self)
        self.connection_made(transport)
        self._go_on()

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MAX_UNREAD)
        self._share = self._keep_alive.join(self)
        self._listener.on_open(self._transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _read

    def buffer_updated(self, size: int) -> None:
        self._has_received = True
        if not self._is_finished:
            self._buffer += _read[:size]
        # After a read that was full the transport would read on within the same iteration.
        if size == READ_BYTES:
            self._wait_for_turn()
        elif not self._holds and not self._is_finished:
            self._handle_frames()

    def eof_received(self) -> None:
        self._abort_later()

    def pause_writing(self) -> None:
        if self._closing is None:
            self._holds |= FULL
            self._keep_alive.watch(self)
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._keep_alive.forget(self)
        self._holds &= ~FULL
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_finished = True
        self._buffer = b""
        self._keep_alive.forget(self)
        if self._share is not None:
            self._share.discard(self)
        if self._closing is not None:
            self._closing.cancel()
        if self._on_lost is not None:
            self._on_lost()
        self._listener.on_lost()

    # What the listener wants

    def pause_reading(self) -> None:
        """Stops reading until `resume_reading`. Data that was already read is buffered."""
        if not self._holds & PAUSED and self._closing is None:
            self._holds |= PAUSED
            if not self._transport.is_closing():
                self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Goes on reading, in the next iteration of the event loop."""
        if self._holds & PAUSED:
            self._holds &= ~PAUSED
            self._go_on()

    def close(self, code: int) -> None:
        """Sends a close frame and waits for the answer for a while. Messages from the peer are
        ignored from now on."""
        if self._closing is None and not self._transport.is_closing():
            self._answers += b"\x88\x02" + code.to_bytes(2, "big")
            self._write_answers()
            self._abort_later()
            # The answer is behind what was sent before.
            self._holds &= WAITING
            self._go_on()

    # What the keep-alive wants

    @property
    def unread(self) -> int:
        """Bytes that the peer hasn't read, apart from what the kernel has taken."""
        return self._transport.get_write_buffer_size()

    def ping(self) -> None:
        """Sends a ping. If nothing was received since the last ping, the connection is dropped.
        While reading is paused, no ping is sent."""
        if self._holds or self._closing is not None or self._transport.is_closing():
            return
        if not self._has_received:
            self._transport.abort()
            return
        self._has_received = False
        self._transport.write(b"\x89\x00")

    def stall(self) -> None:
        if self._closing is None and not self._transport.is_closing():
            self._listener.on_stalled()

    # Reading

    def _wait_for_turn(self) -> None:
        if not self._holds & WAITING:
            self._holds |= WAITING
            self._transport.pause_reading()
            self._keep_alive.turns.join(self)

    def take_turn(self) -> None:
        self._holds &= ~WAITING
        if self._holds:
            return
        if not self._is_finished:
            self._handle_frames()
        if not self._holds and not self._transport.is_closing():
            self._transport.resume_reading()

    def _go_on(self) -> None:
        """Reads on, unless there is another reason not to. What was read is handled first."""
        if self._holds or self._transport.is_closing():
            return
        if self._buffer:
            self._wait_for_turn()
        else:
            self._transport.resume_reading()

    def _handle_frames(self) -> None:
        """Handles whole frames of what was read, at most a slice, and keeps the rest."""
        data, self._buffer = self._buffer, b""
        place = frames = 0
        end = time.perf_counter() + SLICE_SECONDS
        try:
            while place < len(data) and not self._holds and not self._is_finished:
                # Most reads hold one frame: the clock is asked before a second one.
                if frames and (frames == SLICE_FRAMES or time.perf_counter() > end):
                    self._wait_for_turn()
                    break
                most = MAX_BYTES - len(self._fragments) if self._fragments else MAX_BYTES
                frame = next_frame(data, place, most)
                if frame is None:
                    break
                opcode, is_final, payload, place = frame
                frames += 1
                self._handle_frame(opcode, is_final, payload)
        except ProtocolError as error:
            self.close(error.code)
            self._is_finished = True
        if self._answers:
            self._write_answers()
        self._buffer = b"" if self._is_finished else data[place:] if place else data

    def _handle_frame(self, opcode: int, is_final: bool, payload: bytes) -> None:
        if self._closing is not None and opcode != CLOSE:
            return
        if opcode >= CLOSE:
            self._handle_control(opcode, payload)
            return
        if opcode == CONTINUATION:
            if self._fragments is None:
                raise ProtocolError(PROTOCOL_ERROR)
            self._fragments += payload
            if is_final:
                opcode, payload, self._fragments = self._opcode, bytes(self._fragments), None
        elif self._fragments is not None:
            raise ProtocolError(PROTOCOL_ERROR)
        elif not is_final:
            self._opcode, self._fragments = opcode, bytearray(payload)
        if not is_final:
            self._listener.on_small_frame()
            return
        if self._answers:
            # In the order of the frames, though a listener's own answers may come later.
            self._write_answers()
        if opcode == TEXT:
            try:
                text = payload.decode()
            except UnicodeDecodeError:
                raise ProtocolError(BAD_DATA) from None
            self._listener.on_text(text)
        else:
            self._listener.on_binary()

    def _handle_control(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            if self._closing is None:
                self._answers += b"\x88\x02" + close_code(payload).to_bytes(2, "big")
                self._write_answers()
                self._abort_later()
            self._transport.close()
            self._is_finished = True
            return
        if opcode == PING:
            self._answers += bytes((0x8A, len(payload))) + payload
        self._listener.on_small_frame()

    # Writing

    def _write_answers(self) -> None:
        """Answers are written together: many small writes take far more memory than their bytes."""
        answers, self._answers = self._answers, b""
        if not self._transport.is_closing():
            self._transport.write(answers)

    def _abort_later(self) -> None:
        """A transport that closes waits for its peer to read for as long as that takes."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(
                self._keep_alive.close_seconds, self._transport.abort
            )


TakeOver = Callable[[asyncio.Transport, bytes, Callable[[], None] | None], None]
"""As WebSocket.take_over."""


class Upgrade(web.WebSocketResponse):
    """The response to a handshake. After aiohttp has sent it, the connection is handed over to
    `take_over` and aiohttp's state for it is released."""

    def __init__(self, take_over: TakeOver) -> None:
        super().__init__(compress=False)
        self._take_over = take_over

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter:
        writer = await super().prepare(request)
        if (given := cast(Any, request.protocol).hand_over()) is not None:
            transport, early, place = given
            self._take_over(transport, early, None if place is None else place.leave)
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """The connection stays open."""
