"""Guessing and flooding over HTTP, with the limits on as they are unless somebody turns them
off."""

import time
from collections.abc import Iterator

import pytest

from accounts.doors import signin
from accounts.people.directory import login_key
from tests.conftest import LIMITS_OFF
from tests.support.people import PASSWORD, Person, person
from tests.support.raw_http import cookie_of, request
from tests.support.servers import Aiochat

LIMITS_ON = {"AIOCHAT_RATE_LIMITS": "on"}


@pytest.fixture(scope="module")
def limited(own_servers: None) -> Iterator[Aiochat]:
    with Aiochat(env={**LIMITS_ON, "AIOCHAT_TRUST_PROXY": "1"}) as server:
        yield server


async def test_the_sixth_wrong_guess_is_slow_and_the_right_one_still_goes_in(limited: Aiochat) -> None:
    async with person(limited.url, "guessed") as owner, person(limited.url, "guesser") as guesser:
        await owner.registers()
        token = await guesser.token()

        async def guess(login: str, password: str) -> float:
            body = {"username": login, "password": password, "csrf_token": token}
            began = time.monotonic()
            async with guesser.http.post("/accounts/login", data=body, allow_redirects=False) as answer:
                assert answer.status == (303 if password == PASSWORD else 401)
            return time.monotonic() - began

        for login in ("guessed", "GUESSED", "@guessed", " guessed ", "ｇｕｅｓｓｅｄ"):
            await guess(login, "wrong")  # five are free
        assert await guess("guessed", "wrong") >= 1, "however the name was spelt"
        assert await guess("guessed", PASSWORD) >= 2


def test_each_way_of_writing_a_login_counts_for_the_same() -> None:
    assert {login_key(login) for login in ("Alice", "@alice", "ALICE", "ａｌｉｃｅ")} == {"alice"}
    assert {login_key(login) for login in ("A@B.example", "a@b.EXAMPLE")} == {"a@b.example"}
    assert login_key("not a name") == "not a name"
    assert login_key("a\0@b") == "a\0@b"


async def test_an_address_that_makes_account_after_account_is_stopped(limited: Aiochat) -> None:
    async with person(limited.url, "script") as script:
        token = await script.token("/accounts/register")

        async def register(name: str, address: str) -> tuple[int, str]:
            body = f"username={name}&password=too+short+no&email=bad&csrf_token={token}".encode()
            headers = {"X-Forwarded-For": f"10.0.0.1, {address}"}
            answer = await request(
                limited.url,
                "POST",
                "/accounts/register",
                cookie=cookie_of(script),
                body=body,
                headers=headers,
            )
            return answer.status, answer.headers.get("Retry-After", "")

        for number in range(int(signin.REGISTRATIONS_AT_ONCE)):
            assert (await register(f"bot{number}", "192.0.2.1"))[0] == 422
        status, wait = await register("bot", "192.0.2.1")
        assert status == 429
        assert 1 <= int(wait) <= 20
        assert (await register("bot", "192.0.2.2"))[0] == 422, "the proxy's word tells the addresses apart"


async def test_without_limits_nobody_waits(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        assert "RATE LIMITS ARE OFF" in server.tail()
        async with person(server.url, "hasty") as guesser:
            token = await guesser.token()
            for _ in range(8):
                async with guesser.http.post(
                    "/accounts/login", data={"username": "a", "password": "b", "csrf_token": token}
                ) as answer:
                    assert answer.status == 401


async def test_without_a_proxy_its_header_is_anyones_word(own_servers: None) -> None:
    with Aiochat(env=LIMITS_ON) as server:
        someone = Person(server.url, "liar")
        token = await someone.token("/accounts/register")
        statuses = set()
        for number in range(int(signin.REGISTRATIONS_AT_ONCE) + 1):
            body = f"username=bot&password=too+short+no&email=bad&csrf_token={token}".encode()
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            statuses.add(
                (
                    await request(
                        server.url,
                        "POST",
                        "/accounts/register",
                        cookie=cookie_of(someone),
                        body=body,
                        headers=headers,
                    )
                ).status
            )
        assert statuses == {422, 429}
        await someone.close()
