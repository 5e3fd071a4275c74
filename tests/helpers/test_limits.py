"""How much is too much: by a clock of our own, so that nobody waits."""

import pytest

from helpers import limits
from helpers.limits import Buckets, Guesses


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
