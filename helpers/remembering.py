"""Remembers for some seconds what was read, so that what is asked again and again is known without
a read."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic

from helpers.batching import BatchLoader, Key, Value

MAX_REMEMBERED = 10_000
"""Keys. Of more, the one that was read longest ago is dropped."""

FOUND_SECONDS = 60.0
ABSENT_SECONDS = 5.0
"""How long an answer is good where nobody says that it has changed: another program may write to
the database."""


class RememberingLoader(Generic[Key, Value]):
    """A BatchLoader that remembers its answers, also that there is no value. Whoever changes a value
    calls `forget`, after the commit."""

    def __init__(self, read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._loader: BatchLoader[Key, Value] = BatchLoader(read)
        self._remembered: dict[Key, tuple[Value | None, float]] = {}
        """Each value, and the monotonic time until which it is good."""
        self._forgotten = 0

    def known(self, keys: Collection[Key]) -> dict[Key, Value] | None:
        """Returns the values of these keys; keys without a value are left out. None if any of them
        has to be read."""
        if not keys:
            return {}
        now = time.monotonic()
        found: dict[Key, Value] = {}
        for key in keys:
            value, good_until = self._remembered.get(key, (None, 0.0))
            if good_until <= now:
                return None
            if value is not None:
                found[key] = value
        return found

    async def get_all(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Returns the same, and reads what isn't known."""
        known = self.known(keys)
        if known is not None:
            return known
        forgotten = self._forgotten
        found = await self._loader.get_all(keys)
        # What was forgotten while it was read may have been read before it changed.
        if forgotten == self._forgotten:
            now = time.monotonic()
            for key in keys:
                value = found.get(key)
                self._remember(key, value, now + (ABSENT_SECONDS if value is None else FOUND_SECONDS))
        return found

    def forget(self, keys: Collection[Key]) -> None:
        """The values of these keys are read anew."""
        self._forgotten += 1
        for key in keys:
            self._remembered.pop(key, None)

    def forget_all(self) -> None:
        self._forgotten += 1
        self._remembered.clear()

    def _remember(self, key: Key, value: Value | None, good_until: float) -> None:
        self._remembered.pop(key, None)
        if len(self._remembered) >= MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[key] = value, good_until
