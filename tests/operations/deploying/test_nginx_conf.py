"""nginx/aiochat.conf in a real nginx, in front of two workers that only say what reached them."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.people import PATIENCE
from tests.support.servers import ROOT, Nginx
from tests.support.servers.upstream import Worker

CONF = ROOT / "nginx" / "aiochat.conf"
SAME_ORIGIN = ("Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy")
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", **dict.fromkeys(SAME_ORIGIN, "same-origin")}


@pytest.fixture(scope="module")
def nginx(own_servers: None, workers: list[Worker], static: Path) -> Iterator[Nginx]:
    with Nginx([worker.port for worker in workers], static=static) as server:
        yield server


@pytest.fixture(scope="module")
async def client(nginx: Nginx) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(nginx.url) as session:
        yield session


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await true():
                return
            await asyncio.sleep(0.02)


async def worker_of(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return str((await answer.json())["worker"])


async def test_every_request_of_a_room_reaches_one_worker(client: aiohttp.ClientSession) -> None:
    chosen = {}
    for number in range(20):
        room = f"room-{number}"
        paths = [f"/rooms/{room}", f"/rooms/{room}/messages?before=7", f"/rooms/{room}/members"]
        met = {await worker_of(client, path) for path in paths}
        async with client.ws_connect(f"/rooms/{room}/ws?since=0") as socket:
            met.add(await socket.receive_str())
        assert len(met) == 1, f"{room} met {met}"
        chosen[room] = met.pop()
    assert set(chosen.values()) == {"north", "south"}


async def test_what_belongs_to_no_room_is_spread(client: aiohttp.ClientSession) -> None:
    assert {await worker_of(client, "/rooms") for _ in range(40)} == {"north", "south"}


def test_both_sockets_have_the_same_rules() -> None:
    """They are long quiet, and nothing of them is kept back."""
    [pattern] = [
        found[1]
        for found in re.finditer(r"^    location ~ (\S+) \{(.*?)^    \}", CONF.read_text(), re.M | re.S)
        if "proxy_read_timeout 75s" in found[2]
    ]
    for path, is_socket in {
        "/ws": True,
        "/rooms/lobby/ws": True,
        "/ws/": False,
        "/news": False,
        "/rooms/ws": False,
        "/rooms/a/b/ws": False,
    }.items():
        assert bool(re.search(pattern, path)) is is_socket, path


@pytest.mark.parametrize("path", ["/rooms/lobby/ws", "/ws"])
async def test_a_socket_is_upgraded_and_carries_frames_both_ways(
    client: aiohttp.ClientSession, path: str
) -> None:
    async with client.ws_connect(path) as socket:
        await socket.receive_str()
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"


async def test_a_plain_request_asks_for_no_upgrade(client: aiohttp.ClientSession) -> None:
    async with client.get("/rooms/lobby") as answer:
        headers = (await answer.json())["headers"]
    assert "Upgrade" not in headers
    assert "Connection" not in headers  # kept alive: HTTP/1.1's default


async def test_what_a_client_claims_about_its_address_is_overwritten(
    client: aiohttp.ClientSession, nginx: Nginx
) -> None:
    claims = {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "https", "Forwarded": "for=8.8.8.8"}
    async with client.get("/", headers=claims) as answer:
        headers = (await answer.json())["headers"]
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert "Forwarded" not in headers
    assert headers["Host"] == "127.0.0.1"


async def ask(nginx: Nginx, request: str) -> bytes:
    """The whole answer to a request that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", nginx.port)
    writer.write(request.encode())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "request_line_and_host",
    [
        "GET / HTTP/1.1\r\nHost: evil.example",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example",
        "GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1",
        "GET / HTTP/1.0",
    ],
)
async def test_an_unknown_host_gets_no_answer(nginx: Nginx, request_line_and_host: str) -> None:
    assert await ask(nginx, f"{request_line_and_host}\r\n\r\n") == b""


