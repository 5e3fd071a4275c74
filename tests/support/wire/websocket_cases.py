"""The cases of the Autobahn test suite for servers, by their numbers there, as a table: what a client
sends, and what our end answers. Written anew from the suite's descriptions.

Where the suite sends more than a message may hold here, the case is sent as large as it may be, and
once more as it is, to be refused. Compression (12 and 13) isn't negotiated, so the same messages go
uncompressed. A binary message is answered by an empty one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from helpers.websocket.incoming import MAX_BYTES
from tests.support.wire.websocket_bytes import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

OK, BROKEN, BAD_TEXT, TOO_BIG = 1000, 1002, 1007, 1009
Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Case:
    """`chops` are written one by one. The answers come in this order, and then a close frame with
    `code`. Where that is OK and the client hasn't closed, it does so after the answers."""

    chops: list[bytes]
    answers: tuple[Answer, ...] = ()
    code: int = OK
    closes: bool = False
    """The chops hold the client's own close frame."""
    headers: str = ""
    """Of the handshake."""


def octets(data: bytes, size: int = 1) -> list[bytes]:
    return [data[place : place + size] for place in range(0, len(data), size)]


def fragments(opcode: int, payload: bytes, size: int) -> list[bytes]:
    """The frames of a message in fragments of this size."""
    parts = octets(payload, size) or [b""]
    return [
        frame(CONTINUATION if place else opcode, part, final=place == len(parts) - 1)
        for place, part in enumerate(parts)
    ]


def echo(opcode: int, payload: bytes) -> Answer:
    return (opcode, payload if opcode == TEXT else b"")


Cases = Iterator[tuple[str, Case]]


def framing() -> Cases:
    sizes = [0, 125, 126, 127, 128, 65535, 65536]
    for group, opcode, byte in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for number, size in enumerate(sizes, 1):
            data = byte * size
            yield f"1.{group}.{number}", Case([frame(opcode, data)], (echo(opcode, data),))
        data = byte * 65536
        yield f"1.{group}.8", Case(octets(frame(opcode, data), 997), (echo(opcode, data),))


def pings() -> Cases:
    odd = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
    for number, payload in enumerate((b"", b"Hello, world!", odd, b"\xfe" * 125), 1):
        yield f"2.{number}", Case([frame(PING, payload)], ((PONG, payload),))
    yield "2.5", Case([frame(PING, b"\xfe" * 126)], code=BROKEN)
    yield "2.6", Case(octets(frame(PING, b"\xfe" * 125)), ((PONG, b"\xfe" * 125),))
    yield "2.7", Case([frame(PONG)])
    yield "2.8", Case([frame(PONG, b"unsolicited")])
    yield "2.9", Case([frame(PONG, b"unsolicited"), frame(PING, b"ping")], ((PONG, b"ping"),))
    ten = [b"payload-%d" % number for number in range(10)]
    pongs = tuple((PONG, payload) for payload in ten)
    yield "2.10", Case([b"".join(frame(PING, payload) for payload in ten)], pongs)
    yield "2.11", Case(octets(b"".join(frame(PING, payload) for payload in ten)), pongs)


def reserved_bits() -> Cases:
    text, hello = frame(TEXT, b"Hello, world!"), (TEXT, b"Hello, world!")

    def bad(bits: int, opcode: int = TEXT, payload: bytes = b"Hello, world!") -> bytes:
        return frame(opcode, payload, flags=bits << 4)

    yield "3.1", Case([bad(4)], code=BROKEN)
    yield "3.2", Case([text + bad(2) + frame(PING)], (hello,), BROKEN)
    yield "3.3", Case([text, bad(3), frame(PING)], (hello,), BROKEN)
    yield "3.4", Case(octets(text + bad(4) + frame(PING)), (hello,), BROKEN)
    yield "3.5", Case([bad(5, BINARY)], code=BROKEN)
    yield "3.6", Case([bad(6, PING)], code=BROKEN)
    yield "3.7", Case([bad(7, CLOSE, b"")], code=BROKEN)


def opcodes() -> Cases:
    text, hello = frame(TEXT, b"Hello, world!"), (TEXT, b"Hello, world!")
    for group, first in ((1, 3), (2, 11)):
        yield f"4.{group}.1", Case([frame(first)], code=BROKEN)
        yield f"4.{group}.2", Case([frame(first + 1, b"reserved opcode payload")], code=BROKEN)
        yield f"4.{group}.3", Case([text + frame(first + 2) + frame(PING)], (hello,), BROKEN)
        yield f"4.{group}.4", Case([text, frame(first + 3, b"payload"), frame(PING)], (hello,), BROKEN)
        yield f"4.{group}.5", Case(octets(text + frame(first + 4, b"p") + frame(PING)), (hello,), BROKEN)


