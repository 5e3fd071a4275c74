"""The server's end of a WebSocket against RFC 6455, byte by byte over a real connection."""

import asyncio

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from helpers.websocket.incoming import MAX_BYTES
from helpers.websocket.keep_alive import KeepAlive
from helpers.websocket.protocol import WebSocket
from tests.support.people import PATIENCE
from tests.support.wire.websocket_bytes import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MASK,
    PING,
    PONG,
    TEXT,
    Echo,
    Raw,
    frame,
)


async def test_text_is_heard_and_answered(raw: Raw) -> None:
    raw.writer.write(frame(TEXT, "grüß dich ☀".encode()) + frame(TEXT, b""))
    assert await raw.frame() == (TEXT, "grüß dich ☀".encode())
    assert await raw.frame() == (TEXT, b"")


async def test_frames_may_come_a_byte_at_a_time(raw: Raw, echoes: list[Echo]) -> None:
    texts = ["a", "b" * 125, "c" * 126, "d" * 300]
    for byte in b"".join(frame(TEXT, text.encode()) for text in texts):
        raw.writer.write(bytes((byte,)))
        await asyncio.sleep(0)
    for _ in texts:
        await raw.frame()
    assert echoes[0].heard == texts


async def test_many_frames_may_come_at_once(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(b"".join(frame(TEXT, str(number).encode()) for number in range(1000)))
    assert [await raw.frame() for _ in range(1000)] == [
        (TEXT, str(number).encode()) for number in range(1000)
    ]


@pytest.mark.parametrize("size", [125, 126, 127, 65535, MAX_BYTES])
async def test_every_length_is_read(raw: Raw, echoes: list[Echo], size: int) -> None:
    raw.writer.write(frame(TEXT, b"x" * size))
    await raw.frame()
    assert echoes[0].heard == ["x" * size]


async def test_fragments_are_put_together_and_control_frames_come_between(raw: Raw) -> None:
    raw.writer.write(
        frame(TEXT, b"gr\xc3", final=False)
        + frame(PING, b"there?")
        + frame(CONTINUATION, b"", final=False)
        + frame(PONG)
        + frame(CONTINUATION, b"\xbc\xc3\x9f", final=True)
    )
    assert await raw.frame() == (PONG, b"there?")
    assert await raw.frame() == (TEXT, "grüß".encode()), "a letter may be split"


async def test_binary_is_told(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(frame(BINARY, b"\xff") + frame(TEXT, b"after"))
    assert await raw.frame() == (BINARY, b"")
    await raw.frame()
    assert echoes[0].heard == ["binary", "after"]


BROKEN = {
    "unmasked": (frame(TEXT, b"x", mask=b""), 1002),
    "reserved bit 1": (frame(TEXT, b"x", flags=0x40), 1002),
    "reserved bit 2": (frame(TEXT, b"x", flags=0x20), 1002),
    "reserved bit 3": (frame(PING, b"x", flags=0x10), 1002),
    "opcode 3": (frame(3, b"x"), 1002),
    "opcode 7": (frame(7), 1002),
    "opcode 11": (frame(11), 1002),
    "opcode 15": (frame(15), 1002),
    "long ping": (frame(PING, b"x" * 126), 1002),
    "long close": (frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
    "fragmented ping": (frame(PING, b"x", final=False), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "text within fragments": (frame(TEXT, b"x", final=False) + frame(TEXT, b"y"), 1002),
    "fragmented within fragments": (
        frame(TEXT, b"x", final=False) + frame(BINARY, b"y", final=False),
        1002,
    ),
    "not UTF-8": (frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"), 1007),
    "overlong UTF-8": (frame(TEXT, b"\xc0\xaf"), 1007),
    "half a letter": (frame(TEXT, b"\xf4\x8f", final=False) + frame(CONTINUATION, b"\xbf"), 1007),
    "too big": (frame(TEXT, b"x" * (MAX_BYTES + 1)), 1009),
    "too big by its head": (b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + MASK, 1009),
    "too big in fragments": (
        frame(TEXT, b"x" * 40_000, final=False) + frame(CONTINUATION, b"x" * 40_000),
        1009,
    ),
    "close with one byte": (frame(CLOSE, b"\x03"), 1002),
    "close with bad UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    **{
        f"close with {code}": (frame(CLOSE, code.to_bytes(2, "big")), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000)
    },
}


@pytest.mark.parametrize("patience", [{"close_seconds": 0.1}])
@pytest.mark.parametrize("name", BROKEN)
async def test_what_breaks_the_protocol_ends_the_connection(raw: Raw, echoes: list[Echo], name: str) -> None:
    data, code = BROKEN[name]
    raw.writer.write(data + frame(TEXT, b"after"))
    assert await raw.closing_code() == code
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)
    assert echoes[0].heard == []


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe8bye \xe2\x98\x80", b"\x0b\xb8", b"\x13\x87"])
async def test_a_closing_is_answered_with_its_code(raw: Raw, echoes: list[Echo], payload: bytes) -> None:
    raw.writer.write(frame(CLOSE, payload) + frame(TEXT, b"after"))
    assert await raw.frame() == (CLOSE, payload[:2] or b"\x03\xe8")
    assert await asyncio.wait_for(raw.reader.read(), PATIENCE) == b""
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)
    assert echoes[0].heard == []


async def test_closing_takes_nothing_more_and_waits_for_the_answer(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(frame(TEXT, b"close") + frame(TEXT, b"after") + frame(PING, b"after"))
    assert await raw.frame() == (CLOSE, (4001).to_bytes(2, "big"))
    assert not echoes[0].lost.is_set()
    raw.writer.write(frame(CLOSE, (4001).to_bytes(2, "big")))
    assert await asyncio.wait_for(raw.reader.read(), PATIENCE) == b""
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)
    assert echoes[0].heard == ["close"]


@pytest.mark.parametrize("patience", [{"close_seconds": 0.05}])
async def test_who_never_answers_a_closing_is_cut_off(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(frame(TEXT, b"close"))
    await raw.frame()
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)


async def test_a_held_connection_is_read_no_further_and_loses_nothing(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(
        frame(TEXT, b"hold") + frame(TEXT, b"one") + frame(TEXT, b"hold") + frame(TEXT, b"two")[:5]
    )
    while echoes[0].heard != ["hold"]:
        await asyncio.sleep(0)
    raw.writer.write(frame(TEXT, b"two")[5:])
    await asyncio.sleep(0)
    assert echoes[0].heard == ["hold"]
    assert await raw.frame() == (TEXT, b"one")
    assert await raw.frame() == (TEXT, b"two")
    assert echoes[0].heard == ["hold", "one", "hold", "two"]


async def test_a_connection_that_is_cut_is_told(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(frame(TEXT, b"half a frame")[:7])
    raw.writer.transport.abort()
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)


async def test_no_sign_of_life_ends_it(raw: Raw, echoes: list[Echo]) -> None:
    """A ping that is answered, by anything, is one; a second ping finds out about the first."""
    echo = echoes[0]
    echo.websocket.ping()
    assert await raw.any_frame() == (PING, b"")
    raw.writer.write(frame(PONG) + frame(TEXT, b"here"))
    await raw.frame()
    echo.websocket.ping()
    assert await raw.any_frame() == (PING, b"")
    echo.websocket.ping()
    await asyncio.wait_for(echo.lost.wait(), PATIENCE)


async def test_the_heart_pings_everyone() -> None:
    pinged: list[int] = []

    class Patient(WebSocket):
        def __init__(self, number: int) -> None:
            self.number = number

        def ping(self) -> None:
            pinged.append(self.number)

    keep_alive = KeepAlive(heartbeat=0.03, beat=0.01)
    shares = [keep_alive.join(Patient(number)) for number in range(7)]
    assert {len(share) for share in shares} == {2, 3}
    async with asyncio.timeout(PATIENCE):
        while len(pinged) < 14:
            await asyncio.sleep(0.01)
    await keep_alive.close()
    assert set(pinged[:7]) == set(range(7))


async def test_an_ordinary_client_gets_along_with_it(server: TestServer) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(server.make_url("/")) as ws:
        await ws.send_str("hello")
        assert await ws.receive_str() == "hello"
        await ws.ping(b"x")
        await ws.send_str("again")
        assert await ws.receive_str() == "again"
        assert await ws.close()
        assert ws.close_code == 1000


async def test_what_asks_for_no_socket_is_answered_as_http(server: TestServer) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await session.get(server.make_url("/"))).status == 400
        assert (await session.get(server.make_url("/"))).status == 400
