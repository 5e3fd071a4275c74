"""The client side of WebSocket, cheaper than any library."""

import socket
import struct
from collections.abc import Callable

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
DATA = (CONTINUATION, TEXT, BINARY)


def upgrade(path: str, host: str, origin: str, *headers: str) -> bytes:
    """Returns the request that opens a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        *headers,
        "Connection: Upgrade",
        "Upgrade: websocket",
    ]
    return "\r\n".join(
        [*lines, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "", ""]
    ).encode()


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Encodes a final frame. RFC 6455 requires clients to mask; a zero mask leaves the payload
    unchanged."""
    length = len(payload)
    head = (
        struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        if length < 126
        else struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
    )
    return head + bytes(4) + payload


def frame_template(opcode: int, payload: bytes) -> bytes:
    """Encodes a frame as `client_frame` does, with placeholders in the payload. Each `%08d` stands
    for 8 bytes."""
    head = client_frame(opcode, payload.replace(b"%08d", bytes(8)))[
        : -len(payload) - 4 * payload.count(b"%08d")
    ]
    return head.replace(b"%", b"%%") + payload


def fill_template(template: bytes) -> Callable[[int], bytes]:
    """Returns a function that fills the turn into a template with one or two placeholders."""
    if template.count(b"%08d") == 1:
        return template.__mod__
    return lambda turn: template % (turn, turn)


def frame_at(data: bytes | bytearray, at: int, size: int) -> tuple[int, int, int] | None:
    """Returns the opcode, the start of the payload, and its length, for the frame at `at`. None if
    its header is incomplete."""
    if size - at < 2:
        return None
    length = data[at + 1]
    if length < 126:
        return data[at] & 15, at + 2, length
    if length == 126:
        return (
            (data[at] & 15, at + 4, int.from_bytes(data[at + 2 : at + 4], "big")) if size - at >= 4 else None
        )
    return (
        (data[at] & 15, at + 10, int.from_bytes(data[at + 2 : at + 10], "big")) if size - at >= 10 else None
    )


class Frames:
    """Reassembles frames that arrive in pieces."""

    def __init__(self) -> None:
        self._data = bytearray()

    def take(self, data: bytes | bytearray | memoryview) -> list[tuple[int, bytes]]:
        """Adds received data. Returns the opcode and payload of each completed frame."""
        self._data += data
        frames: list[tuple[int, bytes]] = []
        at = 0
        while (found := frame_at(self._data, at, len(self._data))) is not None:
            opcode, begin, length = found
            if begin + length > len(self._data):
                break
            at = begin + length
            frames.append((opcode, bytes(self._data[begin:at])))
        del self._data[:at]
        return frames

    @property
    def rest(self) -> bytes:
        """The received bytes of an incomplete frame."""
        return bytes(self._data)


def more(connection: socket.socket) -> bytes:
    """Returns the next bytes of a blocking socket. Raises ConnectionError at its end."""
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection during the handshake")
    return data


def after_upgrade(connection: socket.socket) -> bytes:
    """Waits for the answer to `upgrade` and returns the bytes after it. Raises ConnectionError if
    the upgrade is refused."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += more(connection)
    head, _, rest = data.partition(b"\r\n\r\n")
    check_upgrade(head)
    return rest


def check_upgrade(head: bytes) -> None:
    """Raises ConnectionError if the answer to `upgrade` isn't a WebSocket."""
    if b" 101 " not in head.splitlines()[0]:
        raise ConnectionError(f"no WebSocket: {head.splitlines()[0].decode()}")
