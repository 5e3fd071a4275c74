"""Guessing and flooding over HTTP, with the limits on as they are unless somebody turns them
off."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
import redis as redis_client

from accounts.doors import profiles, registration
from accounts.people.directory import login_key
from accounts.signin.known_devices import SECONDS
from accounts.signin.throttling import ACCOUNT_FREE, ADDRESS_FREE, hashed
from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.accounts import accounts_of
from tests.support.people import PASSWORD, Person, person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.wire.raw_http import Answer, cookie_of, request

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

        most = int(registration.REGISTRATIONS_AT_ONCE)
        for number in range(most):
            assert (await register(f"bot{number}", "192.0.2.1"))[0] == 422
        # Some more come in by the time that it takes.
        for _ in range(most):
            status, wait = await register("bot", "192.0.2.1")
            if status != 422:
                break
        assert status == 429
        assert 1 <= int(wait) <= 20
        assert (await register("bot", "192.0.2.2"))[0] == 422, "the proxy's word tells the addresses apart"


async def test_names_that_are_refused_cost_as_much_as_others(limited: Aiochat) -> None:
    """To look at one takes longer than to store it."""
    async with person(limited.url, unique("named")) as someone:
        await someone.joins()
        statuses: list[int] = []
        most = int(profiles.NAMES.burst)
        # Some more come in by the time that it takes.
        while 429 not in statuses and len(statuses) < 3 * most:
            statuses.append((await someone.submits("/accounts/profile", display_name="Admin")).status)
        assert statuses == [422] * (len(statuses) - 1) + [429]
        assert len(statuses) > most


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
        statuses: set[int] = set()
        # One more than may come at once, and some for the time that it takes.
        for number in range(2 * int(registration.REGISTRATIONS_AT_ONCE)):
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
            address = f"2001:db8:7:{place}::1" if same == "account" else f"2001:db8::{place}"
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
        site, name = accounts_of(one.url), guessed_from(one, owner.name, "2001:db8:7::/48")
        with redis_client.Redis.from_url(one.env["AIOCHAT_REDIS_URL"]) as client:
            if same == "account":
                client.set(f"aiochat:{site.site}:guessed:account:{name}", ACCOUNT_FREE + 2)
            else:
                client.set(f"aiochat:{site.site}:guessed:address:2001:db8::/64", ADDRESS_FREE + 2)
        await asyncio.gather(*(guess(place) for place in range(40)))
        assert statuses.count(401) == 1
        assert statuses.count(429) == 39


DEVICE = "device"


def network() -> str:
    """The first 48 bits of an IPv6 network of one's own, as they are written."""
    return f"2001:db8:{int(unique('')) % 0xFF00 + 1:x}"


async def signs_in(url: str, name: str, device: str, password: str = PASSWORD, address: str = "") -> Answer:
    """A sign-in from a new session and an address of its own, with this cookie of a known device."""
    async with person(url, name) as someone:
        token = await someone.token()
        return await request(
            url,
            "POST",
            "/accounts/login",
            cookie=f"{cookie_of(someone)}; {DEVICE}={device}",
            body=f"username={name}&password={quote_plus(password)}&csrf_token={token}".encode(),
            headers={"X-Forwarded-For": address or f"{network()}::1"},
        )


def device_in(answer: Answer) -> str:
    """The cookie that an answer sets, which scripts can't read."""
    [found] = [one for one in answer.headers.getall("Set-Cookie") if one.startswith(f"{DEVICE}=")]
    assert "; HttpOnly" in found
    assert "; SameSite=Lax" in found
    assert f"; Max-Age={SECONDS}" in found
    return found.partition("=")[2].partition(";")[0]


GUESSER = "192.0.2.200"


def guessed_from(server: Aiochat, name: str, network: str) -> str:
    """What counts guesses at this account from this network."""
    return hashed(f"account {accounts_of(server.url).id_of(name)} from {network}")


@contextlib.contextmanager
def steadily_guessed(server: Aiochat, name: str, address: str = GUESSER) -> Iterator[None]:
    """As while somebody guesses at the account, from the address, without a break: one guess of
    theirs is pending at every moment."""
    accounts = accounts_of(server.url)
    targets = (f"account:{guessed_from(server, name, address)}", f"address:{address}")
    keys = [f"aiochat:{accounts.site}:guess:{what}" for what in targets]
    with redis_client.Redis.from_url(server.env["AIOCHAT_REDIS_URL"]) as client:
        for key in keys:
            client.set(key, "somebody's", px=600_000)
        yield
        assert all(client.get(key) == b"somebody's" for key in keys)
        client.delete(*keys)


