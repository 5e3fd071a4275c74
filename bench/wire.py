"""The client's side of docs/protocol.md, cheaper than any library's: handshake, frames, and the few fields that are looked at."""

import re
import struct

import msgspec

from bench.scenarios import TEXT_CHARACTERS

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

FIRST_LINE = re.compile(rb'\{"type":"message","seq":(\d+),')
"""How a frame of messages begins. One that begins otherwise is read as JSON, which costs more and means the same."""

_WORDS = "the room is quiet this morning, so let us see how far a plain line of text gets before lunch, and who answers it "
_FILLER = (_WORDS * 2)[: TEXT_CHARACTERS - 15]


class Event(msgspec.Struct):
    """The fields of all events that matter here; the others are passed over."""

    type: str
    seq: int = 0
    number: int | None = None
    text: str = ""
    nonce: str = ""
    code: str = ""


decode_event = msgspec.json.Decoder(Event).decode


def handshake(host: str, origin: str, room: str, token: str) -> bytes:
    """The request that opens a room's socket for the session of `token`."""
    return (
        f"GET /rooms/{room}/ws HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nCookie: session={token}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    ).encode()


def client_frame(opcode: int, payload: bytes) -> bytes:
    """A final frame. RFC 6455 wants a mask from clients; the one of zeros leaves the payload as it is."""
    length = len(payload)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
    return head + bytes(4) + payload


def post_frame(sender: int, turn: int) -> bytes:
    """A sender's message number `turn`. Its text tells both, so that whoever gets it knows which it is."""
    return client_frame(TEXT, b'{"type":"post","text":"%s","nonce":"n%d"}' % (message_text(sender, turn).encode(), turn))


def message_text(sender: int, turn: int) -> str:
    return f"{sender:05d} {turn:08d} {_FILLER}"


def sender_and_turn(text: str) -> tuple[int, int]:
    """What `message_text` was made of. Raises ValueError for another text."""
    return int(text[:5]), int(text[6:14])


def turn_of(nonce: str) -> int:
    return int(nonce[1:])


def frame_at(data: bytes | bytearray, at: int, size: int) -> tuple[int, int, int] | None:
    """Of the frame that begins at `at`: its opcode, where its payload begins, how long that is. None if `size` cuts its header."""
    if size - at < 2:
        return None
    length = data[at + 1]
    if length < 126:
        return data[at] & 15, at + 2, length
    if length == 126:
        return (data[at] & 15, at + 4, int.from_bytes(data[at + 2 : at + 4], "big")) if size - at >= 4 else None
    return (data[at] & 15, at + 10, int.from_bytes(data[at + 2 : at + 10], "big")) if size - at >= 10 else None


class Frames:
    """Puts frames together again that come in pieces."""

    def __init__(self) -> None:
        self._data = bytearray()

    def take(self, data: bytes | bytearray | memoryview) -> list[tuple[int, bytes]]:
        """Adds what came. Returns the opcode and payload of each frame that is complete by it."""
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


def after_caught_up(data: bytes) -> tuple[int, bytes] | None:
    """The seq of `caught_up`, with which what is live begins, and what came after its frame. None if it hasn't come yet."""
    at = 0
    while (found := frame_at(data, at, len(data))) is not None:
        opcode, begin, length = found
        at = begin + length
        if at > len(data):
            return None
        if opcode == CLOSE:
            raise ConnectionError(f"the server closed with {int.from_bytes(data[begin : begin + 2], 'big')}")
        for line in data[begin:at].split(b"\n") if opcode == TEXT else ():
            event = decode_event(line)
            if event.type == "caught_up":
                return event.seq, data[at:]
    return None
