"""WebSocket frames written directly to transports: encoded once, the same bytes for many clients
(RFC 6455, 5.2)."""

import asyncio
import struct
from collections.abc import Iterable, Sequence

MAX_UNREAD = 64 * 1024
"""Bytes that may be buffered for a client. The kernel buffers some hundred kB more before that."""

MAX_FRAME = 128 * 1024
"""Bytes of joined lines in one frame. Clients limit the frames that they accept, usually to 1
MiB."""


def text_frame(payload: bytes) -> bytes:
    """Encodes an unmasked, uncompressed, final text frame."""
    length = len(payload)
    if length < 126:
        return b"\x81" + bytes((length,)) + payload
    if length < 65536:
        return struct.pack("!BBH", 0x81, 126, length) + payload
    return struct.pack("!BBQ", 0x81, 127, length) + payload


def joined_frames(lines: Sequence[bytes], head: bytes = b"") -> bytes:
    """Joins the lines by newlines into as few frames as MAX_FRAME allows. Each begins with
    `head`."""
    if not lines:
        return b""
    payload = head + b"\n".join(lines)
    if len(payload) <= MAX_FRAME or len(lines) == 1:
        return text_frame(payload)
    # Splits into halves recursively; few commits are this large.
    middle = len(lines) // 2
    return joined_frames(lines[:middle], head) + joined_frames(lines[middle:], head)


class Outbox:
    """The frames for one client's transport, and the number of bytes not sent yet. Each frame
    begins with `head`."""

    __slots__ = ("_lines", "_transport", "closed", "head")

    def __init__(self, transport: asyncio.Transport, head: bytes = b"") -> None:
        self._transport = transport
        self.head = head
        self._lines: list[bytes] | None = None
        self.closed = False

    @property
    def is_full(self) -> bool:
        """Are too many bytes buffered to write more?"""
        return self._transport.get_write_buffer_size() > MAX_UNREAD

    @property
    def unread(self) -> int:
        return self._transport.get_write_buffer_size()

    def headed(self, head: bytes) -> "Outbox":
        """Another outbox for the same transport."""
        return Outbox(self._transport, head)

    def write(self, frames: bytes) -> None:
        """Writes whole frames, which begin with its head, at once, after the lines that were
        added."""
        if self._lines:
            self.flush()
        if not self.closed and not self._transport.is_closing():
            self._transport.write(frames)

    def add(self, *lines: bytes) -> None:
        """Adds lines to a frame that is written in the next iteration of the event loop. Lines
        added in the same iteration share one frame."""
        if self._lines is None:
            self._lines = [*lines]
            asyncio.get_running_loop().call_soon(self.flush)
        else:
            self._lines += lines

    def flush(self) -> None:
        lines, self._lines = self._lines, None
        if lines:
            self.write(joined_frames(lines, self.head))

    def close(self) -> None:
        """Flushes, and ignores later writes: a closing handshake follows."""
        self.flush()
        self.closed = True


def write_to_all(outboxes: Iterable[Outbox], lines: Sequence[bytes]) -> None:
    """Writes the lines to each outbox. Frames are built once for all outboxes of the same head."""
    built: dict[bytes, bytes] = {}
    head, frames = None, b""
    for outbox in outboxes:
        # Most heads are the same object: nothing is looked up for them.
        if outbox.head is not head:
            head = outbox.head
            if head not in built:
                built[head] = joined_frames(lines, head)
            frames = built[head]
        outbox.write(frames)
