"""The headers that every answer has, whatever went wrong."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from helpers.web.headers import ALWAYS, FIXED
from tests.conftest import LIMITS_OFF, Cast
from tests.support.people import Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import Answer, cookie_of, request, send

YEAR = "public, max-age=31536000, immutable"


def check(answer: Answer, *, socket: str | None = None) -> None:
    is_part = answer.headers.get("Content-Type", "").startswith(("text/css", "text/javascript"))
    for name, value in (ALWAYS if is_part else FIXED).items():
        assert answer.headers[name] == value
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert is_part or policy["frame-ancestors"] == "'none'"
    if socket and not is_part:
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert policy["connect-src"].split() == ["'self'", socket]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "aiohttp" not in answer.headers.get("Server", "")
    assert answer.headers["Cache-Control"]


ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/accounts/login", 200),
    ("GET", "/accounts/register", 200),
    ("GET", "/rooms", 303),
    ("GET", "/rooms/nowhere/ws", 401),
    ("GET", "/ws", 401),
    ("GET", "/rooms/nowhere/messages", 401),
    ("POST", "/rooms", 401),
    ("POST", "/accounts/login", 403),
    ("DELETE", "/", 405),
    ("HEAD", "/", 200),
    ("HEAD", "/livez", 200),
    ("HEAD", "/rooms", 303),
    ("HEAD", "/ws", 405),
    ("GET", "/nowhere", 404),
    ("GET", "/favicon.ico", 200),
    ("GET", "/robots.txt", 200),
    ("GET", "/service-worker.js", 200),
    ("GET", "/livez", 200),
    ("GET", "/readyz", 200),
    ("GET", "/static/css/base.css", 200),
    ("GET", "/static/nowhere.css", 404),
    ("GET", "/static/", 404),
    ("POST", "/static/css/base.css", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_has_them(cast: Cast, method: str, path: str, status: int) -> None:
    answer = await request(cast.url, method, path)
    assert answer.status == status
    assert method != "HEAD" or not answer.body
    check(answer, socket=cast.url.replace("http", "ws"))


async def test_answers_to_whoever_is_signed_in_have_them_too(alice: Person, lobby: str) -> None:
    token, cookie = await alice.token("/rooms"), cookie_of(alice)
    for method, path, status, body in (
        ("GET", "/rooms", 200, b""),
        ("GET", f"/rooms/{lobby}", 200, b""),
        ("GET", f"/rooms/{lobby}/messages", 200, b""),
        ("GET", f"/rooms/{lobby}/messages?limit=x", 400, b""),
        ("GET", "/rooms/nowhere", 404, b""),
        ("POST", "/rooms", 422, b"name=%20"),
        ("POST", "/rooms", 413, b"a" * 70_000),
        ("POST", "/rooms", 303, f"name=Headers{lobby}".encode()),
        ("POST", "/accounts/logout", 303, b""),
    ):
        answer = await request(
            alice.url,
            method,
            path,
            cookie=cookie,
            body=body,
            headers={"X-CSRF-Token": token} if method == "POST" else {},
        )
        assert answer.status == status, path
        check(answer, socket=alice.url.replace("http", "ws"))
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_sockets_handshake_has_them(alice: Person, lobby: str) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    answer = await request(
        alice.url,
        "GET",
        f"/rooms/{lobby}/ws",
        cookie=cookie_of(alice),
        headers={**upgrade, "Origin": alice.url},
    )
    assert answer.status == 101
    check(answer, socket=alice.url.replace("http", "ws"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n"
        + b"".join(b"X%d: y\r\n" % number for number in range(500))
        + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_told_so_and_no_more(chat: Aiochat, data: bytes) -> None:
    before = chat.log.stat().st_size
    answer = await send(chat.url, data)
    assert answer.status == 400
    assert answer.text == "This isn't a request that can be understood.\n"
    check(answer)
    # What other stories of this server do in the background may be in its log as well.
    assert b"Traceback" not in chat.log.read_bytes()[before:]


async def test_a_file_asked_for_by_its_version_is_kept_for_ever(cast: Cast) -> None:
    page = await request(cast.url, "GET", "/")
    version = page.text.partition('href="/static/')[2].partition("/")[0]
    assert re.fullmatch("[0-9a-f]{12}", version)
    for path in ("css/base.css", "js/state/store.js"):
        versioned = await request(cast.url, "GET", f"/static/{version}/{path}")
        assert (versioned.status, versioned.headers["Cache-Control"]) == (200, YEAR)
    for path in ("/static/css/base.css", "/static/0123456789ab/css/base.css"):
        plain = await request(cast.url, "GET", path)
        assert (plain.status, plain.headers["Cache-Control"]) == (200, "no-cache")
        same = await request(cast.url, "GET", path, headers={"If-None-Match": plain.headers["ETag"]})
        assert same.status == 304
        check(same)


async def test_what_is_not_a_file_is_never_kept(cast: Cast) -> None:
    for path, status in (
        ("/static/0123456789ab/nowhere.css", 404),
        ("/livez?v=1", 200),
        ("/readyz?v=1", 200),
        ("/?v=1", 200),
        ("/nowhere?v=1", 404),
    ):
        answer = await request(cast.url, "GET", path)
        assert answer.status == status
        assert answer.headers["Cache-Control"] in ("no-store", "no-cache"), path


@pytest.fixture(scope="module")
def secure_chat(own_servers: None) -> Iterator[Aiochat]:
    """As behind a proxy that ends TLS."""
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": "https://Chat.example.org:443/"}) as server:
        yield server


async def test_behind_tls_browsers_are_told_to_stay_there(secure_chat: Aiochat, cast: Cast) -> None:
    for path in ("/", "/nowhere", "/static/css/base.css", "/livez"):
        answer = await request(secure_chat.url, "GET", path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
        check(answer, socket="wss://chat.example.org:443")
        assert "Strict-Transport-Security" not in (await request(cast.url, "GET", path)).headers


async def test_behind_tls_the_public_address_is_the_only_origin(secure_chat: Aiochat) -> None:
    page = await request(secure_chat.url, "GET", "/accounts/login")
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    port = urlsplit(secure_chat.url).port
    for origin, status in (
        ("https://chat.example.org", 422),
        ("http://chat.example.org", 403),
        (f"http://127.0.0.1:{port}", 403),
        ("https://chat.example.org:444", 403),
        ("https://chat.example.org.evil.example", 403),
    ):
        headers = {"X-CSRF-Token": token, "Origin": origin}
        answer = await request(secure_chat.url, "POST", "/accounts/login", cookie=cookie, headers=headers)
        assert answer.status == status, origin


async def test_with_debug_any_origin_may(own_servers: None) -> None:
    with Aiochat(env={"AIOCHAT_RATE_LIMITS": "off", "AIOCHAT_DEBUG": "1"}) as server:
        assert "DEBUG IS ON" in server.tail()
        someone = await Person(server.url, "tinker").registers()
        await someone.creates("Workshop")
        for headers in ({"Origin": "https://evil.example"}, {}):
            async with someone.http.ws_connect("/rooms/Workshop/ws", headers=headers) as ws:
                assert (await ws.receive()).data
        await someone.close()
