"""How much is too much: by a clock of our own, so that nobody waits."""

from collections.abc import AsyncIterator

import pytest

from helpers import limits
from helpers.limits import (
    Buckets,
    Guesses,
    GuessLimiter,
    Limiter,
    LocalGuessLimiter,
    LocalLimiter,
    Rule,
    Target,
)
from helpers.redis.client import open_redis
from helpers.redis.limits import RedisGuessLimiter, RedisLimiter
from helpers.web.requests.addresses import network_of
from tests.conftest import unique


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_five_wrong_guesses_are_free_and_then_each_is_slower(clock: Clock) -> None:
    guesses = Guesses(5, 900, clock=clock)
    delays = []
    for _ in range(10):
        delays.append(guesses.delay("alice"))
        guesses.failed("alice")
    assert delays == [0, 0, 0, 0, 0, 1, 2, 4, 8, 8]


def test_nobody_is_ever_locked_out(clock: Clock) -> None:
    guesses = Guesses(5, 900, clock=clock)
    for _ in range(100_000):
        guesses.failed("alice")
    assert guesses.delay("alice") == 8
    clock.now += 901
    assert guesses.delay("alice") == 0


def test_it_is_slow_for_the_account_that_was_guessed_at_and_no_other(clock: Clock) -> None:
    guesses = Guesses(5, 900, clock=clock)
    for _ in range(6):
        guesses.failed("alice")
    assert guesses.delay("alice") == 2
    assert guesses.delay("bob") == 0


def test_the_right_password_ends_it(clock: Clock) -> None:
    guesses = Guesses(5, 900, clock=clock)
    for _ in range(9):
        guesses.failed("alice")
    guesses.succeeded("alice")
    assert guesses.delay("alice") == 0


def test_guesses_are_forgotten_one_by_one(clock: Clock) -> None:
    guesses = Guesses(5, 900, clock=clock)
    for _ in range(6):
        guesses.failed("alice")
        clock.now += 100
    assert guesses.delay("alice") == 2
    clock.now += 301
    assert guesses.delay("alice") == 1
    clock.now += 100
    assert guesses.delay("alice") == 0


def test_what_is_remembered_of_guesses_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 10)
    guesses = Guesses(5, 900, clock=clock)
    for number in range(1000):
        guesses.failed(number)
    assert len(guesses._failures) <= 10


def test_a_bucket_gives_its_burst_and_then_its_rate(clock: Clock) -> None:
    buckets = Buckets(rate=2, burst=3, clock=clock)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == 0.5
    assert buckets.take("a") == 0.5, "asking in vain costs nothing"
    assert buckets.take("b") == 0, "each has a bucket of their own"
    clock.now += 0.5
    assert buckets.take("a") == 0
    assert buckets.take("a") == 0.5
    clock.now += 3600
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5], "and never more than its burst"


def test_what_is_remembered_of_buckets_is_bounded_and_the_full_go_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 10)
    buckets = Buckets(rate=1, burst=2, clock=clock)
    for number in range(9):
        buckets.take(number)
    clock.now += 5
    for _ in range(2):
        buckets.take("busy")
    buckets.take("new")
    assert buckets.take("busy") > 0, "who has used theirs up is remembered"
    for number in range(1000):
        buckets.take(number)
    assert len(buckets._levels) <= 10


@pytest.fixture(params=["local", "redis"])
async def guess_limiters(request: pytest.FixtureRequest) -> AsyncIterator[list[GuessLimiter]]:
    """Those of two processes. Without Redis there is one."""
    if request.param == "local":
        yield [LocalGuessLimiter()] * 2
        return
    client = open_redis(request.getfixturevalue("redis").url)
    assert client is not None
    name = f"aiochat:{unique('guesses')}:"
    yield [RedisGuessLimiter(client, lambda: name) for _ in range(2)]
    await client.aclose()


ALICE = Target("alice", 2, forgiving=True)
HOUSE = Target("house", 3, forgiving=False)


async def test_one_guess_at_a_time(guess_limiters: list[GuessLimiter]) -> None:
    one, two = guess_limiters
    first = await one.begin(ALICE, HOUSE)
    assert (first.retry_after, first.delay) == (0, 0)
    for target in (ALICE, HOUSE):
        refused = await two.begin(target, Target("other", 2, forgiving=True))
        assert 0 < refused.retry_after <= 5
    other = await two.begin(Target("other", 2, forgiving=True))
    assert not other.retry_after, "what was refused holds nothing"
    await one.end(first, right=False)
    again = await two.begin(ALICE, HOUSE)
    assert not again.retry_after
    await two.end(again, right=None)


async def test_wrong_guesses_are_counted_together(guess_limiters: list[GuessLimiter]) -> None:
    delays = []
    for place in range(7):
        limiter = guess_limiters[place % 2]
        attempt = await limiter.begin(ALICE, HOUSE)
        delays.append(attempt.delay)
        await limiter.end(attempt, right=False)
    assert delays == [0, 0, 1, 2, 4, 8, 8]
    one, two = guess_limiters
    await two.end(await two.begin(ALICE), right=True)
    attempt = await one.begin(ALICE)
    assert attempt.delay == 0, "the right one ends it for the account"
    await one.end(attempt, right=None)
    assert (await one.begin(HOUSE)).delay == 8, "and not for the address"


@pytest.fixture(params=["local", "redis"])
async def limiters(request: pytest.FixtureRequest) -> AsyncIterator[list[Limiter]]:
    if request.param == "local":
        yield [LocalLimiter()] * 2
        return
    client = open_redis(request.getfixturevalue("redis").url)
    assert client is not None
    name = f"aiochat:{unique('limits')}:"
    yield [RedisLimiter(client, lambda: name) for _ in range(2)]
    await client.aclose()


async def test_tokens_are_taken_from_one_bucket(limiters: list[Limiter]) -> None:
    rule, other = Rule("rooms", 0.001, 3), Rule("posts", 0.001, 3)
    one, two = limiters
    assert [await limiter.take(rule, "alice") for limiter in (one, two, one)] == [0, 0, 0]
    for limiter in limiters:
        assert 990 < await limiter.take(rule, "alice") <= 1000
    assert await one.take(rule, "bob", 2) == 0
    assert 990 < await two.take(rule, "bob", 2) <= 1000
    assert await two.take(rule, "bob") == 0, "what was refused took nothing"
    assert await one.take(other, "alice", 100) == 0, "never more than a full bucket"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
        ("x" * 500, "x" * 100),
    ],
)
def test_addresses_are_counted_by_networks(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_wider_network_has_all_that_one_customer_may_have() -> None:
    addresses = ("2001:db8:7::1", "2001:db8:7:ffff::1", "2001:db8:8::1", "192.0.2.7")
    networks = [network_of(address, 48) for address in addresses]
    assert networks == ["2001:db8:7::/48", "2001:db8:7::/48", "2001:db8:8::/48", "192.0.2.7"]
