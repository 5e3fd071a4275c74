"""Frames from a client, found in the bytes that it has sent (RFC 6455, 5.2)."""

MAX_BYTES = 64 * 1024
"""Of a message, in however many frames it comes."""

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
OPCODES = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
PROTOCOL_ERROR, BAD_DATA, TOO_BIG = 1002, 1007, 1009
CLOSE_CODES = frozenset((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014))


class ProtocolError(Exception):
    """The peer violates the protocol. `code` is the code to close with."""

    def __init__(self, code: int) -> None:
        self.code = code


Frame = tuple[int, bool, bytes, int]
"""The opcode, whether the frame is final, its payload, and the place after it. A class with names
takes a tenth of the time of a post."""


def next_frame(data: bytes, place: int, most: int = MAX_BYTES) -> Frame | None:
    """Returns the frame at `place`, with at most `most` bytes if it isn't a control frame. None if
    it isn't complete. Raises ProtocolError as soon as its head says that it can't be taken."""
    size = len(data) - place
    if size < 1:
        return None
    first = data[place]
    opcode, is_final = first & 0x0F, bool(first & 0x80)
    if first & 0x70 or opcode not in OPCODES or (opcode >= CLOSE and not is_final):
        raise ProtocolError(PROTOCOL_ERROR)  # an extension, an unknown opcode, or a part of a control frame
    if size < 2:
        return None
    length = data[place + 1]
    if not length & 0x80:
        raise ProtocolError(PROTOCOL_ERROR)  # unmasked
    length &= 0x7F
    if opcode >= CLOSE and length > 125:
        raise ProtocolError(PROTOCOL_ERROR)
    start = place + 6
    if length == 126:
        start = place + 8
        length = int.from_bytes(data[place + 2 : place + 4], "big") if size >= 4 else 0
    elif length == 127:
        start = place + 14
        length = int.from_bytes(data[place + 2 : place + 10], "big") if size >= 10 else 0
    if length > most and opcode < CLOSE:
        raise ProtocolError(TOO_BIG)
    end = start + length
    if len(data) < end:
        return None
    if not length:
        return opcode, is_final, b"", end
    mask = data[start - 4 : start] * (length // 4 + 1)
    # One XOR of two long integers: byte by byte it would take longer than everything else.
    masked = int.from_bytes(data[start:end], "little") ^ int.from_bytes(mask[:length], "little")
    return opcode, is_final, masked.to_bytes(length, "little"), end


def close_code(payload: bytes) -> int:
    """Returns the code to answer a close frame with. Raises ProtocolError if its code is invalid."""
    if not payload:
        return 1000
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or not (code in CLOSE_CODES or 3000 <= code < 5000):
        raise ProtocolError(PROTOCOL_ERROR)
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise ProtocolError(BAD_DATA) from None
    return code
