"""The id of a request: from the proxy or made, in the answer and in the log, whose lines have no secret
of any address."""

import asyncio
import json
import re
from collections.abc import Iterator

import pytest

import urls
from tests.conftest import LIMITS_OFF, unique
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import cookie_of, request

SECRET = "s3cr3tw0rd" * 3


@pytest.fixture(scope="module")
def behind(own_servers: None) -> Iterator[Aiochat]:
    """Behind a proxy, with all that can be written."""
    env = {"AIOCHAT_TRUST_PROXY": "1", "AIOCHAT_LOG_FORMAT": "json", "AIOCHAT_ACCESS_LOG": "on"}
    with Aiochat(env={**LIMITS_OFF, **env, "AIOCHAT_LOG_LEVEL": "debug"}) as server:
        yield server


@pytest.fixture(scope="module")
def bare(own_servers: None) -> Iterator[Aiochat]:
    with Aiochat(env=LIMITS_OFF) as server:
        yield server


def _lines(server: Aiochat) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.log.read_text("utf-8").splitlines() if line.startswith("{")]


async def test_it_is_the_proxys_in_the_answer_and_in_each_line(behind: Aiochat) -> None:
    given = unique("0123456789abcdef")
    headers = {"X-Request-ID": given, "X-Forwarded-For": "192.0.2.7"}
    answer = await request(behind.url, "GET", "/rooms/Nowhere", headers=headers)
    assert answer.headers["X-Request-ID"] == given
    async with asyncio.timeout(PATIENCE):
        # It is written after the answer.
        while not (lines := [line for line in _lines(behind) if line.get("request") == given]):
            await asyncio.sleep(0.02)
    entry = next(line for line in lines if line["logger"] == "aiochat.access")
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/rooms/Nowhere", answer.status)
    assert entry["address"] == "192.0.2.7"
    for wrong in ("short", "with space in it", "x" * 200):
        answer = await request(behind.url, "GET", "/livez", headers={"X-Request-ID": wrong})
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])


async def test_without_a_proxy_nobody_chooses_it_and_nothing_is_written(bare: Aiochat) -> None:
    given = "0123456789abcdef-chosen"
    answer = await request(bare.url, "GET", "/livez", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])
    someone = await Person(bare.url, unique("quiet")).joins()
    await someone.creates("Quiet")
    before = bare.log.read_text()
    await request(bare.url, "GET", "/rooms/Quiet", cookie=cookie_of(someone))
    assert bare.log.read_text() == before
    assert given not in before
    await someone.close()


async def test_no_route_writes_what_is_secret(behind: Aiochat) -> None:
    """Each route, with a word in place of each name in its address, in its query and in its headers."""
    someone = await Person(behind.url, unique("walker")).joins()
    for route in urls.ROUTES:
        if route.is_endless:
            continue
        path = re.sub(r"\{[^}]*\}", SECRET if route.secret else "17", route.path)
        for method in ("GET", "POST"):
            query = f"?q={SECRET}&code={SECRET}&next=/x{SECRET}"
            headers = {"Referer": f"https://x.example/{SECRET}", "X-Forwarded-For": "192.0.2.8"}
            await request(behind.url, method, path + query, cookie=cookie_of(someone), headers=headers)
    await request(behind.url, "GET", "/livez", headers={"X-Request-ID": "the-last-of-them"})
    async with asyncio.timeout(PATIENCE):
        while "the-last-of-them" not in (text := behind.log.read_text("utf-8")):
            await asyncio.sleep(0.02)
    assert len(re.findall('"logger": "aiochat.access"', text)) > len(urls.ROUTES)
    assert SECRET not in text
    assert cookie_of(someone).partition("=")[2] not in text
    await someone.close()


async def test_the_cause_of_a_refused_connection_is_told(bare: Aiochat) -> None:
    someone = await Person(bare.url, unique("refused")).joins()
    await someone.creates("Refusing")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    cookie = cookie_of(someone)
    headers = {**upgrade, "Origin": "http://other.example"}
    answer = await request(bare.url, "GET", "/rooms/Refusing/ws", cookie=cookie, headers=headers)
    assert answer.status == 403
    answer = await request(bare.url, "GET", "/rooms/Refusing/ws", cookie=cookie, headers={"Origin": bare.url})
    assert answer.status == 400
    text = bare.log.read_text()
    assert "origin http://other.example isn't http" in text
    assert bare.url in text
    assert "doesn't pass it on" in text
    await someone.close()