def fragmentation() -> Cases:
    def chopped(number: int, frames: list[bytes], *answers: Answer, code: int = OK) -> Cases:
        """At once, frame by frame, and octet by octet."""
        whole = b"".join(frames)
        for place, chops in enumerate(([whole], frames, octets(whole))):
            yield f"5.{number + place}", Case(chops, answers, code)

    first, second = frame(TEXT, b"fragment1", final=False), frame(CONTINUATION, b"fragment2")
    both = (TEXT, b"fragment1fragment2")
    text = frame(TEXT, b"Hello, world!")
    stray = frame(CONTINUATION, b"non-continuation payload")
    open_stray = frame(CONTINUATION, b"non-continuation payload", final=False)
    yield "5.1", Case([frame(PING, b"fragment1", final=False), second], code=BROKEN)
    yield "5.2", Case([frame(PONG, b"fragment1", final=False), second], code=BROKEN)
    yield from chopped(3, [first, second], both)
    yield from chopped(6, [first, frame(PING, b"ping"), second], (PONG, b"ping"), both)
    yield from chopped(9, [stray, text], code=BROKEN)
    yield from chopped(12, [open_stray, text], code=BROKEN)
    yield "5.15", Case([first + second + open_stray + text], (both,), BROKEN)
    yield "5.16", Case([(open_stray + first + second) * 2], code=BROKEN)
    yield "5.17", Case([(stray + first + second) * 2], code=BROKEN)
    yield "5.18", Case([first, frame(TEXT, b"fragment2")], code=BROKEN)
    parts = fragments(TEXT, b"".join(b"fragment%d" % number for number in range(1, 6)), 9)
    frames = [*parts[:2], frame(PING, b"1"), *parts[2:4], frame(PING, b"2"), parts[4]]
    answers = ((PONG, b"1"), (PONG, b"2"), (TEXT, b"fragment1fragment2fragment3fragment4fragment5"))
    yield "5.19", Case([b"".join(frames)], answers)
    yield "5.20", Case(frames, answers)


