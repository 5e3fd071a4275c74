"""The server's end of a WebSocket against RFC 6455, byte by byte over a real connection."""

import asyncio
import struct
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from helpers.websocket.frames import text_frame
from helpers.websocket.incoming import MAX_BYTES
from helpers.websocket.protocol import KeepAlive, Upgrade, WebSocket

PATIENCE = 20.0
MASK = b"\x37\xfa\x21\x3d"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Echo:
    """Says back what it hears. `hold` and `go_on` when it hears that."""

    def __init__(self, keep_alive: KeepAlive) -> None:
        self.websocket = WebSocket(self, keep_alive)
        self.transport: asyncio.Transport
        self.heard: list[str] = []
        self.small_frames = 0
        self.lost = asyncio.Event()

    def on_open(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def on_text(self, text: str) -> None:
        assert not self.lost.is_set()
        self.heard.append(text)
        if text == "hold":
            self.websocket.pause_reading()
            asyncio.get_running_loop().call_later(0.05, self.websocket.resume_reading)
        elif text == "close":
            self.websocket.close(4001)
        else:
            self.transport.write(text_frame(text.encode()))

    def on_binary(self) -> None:
        self.heard.append("binary")

    def on_small_frame(self) -> None:
        self.small_frames += 1

    def on_stalled(self) -> None:
        self.websocket.close(4001)

    def on_lost(self) -> None:
        assert not self.lost.is_set(), "once"
        self.lost.set()


class Raw:
    """A client that sends any bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload; heartbeats are passed over."""
        while True:
            found = await self.any_frame()
            if found != (PING, b""):
                return found

    async def any_frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(PATIENCE):
            first, length = await self.reader.readexactly(2)
            assert not length & 0x80, "a server masks nothing"
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 15, await self.reader.readexactly(length)

    async def closing_code(self) -> int:
        """The code of the close frame, after which the connection ends."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                break
        self.writer.write(_frame(CLOSE, payload))
        async with asyncio.timeout(PATIENCE):
            assert await self.reader.read() == b""
        return int.from_bytes(payload[:2], "big")


def _frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, flags: int = 0, mask: bytes = MASK
) -> bytes:
    first = opcode | flags | (0x80 if final else 0)
    masked = 0x80 if mask else 0
    if len(payload) < 126:
        head = bytes((first, masked | len(payload)))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, masked | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, masked | 127, len(payload))
    if mask:
        payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return head + mask + payload


@pytest.fixture
async def echoes() -> list[Echo]:
    """Everybody who was connected."""
    return []


@pytest.fixture
def close_seconds() -> float:
    return 2.0


@pytest.fixture
async def server(echoes: list[Echo], close_seconds: float) -> AsyncIterator[TestServer]:
    keep_alive = KeepAlive(close_seconds=close_seconds)

    async def upgrade(request: web.Request) -> web.StreamResponse:
        if not web.WebSocketResponse().can_prepare(request):
            raise web.HTTPBadRequest
        echoes.append(Echo(keep_alive))
        return Upgrade(echoes[-1].websocket)

    app = web.Application()
    app.router.add_get("/", upgrade)
    server = TestServer(app)
    await server.start_server()
    yield server
    await keep_alive.close()
    await server.close()


@pytest.fixture
async def raw(server: TestServer) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    yield Raw(reader, writer)
    writer.transport.abort()


async def test_text_is_heard_and_answered(raw: Raw) -> None:
    raw.writer.write(_frame(TEXT, "grüß dich ☀".encode()) + _frame(TEXT, b""))
    assert await raw.frame() == (TEXT, "grüß dich ☀".encode())
    assert await raw.frame() == (TEXT, b"")


async def test_frames_may_come_a_byte_at_a_time(raw: Raw, echoes: list[Echo]) -> None:
    texts = ["a", "b" * 125, "c" * 126, "d" * 300]
    for byte in b"".join(_frame(TEXT, text.encode()) for text in texts):
        raw.writer.write(bytes((byte,)))
        await asyncio.sleep(0)
    for _ in texts:
        await raw.frame()
    assert echoes[0].heard == texts


async def test_many_frames_may_come_at_once(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(b"".join(_frame(TEXT, str(number).encode()) for number in range(1000)))
    assert [await raw.frame() for _ in range(1000)] == [
        (TEXT, str(number).encode()) for number in range(1000)
    ]


@pytest.mark.parametrize("size", [125, 126, 127, 65535, MAX_BYTES])
async def test_every_length_is_read(raw: Raw, echoes: list[Echo], size: int) -> None:
    raw.writer.write(_frame(TEXT, b"x" * size))
    await raw.frame()
    assert echoes[0].heard == ["x" * size]


async def test_fragments_are_put_together_and_control_frames_come_between(raw: Raw) -> None:
    raw.writer.write(
        _frame(TEXT, b"gr\xc3", final=False)
        + _frame(PING, b"there?")
        + _frame(CONTINUATION, b"", final=False)
        + _frame(PONG)
        + _frame(CONTINUATION, b"\xbc\xc3\x9f", final=True)
    )
    assert await raw.frame() == (PONG, b"there?")
    assert await raw.frame() == (TEXT, "grüß".encode()), "a letter may be split"


async def test_binary_is_told(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(_frame(BINARY, b"\xff") + _frame(TEXT, b"after"))
    await raw.frame()
    assert echoes[0].heard == ["binary", "after"]


BROKEN = {
    "unmasked": (_frame(TEXT, b"x", mask=b""), 1002),
    "reserved bit 1": (_frame(TEXT, b"x", flags=0x40), 1002),
    "reserved bit 2": (_frame(TEXT, b"x", flags=0x20), 1002),
    "reserved bit 3": (_frame(PING, b"x", flags=0x10), 1002),
    "opcode 3": (_frame(3, b"x"), 1002),
    "opcode 7": (_frame(7), 1002),
    "opcode 11": (_frame(11), 1002),
    "opcode 15": (_frame(15), 1002),
    "long ping": (_frame(PING, b"x" * 126), 1002),
    "long close": (_frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
    "fragmented ping": (_frame(PING, b"x", final=False), 1002),
    "continuation of nothing": (_frame(CONTINUATION, b"x"), 1002),
    "text within fragments": (_frame(TEXT, b"x", final=False) + _frame(TEXT, b"y"), 1002),
    "fragmented within fragments": (
        _frame(TEXT, b"x", final=False) + _frame(BINARY, b"y", final=False),
        1002,
    ),
    "not UTF-8": (_frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"), 1007),
    "overlong UTF-8": (_frame(TEXT, b"\xc0\xaf"), 1007),
    "half a letter": (_frame(TEXT, b"\xf4\x8f", final=False) + _frame(CONTINUATION, b"\xbf"), 1007),
    "too big": (_frame(TEXT, b"x" * (MAX_BYTES + 1)), 1009),
    "too big by its head": (b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + MASK, 1009),
    "too big in fragments": (
        _frame(TEXT, b"x" * 40_000, final=False) + _frame(CONTINUATION, b"x" * 40_000),
        1009,
    ),
    "close with one byte": (_frame(CLOSE, b"\x03"), 1002),
    "close with bad UTF-8": (_frame(CLOSE, b"\x03\xe8\xff"), 1007),
    **{
        f"close with {code}": (_frame(CLOSE, code.to_bytes(2, "big")), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000)
    },
}


@pytest.mark.parametrize("close_seconds", [0.1])
@pytest.mark.parametrize("name", BROKEN)
async def test_what_breaks_the_protocol_ends_the_connection(raw: Raw, echoes: list[Echo], name: str) -> None:
    data, code = BROKEN[name]
    raw.writer.write(data + _frame(TEXT, b"after"))
    assert await raw.closing_code() == code
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)
    assert echoes[0].heard == []


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe8bye \xe2\x98\x80", b"\x0b\xb8", b"\x13\x87"])
async def test_a_closing_is_answered_with_its_code(raw: Raw, echoes: list[Echo], payload: bytes) -> None:
    raw.writer.write(_frame(CLOSE, payload) + _frame(TEXT, b"after"))
    assert await raw.frame() == (CLOSE, payload[:2] or b"\x03\xe8")
    assert await asyncio.wait_for(raw.reader.read(), PATIENCE) == b""
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)
    assert echoes[0].heard == []


async def test_closing_takes_nothing_more_and_waits_for_the_answer(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(_frame(TEXT, b"close") + _frame(TEXT, b"after") + _frame(PING, b"after"))
    assert await raw.frame() == (CLOSE, (4001).to_bytes(2, "big"))
    assert not echoes[0].lost.is_set()
    raw.writer.write(_frame(CLOSE, (4001).to_bytes(2, "big")))
    assert await asyncio.wait_for(raw.reader.read(), PATIENCE) == b""
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)
    assert echoes[0].heard == ["close"]


@pytest.mark.parametrize("close_seconds", [0.05])
async def test_who_never_answers_a_closing_is_cut_off(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(_frame(TEXT, b"close"))
    await raw.frame()
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)


async def test_a_held_connection_is_read_no_further_and_loses_nothing(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(
        _frame(TEXT, b"hold") + _frame(TEXT, b"one") + _frame(TEXT, b"hold") + _frame(TEXT, b"two")[:5]
    )
    while echoes[0].heard != ["hold"]:
        await asyncio.sleep(0)
    raw.writer.write(_frame(TEXT, b"two")[5:])
    await asyncio.sleep(0)
    assert echoes[0].heard == ["hold"]
    assert await raw.frame() == (TEXT, b"one")
    assert await raw.frame() == (TEXT, b"two")
    assert echoes[0].heard == ["hold", "one", "hold", "two"]


async def test_a_connection_that_is_cut_is_told(raw: Raw, echoes: list[Echo]) -> None:
    raw.writer.write(_frame(TEXT, b"half a frame")[:7])
    raw.writer.transport.abort()
    await asyncio.wait_for(echoes[0].lost.wait(), PATIENCE)


async def test_no_sign_of_life_ends_it(raw: Raw, echoes: list[Echo]) -> None:
    """A ping that is answered, by anything, is one; a second ping finds out about the first."""
    echo = echoes[0]
    echo.websocket.ping()
    assert await raw.any_frame() == (PING, b"")
    raw.writer.write(_frame(PONG) + _frame(TEXT, b"here"))
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
