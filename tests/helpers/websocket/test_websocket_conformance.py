"""Our end of the WebSocket against the cases of the Autobahn test suite, over real connections. The cases
are in tests/support/wire/websocket_cases.py."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer

from tests.support.people import PATIENCE
from tests.support.wire.websocket_bytes import CLOSE, echo_server, frame, raw_client
from tests.support.wire.websocket_cases import CASES, OK, Case


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with echo_server([]) as server:
        yield server


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 500
    counts = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 144, "7": 37, "9": 54, "12": 90, "13": 126}
    for section, count in counts.items():
        assert sum(name.split(".")[0] == section for name in CASES) >= count, section


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_case(server: TestServer, case: Case) -> None:
    async with raw_client(server.host, server.port, headers=case.headers) as raw:
        assert b"sec-websocket-extensions" not in raw.head.lower()
        sending = asyncio.create_task(_send(raw.writer, case.chops))
        for answer in case.answers:
            assert await raw.frame() == answer
        if case.code == OK and not case.closes:
            await sending
            raw.writer.write(frame(CLOSE, OK.to_bytes(2, "big")))
        assert await raw.frame() == (CLOSE, case.code.to_bytes(2, "big"))
        await sending
        if case.code != OK and not case.closes:
            # What a broken stream goes on with isn't looked at, so that no answer ends the wait.
            raw.writer.write(frame(CLOSE, case.code.to_bytes(2, "big")))
            raw.writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            assert await raw.reader.read() == b"", "nothing comes after a close frame"


async def _send(writer: asyncio.StreamWriter, chops: list[bytes]) -> None:
    for chop in chops:
        writer.write(chop)
        await writer.drain()
        await asyncio.sleep(0)


async def test_who_is_refused_and_never_answers_is_cut_off() -> None:
    async with (
        echo_server([], close_seconds=0.05) as server,
        raw_client(server.host, server.port) as raw,
    ):
        raw.writer.write(frame(3))
        assert await raw.frame() == (CLOSE, (1002).to_bytes(2, "big"))
        async with asyncio.timeout(PATIENCE):
            assert await raw.reader.read() == b""