_KOSME = "κόσμε".encode()
_TEXTS: dict[int, list[bytes]] = {
    5: [
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
        "Hello-µ@ßöäüàá-UTF-8!!".encode(),
        b"\xce\xba\xcf\x8c\xcf\x83\xce\xbc\xce\xb5",
        "안녕 𝄞 世界".encode(),
        "\U0001f600\U00010348".encode(),
    ],
    6: [_KOSME[:size] for size in range(1, len(_KOSME) + 1)],
    7: [bytes.fromhex(text) for text in ("00", "c280", "e0a080", "f0908080")],
    8: [bytes.fromhex(text) for text in ("f888808080", "fc8480808080")],
    9: [bytes.fromhex(text) for text in ("7f", "dfbf", "efbfbf", "f48fbfbf")],
    10: [bytes.fromhex(text) for text in ("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")],
    11: [bytes.fromhex(text) for text in ("ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080")],
    12: [
        *(b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", b"\x80\xbf\x80\xbf", b"\x80\xbf\x80\xbf\x80"),
        *(b"\x80\xbf\x80\xbf\x80\xbf", bytes(range(0x80, 0xC0))),
    ],
    13: [
        b"".join(bytes((first, 0x20)) for first in range(*bounds))
        for bounds in pairwise((0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE))
    ],
    14: [
        bytes.fromhex(text)
        for text in (
            *("c0", "e080", "f08080", "f8808080", "fc80808080"),
            *("df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"),
        )
    ],
    15: [bytes.fromhex("c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf")],
    16: [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
    17: [bytes.fromhex(text) for text in ("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")],
    18: [bytes.fromhex(text) for text in ("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")],
    19: [bytes.fromhex(text) for text in ("c080", "e08080", "f0808080", "f880808080", "fc8080808080")],
    20: [
        bytes.fromhex(text) for text in ("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")
    ],
    21: [
        bytes.fromhex(high + low)
        for high in ("eda080", "edadbf", "edae80", "edafbf")
        for low in ("edb080", "edbfbf")
    ],
    22: [chr((plane << 16) + last).encode() for plane in range(17) for last in (0xFFFE, 0xFFFF)],
    23: [chr(code).encode() for code in range(0xFFF9, 0x10000)],
}


def _is_text(data: bytes) -> bool:
    """By RFC 3629, 4, without Python's decoder: that is what is tested."""
    place = 0
    while place < len(data):
        first = data[place]
        count = next((n for n, (low, high) in enumerate(_FIRST) if low <= first <= high), None)
        if count is None:
            return False
        rest = data[place + 1 : place + 1 + count]
        if len(rest) < count or any(byte & 0xC0 != 0x80 for byte in rest):
            return False
        code = first & (0x7F >> count >> bool(count))
        for byte in rest:
            code = code << 6 | byte & 0x3F
        if not (0, 0x80, 0x800, 0x10000)[count] <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            return False
        place += 1 + count
    return True


_FIRST = ((0x00, 0x7F), (0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4))
"""The first byte of a letter that so many others follow."""


def utf_8() -> Cases:
    yield "6.1.1", Case([frame(TEXT)], ((TEXT, b""),))
    yield (
        "6.1.2",
        Case([frame(TEXT, final=False), frame(0, final=False), frame(0)], ((TEXT, b""),)),
    )
    middle = [frame(TEXT, final=False), frame(0, b"middle frame payload", final=False), frame(0)]
    yield "6.1.3", Case(middle, ((TEXT, b"middle frame payload"),))
    hello = "Hello-µ@ßöäüàá-UTF-8!!".encode()
    yield "6.2.1", Case([frame(TEXT, hello)], ((TEXT, hello),))
    yield "6.2.2", Case([frame(TEXT, hello[:13], final=False), frame(0, hello[13:])], ((TEXT, hello),))
    yield "6.2.3", Case(fragments(TEXT, hello, 1), ((TEXT, hello),))
    yield "6.2.4", Case(fragments(TEXT, _KOSME, 1), ((TEXT, _KOSME),))
    bad = _KOSME + b"\xed\xa0\x80" + b"edited"
    yield "6.3.1", Case([frame(TEXT, bad)], code=BAD_TEXT)
    yield "6.3.2", Case(fragments(TEXT, bad, 1), code=BAD_TEXT)
    for number, wrong in enumerate((b"\xf4\x90\x80\x80", b"\xf4"), 1):
        rest = b"\x90\x80\x80" if len(wrong) == 1 else b""
        parts = [
            frame(TEXT, _KOSME, final=False),
            *([frame(0, wrong, final=False)] if not rest else [frame(0, wrong + rest, final=False)]),
            frame(0, b"edited"),
        ]
        yield f"6.4.{number}", Case(parts, code=BAD_TEXT)
        yield f"6.4.{number + 2}", Case(octets(frame(TEXT, _KOSME + wrong + rest + b"edited")), code=BAD_TEXT)
    for group, texts in _TEXTS.items():
        for number, data in enumerate(texts, 1):
            good = _is_text(data)
            yield (
                f"6.{group}.{number}",
                Case([frame(TEXT, data)], ((TEXT, data),) if good else (), OK if good else BAD_TEXT),
            )


def closing() -> Cases:
    text, hello = frame(TEXT, b"Hello World!"), (TEXT, b"Hello World!")

    def code(number: int, reason: bytes = b"") -> bytes:
        return frame(CLOSE, number.to_bytes(2, "big") + reason)

    yield "7.1.1", Case([text, code(1000)], (hello,), closes=True)
    yield "7.1.2", Case([code(1000) + code(1000)], closes=True)
    yield "7.1.3", Case([code(1000) + frame(PING)], closes=True)
    yield "7.1.4", Case([code(1000) + text], closes=True)
    first, second = frame(TEXT, b"fragment1", final=False), frame(CONTINUATION, b"fragment2")
    yield "7.1.5", Case([first + code(1000) + second], closes=True)
    large = b"BAsd7&jh23" * 6553
    yield "7.1.6", Case([frame(TEXT, large) + code(1000) + frame(PING)], ((TEXT, large),), closes=True)
    yield "7.3.1", Case([frame(CLOSE)], closes=True)
    yield "7.3.2", Case([frame(CLOSE, b"a")], code=BROKEN)
    yield "7.3.3", Case([code(1000)], closes=True)
    yield "7.3.4", Case([code(1000, b"Hello World!")], closes=True)
    yield "7.3.5", Case([code(1000, b"*" * 123)], closes=True)
    yield "7.3.6", Case([code(1000, b"*" * 124)], code=BROKEN)
    yield "7.5.1", Case([code(1000, _KOSME + b"\xed\xa0\x80edited")], code=BAD_TEXT)
    good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for number, value in enumerate(good, 1):
        yield f"7.7.{number}", Case([code(value)], code=value, closes=True)
    for number, value in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
        yield f"7.9.{number}", Case([code(value)], code=BROKEN)
    for number, value in enumerate((5000, 65535), 1):
        yield f"7.13.{number}", Case([code(value)], code=BROKEN)


def _head(opcode: int, size: int) -> bytes:
    """Of a frame whose payload needn't be sent to be too large."""
    return frame(opcode, b"\0" * 65536).replace((65536).to_bytes(8, "big"), size.to_bytes(8, "big"), 1)[:14]


def limits() -> Cases:
    large = [size << 10 for size in (256, 1024, 4096, 8192, 16384)]
    for group, opcode in ((1, TEXT), (2, BINARY)):
        whole = b"BAsd7&jh" * (MAX_BYTES // 8)
        yield f"9.{group}.1", Case([frame(opcode, whole)], (echo(opcode, whole),))
        for number, size in enumerate(large, 2):
            yield f"9.{group}.{number}", Case([_head(opcode, size)], code=TOO_BIG)
        for number, size in enumerate((64, 256, 1024, 4096, 16384, 65536), 1):
            chops = [b"".join(fragments(opcode, whole, size))]
            yield f"9.{group + 2}.{number}", Case(chops, (echo(opcode, whole),))
        for number, size in enumerate((256, 1024, 65536), 7):
            most = fragments(opcode, whole + b"xy", size)
            yield f"9.{group + 2}.{number}", Case([b"".join(most)], code=TOO_BIG)
        for number, size in enumerate((64, 128, 256, 512, 1024, 2048), 1):
            chops = octets(frame(opcode, whole), size)
            yield f"9.{group + 4}.{number}", Case(chops, (echo(opcode, whole),))
        for number, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):
            data, count = b"*" * size, 1000 if size < 1024 else 100
            chops = [frame(opcode, data) * count]
            yield f"9.{group + 6}.{number}", Case(chops, (echo(opcode, data),) * count)
    whole = b"*" * MAX_BYTES
    yield "10.1.1", Case(fragments(TEXT, whole, 1300), ((TEXT, whole),))


_OFFERS = (
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover; client_max_window_bits",
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
    "permessage-deflate; client_max_window_bits=9, permessage-deflate; client_no_context_takeover",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
    "server_max_window_bits=9; client_max_window_bits=9",
    "permessage-deflate; server_no_context_takeover, permessage-deflate, x-webkit-deflate-frame",
)
_KINDS = ('{"type": "x"}', "int main(void) { return 0; }\n", "<p>HTML</p>", "Lorem ipsum ", "λόγος ")


def compression() -> Cases:
    """Messages in sizes from 16 on, whole (1 to 10) and in fragments (11 to 18), after an offer of
    compression; a compressed frame after them is refused."""
    sizes = [*(16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65535, MAX_BYTES), *[MAX_BYTES] * 8]
    parts = [*sizes[:10], *(256, 512, 1024, 2048, 4096, 8192, 16384, 32768)]
    offered: list[tuple[str, str, str]] = [
        *((f"12.{number}", _OFFERS[0], kind) for number, kind in enumerate(_KINDS, 1)),
        *((f"13.{number}", offer, _KINDS[number % 5]) for number, offer in enumerate(_OFFERS, 1)),
    ]
    for name, offer, kind in offered:
        for number, (size, part) in enumerate(zip(sizes, parts, strict=True), 1):
            repeated = kind.encode() * (size // len(kind.encode()) + 1)
            data = repeated[:size].decode(errors="ignore").encode()
            message = b"".join(fragments(TEXT, data, part))
            compressed = frame(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", flags=0x40)
            yield (
                f"{name}.{number}",
                Case(
                    [message * 2 + compressed],
                    ((TEXT, data),) * 2,
                    BROKEN,
                    headers=f"Sec-WebSocket-Extensions: {offer}\r\n",
                ),
            )


def masks() -> Cases:
    """Not of the suite: a client's frames are masked, each by a key of its own."""
    text = frame(TEXT, b"Hello, world!")
    for opcode, payload in ((TEXT, b"x"), (BINARY, b"x"), (PING, b"x"), (CLOSE, b"\x03\xe8"), (TEXT, b"")):
        name = f"unmasked {opcode} of {len(payload)}"
        yield name, Case([frame(opcode, payload, mask=b"")], code=BROKEN)
        yield (
            f"{name} after another",
            Case([text + frame(opcode, payload, mask=b"")], ((TEXT, b"Hello, world!"),), BROKEN),
        )
    for key in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04"):
        yield (
            f"mask {key.hex()}",
            Case([frame(TEXT, b"Hello, world!", mask=key)], ((TEXT, b"Hello, world!"),)),
        )


def table(*groups: Iterable[tuple[str, Case]]) -> dict[str, Case]:
    return {name: case for group in groups for name, case in group}


CASES = table(
    *(framing(), pings(), reserved_bits(), opcodes(), fragmentation(), utf_8(), closing(), limits()),
    *(compression(), masks()),
)
