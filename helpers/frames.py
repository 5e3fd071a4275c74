"""WebSocket frames written past aiohttp's writer: built once, the same bytes to many transports (RFC 6455, 5.2)."""

import asyncio
import struct
from collections.abc import Iterable

MAX_UNREAD = 64 * 1024
"""Bytes that a client may leave unread in our memory; the kernel holds some hundred kB more before any of these."""

MAX_FRAME = 128 * 1024
"""Bytes of joined lines in one frame. Clients bound what they take, usually at 1 MiB."""


def text_frame(payload: bytes) -> bytes:
    """An unmasked, uncompressed, final text frame."""
    length = len(payload)
    if length < 126:
        return b"\x81" + bytes((length,)) + payload
    if length < 65536:
        return struct.pack("!BBH", 0x81, 126, length) + payload
    return struct.pack("!BBQ", 0x81, 127, length) + payload


def joined_frames(lines: Iterable[bytes]) -> bytes:
    """The lines, joined by newlines into as few frames as MAX_FRAME allows."""
    frames = []
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > MAX_FRAME:
            frames.append(text_frame(b"\n".join(held)))
            held, size = [], 0
        held.append(line)
        size += len(line) + 1
    if held:
        frames.append(text_frame(b"\n".join(held)))
    return b"".join(frames)


class Outbox:
    """What is written to one client's transport, and how much of it is still unread."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._lines: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self.closed = False

    @property
    def is_full(self) -> bool:
        """Has the client left too much unread for anything more?"""
        return self._transport.get_write_buffer_size() > MAX_UNREAD

    @property
    def unread(self) -> int:
        return self._transport.get_write_buffer_size()

    def write(self, frames: bytes) -> None:
        """Writes whole frames, at once."""
        if not self.closed and not self._transport.is_closing():
            self._transport.write(frames)

    def add(self, line: bytes) -> None:
        """Adds a line to a frame that is written when the loop comes round: the answers of one moment share it."""
        if not self._lines:
            self._loop.call_soon(self.flush)
        self._lines.append(line)

    def flush(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            self.write(joined_frames(lines))

    def close(self) -> None:
        """Flushes, and writes nothing more: a closing handshake follows."""
        self.flush()
        self.closed = True
