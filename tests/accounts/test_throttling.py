"""Guessing and flooding over HTTP, with the limits on as they are unless somebody turns them
off."""

import asyncio
import time
from collections.abc import Iterator

import pytest
import redis as redis_client

from accounts.doors import signin
from accounts.people.directory import login_key
from accounts.signin.throttling import ACCOUNT_FREE, ADDRESS_FREE, hashed
from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.accounts import accounts_of
from tests.support.people import PASSWORD, Person, person
from tests.support.raw_http import cookie_of, request
from tests.support.servers import Aiochat, Postgres, Redis

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


@pytest.fixture(scope="module")
def limited_workers(postgres: Postgres, redis: Redis) -> Iterator[list[Aiochat]]:
    env = {**server_env(postgres, redis, unique("limited")), **LIMITS_ON, "AIOCHAT_TRUST_PROXY": "1"}
    with Aiochat(env=env) as one, Aiochat(env={**env, "AIOCHAT_PUBLIC_URL": one.url}) as two:
        yield [one, two]


@pytest.mark.parametrize("same", ["account", "address"])
async def test_one_guess_at_a_time_on_all_workers(limited_workers: list[Aiochat], same: str) -> None:
    one = limited_workers[0]
    async with person(one.url, "visitor") as visitor, person(one.url, unique("owner")) as owner:
        await owner.joins("owner@example.org" if same == "account" else "")
        token, cookie = await visitor.token(), cookie_of(visitor)
        logins = [owner.name, "OWNER@example.org"] if same == "account" else [unique("a"), unique("b")]
        statuses: list[int] = []

        async def guess(place: int) -> None:
            login = logins[place % 2] if same == "account" else f"{logins[place % 2]}{place}"
            address = f"192.0.2.{place}" if same == "account" else f"2001:db8::{place}"
            answer = await request(
                limited_workers[place // 2 % 2].url,
                "POST",
                "/accounts/login",
                cookie=cookie,
                body=f"username={login}&password=wrong&csrf_token={token}".encode(),
                headers={"X-Forwarded-For": address, "Origin": one.url},
            )
            statuses.append(answer.status)
            if answer.status == 429:
                assert 1 <= int(answer.headers["Retry-After"]) <= 13

        # Wrong ones before: the next is delayed for four seconds, and pending while others come.
        site, name = accounts_of(one.url), hashed(f"account {accounts_of(one.url).id_of(owner.name)}")
        with redis_client.Redis.from_url(one.env["AIOCHAT_REDIS_URL"]) as client:
            if same == "account":
                client.set(f"aiochat:{site.site}:guessed:account:{name}", ACCOUNT_FREE + 2)
            else:
                client.set(f"aiochat:{site.site}:guessed:address:2001:db8::/64", ADDRESS_FREE + 2)
        await asyncio.gather(*(guess(place) for place in range(40)))
        assert statuses.count(401) == 1
        assert statuses.count(429) == 39


async def test_whose_login_is_guessed_at_can_still_change_the_password(
    limited_workers: list[Aiochat],
) -> None:
    one = limited_workers[0]
    async with person(one.url, unique("owner")) as owner:
        await owner.joins()
        wrong = {"password": "wrong", "new_password": "another battery"}
        answers = await asyncio.gather(*(owner.submits("/accounts/password", **wrong) for _ in range(10)))
        assert {answer.status for answer in answers} <= {403, 429}
        assert any("Retry-After" in answer.headers for answer in answers)
        answer = await owner.submits("/accounts/password", password=PASSWORD, new_password="another battery")
        assert answer.status == 303
