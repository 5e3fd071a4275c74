"""What one client can bring about at our end of the WebSocket: whatever it sends and doesn't read,
little of it is held, it is closed in the end, and others have their turns."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.websocket.frames import MAX_UNREAD
from helpers.websocket.incoming import MAX_BYTES
from helpers.websocket.keep_alive import KeepAlive, Pinged
from helpers.websocket.protocol import READ_BYTES, SLICE_FRAMES
from helpers.websocket.turns import Turns
from tests.support.people import PATIENCE
from tests.support.wire.websocket_bytes import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Echo,
    Raw,
    echo_server,
    frame,
    raw_client,
)


@pytest.fixture
def patience() -> dict[str, float]:
    return {"stalled": 0.1, "close_seconds": 0.05, "beat": 0.01}


@pytest.fixture
async def raw(raw: Raw) -> Raw:
    """A client that doesn't read."""
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    return raw


FLOODS = {
    "pings": frame(PING) * 5000,
    "long pings": frame(PING, b"x" * 125) * 500,
    "texts": frame(TEXT, b"x" * 200) * 200,
    "large texts": frame(TEXT, b"x" * 60_000),
    "binary": frame(BINARY, b"x") * 3000,
}


@pytest.mark.parametrize("data", FLOODS.values(), ids=FLOODS)
async def test_who_sends_and_never_reads_is_read_no_further_and_closed(
    raw: Raw, echoes: list[Echo], data: bytes
) -> None:
    """Only a slice's answers go beyond what may be unread."""
    (echo,) = echoes
    most = 0

    async def flood() -> None:
        while not echo.lost.is_set():
            raw.writer.write(data)
            await raw.writer.drain()

    flooding = asyncio.create_task(flood())
    async with asyncio.timeout(PATIENCE):
        while not echo.lost.is_set():
            most = max(most, echo.websocket.unread)
            await asyncio.sleep(0)
    flooding.cancel()
    await asyncio.gather(flooding, return_exceptions=True)
    assert MAX_UNREAD < most < MAX_UNREAD + SLICE_FRAMES * 210 + MAX_BYTES


async def test_who_reads_again_in_time_gets_everything(echoes: list[Echo]) -> None:
    async with echo_server(echoes) as server, raw_client(server.host, server.port) as raw:
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        (echo,) = echoes
        sent = 0
        while echo.websocket.unread <= MAX_UNREAD:
            raw.writer.write(frame(TEXT, b"%d " % sent + b"x" * 20_000))
            sent += 1
            await asyncio.sleep(0)
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for number in range(sent):
            assert await raw.frame() == (TEXT, b"%d " % number + b"x" * 20_000)


async def test_who_only_closes_their_side_does_not_keep_ours(echoes: list[Echo]) -> None:
    """Both ways to do that, by a close frame and by the end of the stream, with something unread."""
    for end in (frame(CLOSE, b"\x03\xe8"), b""):
        async with (
            echo_server(echoes, close_seconds=0.05) as server,
            raw_client(server.host, server.port) as raw,
        ):
            raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
            echo = echoes[-1]
            while not echo.websocket.unread:
                heard = len(echo.heard)
                raw.writer.write(frame(TEXT, b"x" * 8_000))
                while len(echo.heard) == heard:
                    await asyncio.sleep(0)
            assert echo.websocket.unread < MAX_UNREAD
            raw.writer.write(end)
            if not end:
                raw.writer.write_eof()
            await asyncio.wait_for(echo.lost.wait(), PATIENCE)


async def test_small_frames_are_told(raw: Raw, echoes: list[Echo]) -> None:
    """Pings, pongs and parts of messages: whoever counts frames learns of all."""
    raw.writer.write(
        frame(PING) + frame(PONG) + frame(TEXT, b"a", final=False) + frame(CONTINUATION) + frame(TEXT, b"b")
    )
    while len(echoes[0].heard) < 2:
        await asyncio.sleep(0)
    assert echoes[0].heard == ["a", "b"]
    assert echoes[0].small_frames == 3


class Transport:
    """Keeps what is written, and is read from by `feed`."""

    def __init__(self) -> None:
        self.written = b""
        self.is_paused = self.is_closed = False

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.is_closed

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def close(self) -> None:
        self.is_closed = True

    abort = close


