"""Uploads by hand: over connections that break within a part, twice at once, and with headers that no
client should send."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.support.files import PART as PART_TYPE
from tests.support.files import begins, goes_on, posts
from tests.support.people import PATIENCE, Person
from tests.support.wire.raw_http import cookie_of


async def offset_of(someone: Person, at: str) -> int:
    async with someone.http.head(at) as answer:
        assert answer.status == 200
        return int(answer.headers["Upload-Offset"])


async def part_head(someone: Person, at: str, offset: int | str, length: int) -> bytes:
    """What stands before a part that announces so much, for a connection of its own."""
    head = (
        f"PATCH {at} HTTP/1.1\r\nHost: {urlsplit(someone.url).netloc}\r\nCookie: {cookie_of(someone)}\r\n"
        f"X-CSRF-Token: {await someone.token('/rooms')}\r\nContent-Type: {PART_TYPE}\r\nConnection: close\r\n"
        f"Upload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.encode()


async def breaks_within_a_part(
    someone: Person, at: str, offset: int, data: bytes, sent: int, how: str
) -> None:
    """Announces all of the data, sends so much of it, and is gone."""
    url, head = urlsplit(someone.url), await part_head(someone, at, offset, len(data))
    _, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(head + data[:sent])
    await writer.drain()
    if how == "abort":
        writer.transport.abort()
    else:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_a_connection_that_breaks_within_a_part(alice: Person, lobby: str, how: str) -> None:
    data = secrets.token_bytes(3_000_000)
    at = (await begins(alice, "data.bin", len(data))).headers["Location"]
    offset = 0
    # Twice: what came each time stays, though no part was whole.
    for sent in (200_000, 2_500_000):
        before = offset
        await breaks_within_a_part(alice, at, offset, data[offset:], sent, how)
        async with asyncio.timeout(PATIENCE):
            while (offset := await offset_of(alice, at)) == before:
                await asyncio.sleep(0.05)
        # What the kernel hadn't handed over when it broke is gone.
        assert before < offset <= before + sent
    answer = await goes_on(alice, at, offset, data[offset:])
    while answer.status == 409:
        # The rest of a part was stored after it was asked for.
        offset = await offset_of(alice, at)
        answer = await goes_on(alice, at, offset, data[offset:])
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    state = await alice.gets(at)
    async with alice.http.get(state["file"]["url"]) as read:
        assert await read.read() == data
    at_alice = await alice.enters(lobby)
    assert (await posts(at_alice, state["id"]))["type"] == "receipt"


async def test_one_part_twice_at_once(alice: Person) -> None:
    data = secrets.token_bytes(300_000)
    at = (await begins(alice, "data.bin", len(data))).headers["Location"]
    first_began, second_is_done = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:100_000]
        first_began.set()
        await second_is_done.wait()
        yield data[100_000:]

    first = asyncio.create_task(goes_on(alice, at, 0, slowly()))
    await first_began.wait()
    second = await goes_on(alice, at, 0, data)
    second_is_done.set()
    assert (second.status, (await first).status) == (204, 409)
    state = await alice.gets(at)
    async with alice.http.get(state["file"]["url"]) as read:
        assert await read.read() == data
    # And at the same moment, as a page that sends again because nothing came back.
    at = (await begins(alice, "data.bin", len(data))).headers["Location"]
    answers = await asyncio.gather(*(goes_on(alice, at, 0, data) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [204, 409, 409]
    assert (await alice.gets(at))["ready"]


@pytest.mark.parametrize(
    "offset",
    [
        "-1",
        "-0",
        "+3",
        "0x0",
        "1e0",
        "0.0",
        "\u0660",
        "0 0",
        "0, 0",
        "9" * 16,
        "9" * 300,
        "",
        "null",
        "0\x00",
    ],
)
async def test_offsets_that_are_none(alice: Person, offset: str) -> None:
    at = (await begins(alice, "x", 5)).headers["Location"]
    url, head = urlsplit(alice.url), await part_head(alice, at, offset, 5)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(head + b"hello")
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    assert answer.split(b" ")[1] == b"400", answer
    assert await offset_of(alice, at) == 0
    assert (await goes_on(alice, at, 0, b"hello")).status == 204


@pytest.mark.parametrize(
    ("lengths", "status"),
    [
        (["Content-Length: -1"], "400"),
        (["Content-Length: 5", "Content-Length: 6"], "400"),
        (["Content-Length: 5", "Transfer-Encoding: chunked"], "400"),
        (["Content-Length: 99999999999999999999999"], "400"),
        (["Content-Length: 6"], "413"),
        (["Content-Length: 5", "Upload-Offset: 1"], "400"),
    ],
)
async def test_lengths_that_are_none(alice: Person, lengths: list[str], status: str) -> None:
    at = (await begins(alice, "x", 5)).headers["Location"]
    url = urlsplit(alice.url)
    fields = [
        *(f"Host: {url.netloc}", f"Cookie: {cookie_of(alice)}", "Connection: close", "Upload-Offset: 0"),
        *(f"X-CSRF-Token: {await alice.token('/rooms')}", f"Content-Type: {PART_TYPE}", *lengths),
    ]
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write("\r\n".join([f"PATCH {at} HTTP/1.1", *fields, "", "hello"]).encode())
    async with asyncio.timeout(PATIENCE):
        head = await reader.readline()
    writer.close()
    assert head.split(b" ")[1].decode() == status, head
    assert await offset_of(alice, at) == 0


async def test_one_that_was_ended_or_is_whole(alice: Person, bob: Person) -> None:
    at = (await begins(alice, "x", 5)).headers["Location"]
    headers = {"X-CSRF-Token": await alice.token("/rooms")}
    theirs = {"X-CSRF-Token": await bob.token("/rooms")}
    async with bob.http.delete(at, headers=theirs) as answer:
        assert answer.status == 404
    assert (await goes_on(alice, at, 0, b"hello")).status == 204
    assert (await goes_on(alice, at, 5, b"")).status == 409
    assert (await goes_on(alice, at, 0, b"hello")).status == 409
    async with alice.http.delete(at, headers=headers) as answer:
        assert answer.status == 204
    assert (await goes_on(alice, at, 0, b"hello")).status == 404
    async with alice.http.delete(at, headers=headers) as answer:
        assert answer.status == 404
