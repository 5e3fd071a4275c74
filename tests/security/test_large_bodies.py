"""Large and slow bodies: who may send is asked before anything is taken, what trickles is ended, and
nothing of it lies on a disk."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.web import HTTPRequestTimeout

from helpers.web.requests import bodies
from tests.conftest import unique
from tests.support.people import PATIENCE, Person, person
from tests.support.servers import Aiochat, Nginx, free_port
from tests.support.servers.process import Server
from tests.support.wire.raw_http import Answer, cookie_of, request

CONNECTIONS = 10
SIZE = 40 << 20
CHUNK = bytes(1 << 20)
START = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="p.png"\r\n\r\n'
KIND = "multipart/form-data; boundary=x"


@dataclass
class Site:
    url: str
    server: Aiochat
    nginx: Nginx


@pytest.fixture(scope="module")
def site(own_servers: None) -> Iterator[Site]:
    """Behind the nginx that is shipped, with limits."""
    port = free_port()
    nginx = Nginx([port])
    env = {"AIOCHAT_RATE_LIMITS": "on", "AIOCHAT_PUBLIC_URL": nginx.url, "AIOCHAT_TRUST_PROXY": "true"}
    with nginx, Aiochat(port=port, env=env) as server:
        Aiochat.reached_at[nginx.url] = server
        yield Site(nginx.url, server, nginx)


@pytest.fixture
async def alice(site: Site) -> AsyncIterator[Person]:
    async with person(site.url, unique("alice")) as someone:
        yield await someone.joins()


def _on_disk(*servers: Server) -> int:
    """Bytes in files that these programs hold open and that have no name, and in nginx's folders."""
    found = 0
    for server in servers:
        for files in Path("/proc").glob("[0-9]*/fd"):
            with contextlib.suppress(OSError):
                if int((files.parent / "stat").read_text().rpartition(")")[2].split()[3]) == server.pid:
                    found += sum(
                        one.stat().st_size for one in files.iterdir() if "(deleted)" in str(one.readlink())
                    )
        found += sum(one.stat().st_size for one in server.folder.rglob("body/**/*") if one.is_file())
    return found


async def _send_most(port: int, headers: str) -> tuple[bytes, asyncio.StreamWriter]:
    """Nearly all of a large form, as far as it is taken. Returns the answer, if there is one by
    then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        (
            f"POST /feed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {KIND}\r\n"
            f"Content-Length: {SIZE}\r\n{headers}\r\n"
        ).encode()
        + START
    )
    with contextlib.suppress(ConnectionError):
        for _ in range(SIZE // len(CHUNK) - 1):
            writer.write(CHUNK)
            await writer.drain()
    head = b""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
    return head, writer


@pytest.mark.parametrize("way", ["direct", "nginx"])
async def test_who_has_no_account_is_answered_at_once_and_nothing_is_kept(site: Site, way: str) -> None:
    port = site.nginx.port if way == "nginx" else site.server.port
    most = 0

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, _on_disk(site.nginx, site.server))
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(look())
    done = await asyncio.gather(*(_send_most(port, "") for _ in range(CONNECTIONS)))
    looking.cancel()
    answers = [head.split(b" ")[1] for head, _ in done if head]
    assert set(answers) <= {b"401", b"403", b"429"}, answers
    assert len(answers) >= CONNECTIONS // 2, "the others were reset"
    assert most < 1 << 20
    for _, writer in done:
        writer.transport.abort()


async def test_of_one_address_few_large_bodies_are_taken_at_once(site: Site, alice: Person) -> None:
    """Of people too. The others are asked to come again."""
    headers = f"Cookie: {cookie_of(alice)}\r\nX-CSRF-Token: {await alice.token('/rooms')}\r\n"
    opened = []
    for _ in range(bodies.MAX_LARGE):
        _, writer = await asyncio.open_connection("127.0.0.1", site.nginx.port)
        writer.write(
            (
                f"POST /feed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {KIND}\r\n"
                f"Content-Length: {SIZE}\r\n{headers}\r\n"
            ).encode()
            + START
            + CHUNK
        )
        opened.append(writer)
    try:
        async with asyncio.timeout(PATIENCE):
            while (answer := await _posts(alice)).status != 429:
                await asyncio.sleep(0.05)
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        for writer in opened:
            writer.transport.abort()
    async with asyncio.timeout(PATIENCE):
        while (answer := await _posts(alice)).status == 429:
            await asyncio.sleep(0.05)
    assert answer.status == 422, "no picture at all"


async def _posts(someone: Person) -> Answer:
    body = START + b"no picture\r\n--x--\r\n"
    headers = {"Content-Type": KIND, "X-CSRF-Token": await someone.token("/rooms")}
    return await request(someone.url, "POST", "/feed", cookie=cookie_of(someone), body=body, headers=headers)


async def test_the_token_comes_before_the_files(site: Site, alice: Person) -> None:
    """A form without a right token before its first file is refused without a look at the rest."""
    field = '--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{}\r\n'
    token = field.format(await alice.token("/rooms")).encode()
    wrong = field.format("wrong").encode()
    file = START + b"no picture\r\n"
    cookie, headers = cookie_of(alice), {"Content-Type": KIND}
    for body, status in (
        (token + file, 422),
        (wrong + file, 403),
        (file + token, 403),
        (wrong + file + token, 403),
        (token + file + wrong, 403),
    ):
        answer = await request(
            site.url, "POST", "/feed", cookie=cookie, body=body + b"--x--\r\n", headers=headers
        )
        assert answer.status == status, body
    head, writer = await _send_most(site.server.port, f"Cookie: {cookie}\r\n")
    assert head.startswith(b"HTTP/1.1 403 ")
    writer.transport.abort()


async def test_a_body_that_trickles_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has come fast before doesn't pay for it."""
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)

    async def trickle() -> None:
        async with bodies.deadline() as came:
            came(40 << 20)
            while True:
                await asyncio.sleep(0.05)
                came(1)

    with pytest.raises(HTTPRequestTimeout):
        await asyncio.wait_for(trickle(), PATIENCE)


async def test_a_body_that_is_fast_enough_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    now = loop.time()
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: now)
        async with bodies.deadline() as came:
            for _ in range(100):
                now += bodies.PATIENCE_SECONDS * 0.9
                came(int(bodies.PATIENCE_SECONDS * bodies.BYTES_PER_SECOND))


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"y" * 8000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 4000) for n in range(9)),
        b"GET / HTTP/1.1\r\nHost: x\r\n"
        + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 4000) for n in range(9))
        + b"\r\n",
    ],
    ids=["one field at the limit", "incomplete", "complete"],
)
async def test_heads_are_bounded(site: Site, head: bytes) -> None:
    """aiohttp bounds each line of a head; the head as a whole is bounded here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
    writer.write(head)
    if len(head) < 10_000:
        writer.write(b"Connection: close\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    assert answer.split(b" ")[1] == (b"200" if len(head) < 10_000 else b"431"), answer[:100]
    assert b"X-Content-Type-Options" in answer
    writer.close()