class Idle(KeepAlive):
    """Without a task."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.close_seconds = 2.0

    def join(self, websocket: Pinged) -> set[Pinged]:
        return set()

    def forget(self, websocket: Pinged) -> None:
        pass


async def _feed(chunks: Iterator[bytes]) -> tuple[list[str], bytes, int]:
    """What is heard and answered when these bytes come, and how many frames were told as small."""
    echo = Echo(Idle())
    transport = Transport()
    echo.websocket.connection_made(transport)  # type: ignore[arg-type]
    for chunk in chunks:
        for place in range(0, len(chunk), READ_BYTES):
            part = chunk[place : place + READ_BYTES]
            echo.websocket.get_buffer(-1)[: len(part)] = part
            echo.websocket.buffer_updated(len(part))
            while transport.is_paused and not transport.is_closed:
                await asyncio.sleep(0)
    echo.websocket.connection_lost(None)
    return echo.heard, transport.written, echo.small_frames


def _cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return (data[start:end] for start, end in pairwise(ends))


payloads = st.tuples(st.text(max_size=30), st.sampled_from((1, 1, 1, 40, 500)))
"""A text, and how many times."""

places = st.lists(st.integers(0, 1 << 20), max_size=30)
controls = st.lists(st.tuples(st.sampled_from((PING, PONG)), st.binary(max_size=125)), max_size=3)
masks = st.binary(min_size=4, max_size=4)
messages = st.lists(st.tuples(payloads, places, controls, masks), max_size=6)


@settings(max_examples=60, deadline=None)
@given(messages, places)
def test_any_split_of_a_stream_gives_the_same_messages(
    said: list[tuple[tuple[str, int], list[int], list[tuple[int, bytes]], bytes]], cuts: list[int]
) -> None:
    """Messages in any frames with control frames between them, in any chunks."""
    stream, texts, pongs, small = b"", [], b"", 0
    for (text, times), splits, between, mask in said:
        payload = (text * times).encode()
        parts = list(_cut(payload, splits)) or [b""]
        for place, part in enumerate(parts):
            is_final = place == len(parts) - 1
            stream += frame(CONTINUATION if place else TEXT, part, final=is_final, mask=mask)
            small += not is_final
            if place == 0 and not is_final:
                for opcode, data in between:
                    stream += frame(opcode, data, mask=mask)
                    pongs += frame(PONG, data, mask=b"") if opcode == PING else b""
                    small += 1
        pongs += frame(TEXT, payload, mask=b"")
        texts.append(payload.decode())
    assert asyncio.run(_feed(_cut(stream, cuts))) == (texts, pongs, small)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.builds(
                frame,
                st.integers(0, 15),
                st.binary(max_size=130),
                final=st.booleans(),
                flags=st.sampled_from((0, 0, 0, 0x40, 0x10)),
                mask=st.sampled_from((b"abcd", b"abcd", b"\0\0\0\0", b"")),
            ),
        ),
        max_size=8,
    ),
    places,
)
def test_any_split_of_any_bytes_gives_the_same_answers(said: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(said)
    assert asyncio.run(_feed(_cut(stream, cuts))) == asyncio.run(_feed(iter([stream])))


async def test_a_full_buffer_of_small_frames_is_worked_off_in_slices() -> None:
    """A socket's input is handled a slice at a time, in turns with what else is to be done."""
    echo = Echo(Idle())
    transport = Transport()
    echo.websocket.connection_made(transport)  # type: ignore[arg-type]
    data = frame(PING) * (READ_BYTES // 6)
    echo.websocket.get_buffer(-1)[: len(data)] = data
    echo.websocket.buffer_updated(len(data))
    counts = [0]
    while transport.is_paused:
        counts.append(echo.small_frames)
        await asyncio.sleep(0)
    counts.append(echo.small_frames)
    assert counts[-1] == READ_BYTES // 6
    assert counts[1] <= SLICE_FRAMES, "of the first call"
    echo.websocket.connection_lost(None)


async def test_turns_go_round_and_stop_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.websocket.turns.TURNS_SECONDS", 0.0)
    turns, taken = Turns(), []

    class Busy:
        def __init__(self, name: str, times: int) -> None:
            self.name, self.times = name, times

        def take_turn(self) -> None:
            taken.append(self.name)
            self.times -= 1
            if self.times:
                turns.join(self)

    turns.join(Busy("a", 3))
    turns.join(Busy("b", 2))
    for count in range(1, 6):
        await asyncio.sleep(0)
        assert len(taken) == count, "one in each iteration, when no time is left"
    assert taken == ["a", "b", "a", "b", "a"]


async def test_a_fault_in_a_turn_does_not_end_the_turns() -> None:
    turns, taken = Turns(), []

    class Broken:
        def take_turn(self) -> None:
            taken.append("broken")
            raise ZeroDivisionError

    class Fine:
        def take_turn(self) -> None:
            taken.append("fine")

    faults: list[BaseException] = []
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
    try:
        turns.join(Broken())
        turns.join(Fine())
        while len(taken) < 2:
            await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(handler)
    assert taken == ["broken", "fine"]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