async def test_a_broken_request_is_refused_without_a_version(nginx: Nginx) -> None:
    answer = await ask(nginx, "GET / HTTP/1.1\r\nHost: \r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"nginx/" not in answer


async def test_a_worker_keeps_its_own_headers_and_they_come_once(client: aiohttp.ClientSession) -> None:
    async with client.get("/") as answer:
        assert answer.headers.getall("Content-Security-Policy") == ["default-src 'self'"]
        assert "nginx/" not in answer.headers["Server"]


CACHED = {
    "/static/js/connection.js?v=1": "no-cache",
    "/static/js/connection.js": "no-cache",
}
CACHED |= dict.fromkeys(("/favicon.ico", "/robots.txt"), "public, max-age=86400")


@pytest.mark.parametrize(("path", "cache"), CACHED.items())
async def test_files_come_from_disk_with_headers_and_a_validator(
    client: aiohttp.ClientSession, path: str, cache: str
) -> None:
    async with client.get(path) as answer:
        assert answer.status == 200
        assert answer.headers.getall("Cache-Control") == [cache]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        # Of a script what says what a page may do is left out.
        left_out = {"Referrer-Policy", "Cross-Origin-Opener-Policy"} if ".js" in path else set()
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == {
            **SECURITY_HEADERS,
            **dict.fromkeys(left_out),
        }
        assert "Strict-Transport-Security" not in answer.headers
        etag = answer.headers["ETag"]
    async with client.get(path, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
        assert answer.headers["Cache-Control"] == cache


async def test_files_with_a_version_come_from_the_workers(client: aiohttp.ClientSession) -> None:
    async with client.get("/static/0123456789ab/js/connection.js") as answer:
        assert answer.headers.getall("Content-Security-Policy") == ["default-src 'self'"]


async def test_files_have_the_types_that_nosniff_asks_for(client: aiohttp.ClientSession) -> None:
    expected = {
        "/static/js/connection.js": ("application/javascript", "text/javascript"),
        "/favicon.ico": ("image/svg+xml",),
        "/robots.txt": ("text/plain",),
    }
    for path, types in expected.items():
        async with client.get(path) as answer:
            assert answer.content_type in types


async def test_scripts_are_compressed_and_pages_are_not(client: aiohttp.ClientSession) -> None:
    async with client.get("/static/js/connection.js") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
    async with client.get("/", headers={"X-Padding": "x" * 2000}) as answer:
        assert "Content-Encoding" not in answer.headers


FOREIGN = """
    /static/.secret /static/js/../.secret /static/%2e%2e/app.py /static..%2fapp.py
    /static/none.js /static/0123456789ab/ /static/0123456789ab/none.js
    /static/0123456789ab/.secret /static/0123456789ab/../.secret
    /static/0123456789ab/%2e%2e/%2e%2e/app.py"""


@pytest.mark.parametrize("path", FOREIGN.split())
async def test_no_other_file_is_served(client: aiohttp.ClientSession, nginx: Nginx, path: str) -> None:
    answer = await ask(nginx, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (
        b"immutable" not in head
    )  # either nginx refuses, or the path is none of its own and reaches a worker
    assert head.split()[1] in (b"400", b"404") or json.loads(body)["worker"]


async def test_a_body_larger_than_any_form_is_refused(client: aiohttp.ClientSession) -> None:
    async with client.post("/rooms", data=io.BytesIO(b"x" * (128 << 10))) as answer:
        assert (await answer.json())["size"] == 128 << 10
    async with client.post("/rooms", data=io.BytesIO(b"x" * ((128 << 10) + 1))) as answer:
        assert answer.status == 413
        assert "too large" in await answer.text()
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


PICTURES = ["/accounts/picture", "/rooms/lobby/picture", "/admin/site/logo", "/feed", "/feed/12/edit"]


@pytest.mark.parametrize("path", PICTURES)
async def test_pictures_pass_where_the_workers_take_them(client: aiohttp.ClientSession, path: str) -> None:
    most = 40 if path.startswith("/feed") else 8
    async with client.post(path, data=io.BytesIO(bytes(most << 20))) as answer:
        assert (await answer.json())["size"] == most << 20
    async with client.post(path, data=io.BytesIO(bytes((most + 1 << 20) + 1))) as answer:
        assert answer.status == 413
        assert "too large" in await answer.text()


@pytest.mark.parametrize("path", ["/feed/12", "/feed/x/edit", "/feed/12/comments", "/feed/"])
async def test_and_nowhere_else(client: aiohttp.ClientSession, path: str) -> None:
    async with client.post(path, data=io.BytesIO(bytes(2 << 20))) as answer:
        assert "too large" in await answer.text()


async def test_one_address_is_slowed_down_and_guessing_sooner(
    own_servers: None, workers: list[Worker], static: Path
) -> None:
    strict = Nginx([worker.port for worker in workers], static=static, rate=None, login_rate=None)
    with strict:
        async with aiohttp.ClientSession(strict.url) as session:

            async def status(method: str, path: str) -> int:
                async with session.request(method, path) as answer:
                    if answer.status == 429:
                        assert answer.headers["Retry-After"] == "2"
                        assert "Too many requests" in await answer.text()
                    return answer.status

            logins = [await status("POST", "/accounts/login") for _ in range(40)]
            assert logins[:21] == [200] * 21
            assert 429 in logins
            assert await status("GET", "/accounts/login") == 200
            pages = await asyncio.gather(*(status("GET", "/rooms") for _ in range(400)))
            assert set(pages) == {200, 429}
            assert pages.count(200) > 150
            # Files aren't counted.
            assert await status("GET", "/static/js/connection.js") == 200


async def test_one_address_has_so_many_connections_and_no_more(
    own_servers: None, workers: list[Worker]
) -> None:
    with Nginx([worker.port for worker in workers], connections=5) as strict:
        async with aiohttp.ClientSession(strict.url) as session:
            sockets = [await session.ws_connect("/rooms/lobby/ws") for _ in range(5)]
            with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
                await session.ws_connect("/rooms/lobby/ws")
            for socket in sockets:
                await socket.close()


class Anywhere(Nginx):
    """Takes clients at their word about their address."""

    def site(self) -> str:
        return f"set_real_ip_from 127.0.0.1;\nreal_ip_header X-Test-Address;\n{super().site()}"


async def test_an_ipv6_network_is_one_address_and_others_are_not_harmed(
    own_servers: None, workers: list[Worker]
) -> None:
    with Anywhere([worker.port for worker in workers], connections=2) as strict:
        async with aiohttp.ClientSession(strict.url) as session:
            sockets = []

            async def status(address: str) -> int:
                try:
                    headers = {"X-Test-Address": address}
                    sockets.append(await session.ws_connect("/rooms/lobby/ws", headers=headers))
                except aiohttp.WSServerHandshakeError as error:
                    return error.status
                return 101

            # 10 is a line's end, for those who look for it.
            tries = [f"2001:db8:0:a0a::{part}" for part in ("1", "a0a:a0a", "ffff:0:1")]
            assert [await status(address) for address in tries] == [101, 101, 429]
            mapped = [f"::ffff:192.0.2.{part}" for part in (1, 1, 1, 2)]
            assert [await status(address) for address in mapped] == [101, 101, 429, 101]
            assert [await status(f"203.0.113.{part}") for part in (1, 1, 1, 2)] == [101, 101, 429, 101]
            assert await status("2001:db8:0:a0b::1") == 101
            for socket in sockets:
                await socket.close()


async def test_when_a_worker_is_down_the_other_answers_and_when_all_are_a_page_does(
    own_servers: None, static: Path
) -> None:
    both = [Worker("north"), Worker("south")]
    for worker in both:
        await worker.start()
    with Nginx([worker.port for worker in both], static=static) as nginx:
        async with aiohttp.ClientSession(nginx.url) as session:
            homes = {
                f"/rooms/room-{number}": await worker_of(session, f"/rooms/room-{number}")
                for number in range(20)
            }
            await both[0].stop()
            assert {await worker_of(session, path) for path in homes} == {"south"}
            # A POST that could not be delivered at all goes elsewhere, too.
            async with session.post(next(path for path, home in homes.items() if home == "north")) as answer:
                assert (await answer.json())["worker"] == "south"
            async with session.ws_connect("/rooms/room-1/ws") as socket:
                assert await socket.receive_str() == "south"

            await both[1].stop()
            async with session.get("/rooms/room-1?token=hunter2") as answer:
                assert answer.status == 502
                assert "Back in a moment" in await answer.text()
                assert answer.headers["Retry-After"] == "2"
                assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS

            await both[0].start()

            async def is_back() -> bool:
                async with session.get("/rooms/room-1") as answer:
                    return answer.status == 200

            await eventually(is_back)
        await both[0].stop()
    assert_no_secret_in(nginx, "hunter2")


def assert_no_secret_in(nginx: Nginx, secret: str) -> None:
    logs = [*nginx.folder.glob("*.log"), nginx.log]
    for log in logs:
        if log.exists():
            assert secret not in log.read_text(), log


async def test_logs_carry_the_path_and_neither_query_nor_referrer(
    client: aiohttp.ClientSession, nginx: Nginx
) -> None:
    headers = {"Referer": "http://127.0.0.1/?token=hunter2", "Cookie": "session=hunter2"}
    async with client.get("/accounts/login?next=hunter2", headers=headers) as answer:
        assert answer.status == 200
    for path in ("/join/hunter2", "/accounts/reset/hunter2"):
        async with client.get(path) as answer:
            assert answer.status == 200
    async with client.get("/static/none.css?v=hunter2") as answer:
        assert answer.status == 404

    async def is_logged() -> bool:
        return "/static/none.css" in nginx.access_log.read_text()

    await eventually(is_logged)
    assert " GET /accounts/login 200 " in nginx.access_log.read_text()
    assert_no_secret_in(nginx, "hunter2")


async def test_a_reload_takes_other_workers_and_keeps_open_sockets(
    own_servers: None, workers: list[Worker]
) -> None:
    north, south = workers
    with Nginx([north.port]) as nginx:
        async with (
            aiohttp.ClientSession(nginx.url) as session,
            session.ws_connect("/rooms/lobby/ws") as socket,
        ):
            assert await socket.receive_str() == "north"
            nginx.reload([south.port])

            async def moved() -> bool:
                return await worker_of(session, "/rooms/lobby") == "south"

            await eventually(moved)
            await socket.send_str("still here")
            assert await socket.receive_str() == "still here"
