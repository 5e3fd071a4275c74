"""Limits of rate: a token bucket for frequent actions, and a growing delay for failed guesses."""

import time
from collections.abc import Callable

MAX_KEYS = 20_000
"""A bucket takes 200 bytes. Full buckets carry no information and are dropped first."""


class Buckets:
    """A token bucket per key: `burst` tokens at once, then `rate` per second."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._levels: dict[object, tuple[float, float]] = {}

    def take(self, key: object) -> float:
        """Takes one token. Returns 0, or, if none is left, the seconds until one is; then nothing
        is taken."""
        now = self._clock()
        level, since = self._levels.get(key, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.rate)
        if level < 1:
            return (1 - level) / self.rate
        if len(self._levels) >= MAX_KEYS and key not in self._levels:
            self._forget(now)
        self._levels[key] = (level - 1, now)
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
