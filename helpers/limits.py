"""Limits of rate: a token bucket for frequent actions, and a growing delay for failed guesses. Here
for one process; helpers/redis/limits.py shares them among several."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

MAX_KEYS = 20_000
"""A bucket takes 200 bytes. Full buckets carry no information and are dropped first."""


class Buckets:
    """A token bucket per key: `burst` tokens at once, then `rate` per second."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._levels: dict[object, tuple[float, float]] = {}

    def take(self, key: object, tokens: float = 1) -> float:
        """Takes the tokens, at most a full bucket of them. Returns 0, or, if there aren't enough,
        the seconds until there are; then nothing is taken."""
        now = self._clock()
        tokens = min(tokens, self.burst)
        level, since = self._levels.get(key, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.rate)
        if level < tokens:
            return (tokens - level) / self.rate
        if len(self._levels) >= MAX_KEYS and key not in self._levels:
            self._forget(now)
        self._levels[key] = (level - tokens, now)
        return 0.0

    def _forget(self, now: float) -> None:
        self._levels = {
            key: (level, since)
            for key, (level, since) in self._levels.items()
            if level + (now - since) * self.rate < self.burst
        }
        if len(self._levels) >= MAX_KEYS:
            self._levels.clear()


class Guesses:
    """Failed guesses by key. After `free` of them within `window` seconds each further guess is
    delayed. No key is ever locked out."""

    def __init__(
        self, free: int, window: float, most: float = 8.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.free = free
        self.window = window
        self.most = most
        self._clock = clock
        self._failures: dict[object, list[float]] = {}

    def delay(self, key: object) -> float:
        """Returns the seconds to wait before the next guess is checked: 0, then 1, 2, 4, up to
        `most`."""
        recent = [at for at in self._failures.get(key, ()) if at > self._clock() - self.window]
        if not recent:
            self._failures.pop(key, None)
        over = len(recent) - self.free
        return min(self.most, 2.0 ** min(over, 10)) if over >= 0 else 0.0

    def failed(self, key: object) -> None:
        if len(self._failures) >= MAX_KEYS:
            self._failures.clear()
        failures = self._failures.setdefault(key, [])
        failures.append(self._clock())
        del failures[: -self.free - 10]

    def succeeded(self, key: object) -> None:
        self._failures.pop(key, None)


@dataclass(frozen=True)
class Rule:
    """A bucket for each key: `burst` tokens at once, then `rate` per second. `name` tells its
    buckets from those of other rules."""

    name: str
    rate: float
    burst: float


class Limiter(Protocol):
    """The buckets of all rules, shared by all processes."""

    async def take(self, rule: Rule, key: str, tokens: float = 1) -> float:
        """As Buckets.take."""


class LocalLimiter:
    """For one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, Buckets] = {}

    async def take(self, rule: Rule, key: str, tokens: float = 1) -> float:
        buckets = self._buckets.get(rule.name)
        if buckets is None:
            buckets = self._buckets[rule.name] = Buckets(rule.rate, rule.burst, self._clock)
        return buckets.take(key, tokens)


class Unlimited:
    """Where the settings turn rate limits off."""

    async def take(self, rule: Rule, key: str, tokens: float = 1) -> float:
        return 0.0


GUESS_WINDOW_SECONDS = 15 * 60
MAX_DELAY_SECONDS = 8.0

CHECK_SECONDS = 5.0
"""A guess whose process died counts as pending for this long after its delay."""


@dataclass(frozen=True)
class Target:
    """What somebody guesses at: one guess at a time, `free` of them without delay. A right guess
    forgets the wrong ones if it is `forgiving`."""

    key: str
    free: int
    forgiving: bool


@dataclass(frozen=True)
class Attempt:
    """A guess that may be checked after `delay` seconds, unless `retry_after` says when to come
    again."""

    targets: tuple[Target, ...]
    token: str
    delay: float = 0.0
    retry_after: float = 0.0


class GuessLimiter(Protocol):
    """Admits one guess at a time for each target, in all processes."""

    async def begin(self, *targets: Target) -> Attempt: ...
    async def end(self, attempt: Attempt, *, right: bool | None) -> None:
        """Ends an admitted guess. None: it wasn't checked."""


class LocalGuessLimiter:
    """For one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pending: dict[str, float] = {}
        self._failures: dict[int, Guesses] = {}

    def _guesses(self, target: Target) -> Guesses:
        if target.free not in self._failures:
            window, most = GUESS_WINDOW_SECONDS, MAX_DELAY_SECONDS
            self._failures[target.free] = Guesses(target.free, window, most, self._clock)
        return self._failures[target.free]

    async def begin(self, *targets: Target) -> Attempt:
        now = self._clock()
        until = max((self._pending.get(target.key, now) for target in targets), default=now)
        if until > now:
            return Attempt(targets, "", retry_after=until - now)
        delay = max(self._guesses(target).delay(target.key) for target in targets)
        for target in targets:
            self._pending[target.key] = now + delay + CHECK_SECONDS
        return Attempt(targets, secrets.token_hex(8), delay)

    async def end(self, attempt: Attempt, *, right: bool | None) -> None:
        for target in attempt.targets:
            self._pending.pop(target.key, None)
            if right is False:
                self._guesses(target).failed(target.key)
            elif right and target.forgiving:
                self._guesses(target).succeeded(target.key)