async def test_who_guesses_steadily_locks_out_no_known_device(limited_workers: list[Aiochat]) -> None:
    one, two = limited_workers
    async with person(one.url, unique("owner")) as owner, person(one.url, unique("mallory")) as mallory:
        for someone in (owner, mallory):
            await someone.joins(f"{someone.name}@mail.example")
        known = device_in(await signs_in(one.url, owner.name, ""))
        theirs = device_in(await signs_in(one.url, mallory.name, ""))
        nonce, _, signature = known.partition(".")
        forged = {
            "": "none",
            theirs: "of another account",
            f"{theirs.partition('.')[0]}.{signature}": "with another's number",
            f"{nonce}.{'A' * 43}": "signed by nobody",
            f"{known}x": "longer",
            "~".join([theirs] * 4 + [known]): "after too many others",
            '\\"~.': "of signs",
        }
        with steadily_guessed(one, owner.name):
            # From the guesser's own address, too, and by the address of the account.
            for server, address in ((one, GUESSER), (two, "192.0.2.201")):
                answer = await signs_in(server.url, owner.name, known, address=address)
                assert (answer.status, device_in(answer)) == (303, known), "the same device goes on"
            assert (await signs_in(one.url, f"{owner.name}@mail.example", known)).status == 303
            for cookie, what in forged.items():
                assert (await signs_in(one.url, owner.name, cookie, address=GUESSER)).status == 429, what
            assert (await signs_in(one.url, owner.name, f"{theirs}~{known}")).status == 303


async def test_who_guesses_in_one_network_keeps_the_owner_out_of_no_other(
    limited_workers: list[Aiochat],
) -> None:
    one, two = limited_workers
    prefix = network()
    async with person(one.url, unique("owner")) as owner:
        await owner.joins()
        accounts = accounts_of(one.url)
        bucket = f"limit:guesses:{hashed(f'account {accounts.id_of(owner.name)}')}"
        with (
            redis_client.Redis.from_url(one.env["AIOCHAT_REDIS_URL"]) as client,
            steadily_guessed(one, owner.name, f"{prefix}::/48"),
        ):
            for server in (one, two):
                for address in (f"{prefix}::1", f"{prefix}:77::1", f"{prefix}:ffff::1"):
                    assert (await signs_in(server.url, owner.name, "", address=address)).status == 429
            assert client.exists(f"aiochat:{accounts.site}:{bucket}") == 0, "what is refused takes nothing"
            # A new browser elsewhere, by IPv6 and IPv4.
            assert (await signs_in(one.url, owner.name, "", address="2001:db8:ffff::1")).status == 303
            assert (await signs_in(two.url, owner.name, "", address="192.0.2.201")).status == 303
            assert client.exists(f"aiochat:{accounts.site}:{bucket}") == 1


async def test_guesses_of_all_networks_at_one_account_are_bounded(limited_workers: list[Aiochat]) -> None:
    one, two = limited_workers
    async with person(one.url, unique("owner")) as owner, person(one.url, unique("other")) as other:
        for someone in (owner, other):
            await someone.joins()
        known = device_in(await signs_in(one.url, owner.name, ""))
        accounts = accounts_of(one.url)
        bucket = f"limit:guesses:{hashed(f'account {accounts.id_of(owner.name)}')}"
        with redis_client.Redis.from_url(one.env["AIOCHAT_REDIS_URL"]) as client:
            # As after guesses from very many networks.
            client.hset(f"aiochat:{accounts.site}:{bucket}", "level", "-1000")
            for server in (one, two):
                answer = await signs_in(server.url, owner.name, "", "wrong")
                assert answer.status == 429
                assert int(answer.headers["Retry-After"]) > 60
            assert (await signs_in(one.url, owner.name, known)).status == 303
            assert (await signs_in(two.url, other.name, "")).status == 303, "another account's"


async def test_a_stolen_device_has_its_own_count_and_no_more(limited_workers: list[Aiochat]) -> None:
    one, two = limited_workers
    async with person(one.url, unique("owner")) as owner:
        await owner.joins()
        stolen, other = [device_in(await signs_in(one.url, owner.name, "")) for _ in range(2)]
        accounts = accounts_of(one.url)
        pending, device, account = [
            f"aiochat:{accounts.site}:{what}"
            for what in (
                f"guess:device:{hashed(stolen)}",
                f"guessed:device:{hashed(stolen)}",
                f"guessed:account:{guessed_from(one, owner.name, GUESSER)}",
            )
        ]
        with redis_client.Redis.from_url(one.env["AIOCHAT_REDIS_URL"]) as client:
            for server in (one, two):
                assert (await signs_in(server.url, owner.name, stolen, "wrong", GUESSER)).status == 401
            assert (client.get(device), client.get(account)) == (b"2", None)
            client.set(pending, "the thief's", px=600_000)
            for server in (one, two):
                assert (await signs_in(server.url, owner.name, stolen)).status == 429, "one at a time"
            for cookie in (other, ""):
                assert (await signs_in(one.url, owner.name, cookie)).status == 303
            client.delete(pending)
            assert (await signs_in(one.url, owner.name, stolen)).status == 303
            assert client.get(device) is None


async def test_a_new_password_makes_other_devices_unknown(limited_workers: list[Aiochat]) -> None:
    one = limited_workers[0]
    async with person(one.url, unique("owner")) as owner:
        await owner.joins()
        former = device_in(await signs_in(one.url, owner.name, ""))
        answer = await owner.submits("/accounts/password", password=PASSWORD, new_password="another battery")
        assert answer.status == 303
        here = answer.cookies[DEVICE].value
        with steadily_guessed(one, owner.name):
            assert (await signs_in(one.url, owner.name, former, "another battery", GUESSER)).status == 429
            assert (await signs_in(one.url, owner.name, here, "another battery")).status == 303


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
