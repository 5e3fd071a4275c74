"""What was fetched is kept for a while: so much and no more, and the longest unused goes first."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most `most` values, each until its time is over."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._values: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """None where there is nothing, or not any more."""
        found = self._values.get(key)
        if found is None:
            return None
        until, value = found
        if until <= self._clock():
            del self._values[key]
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: Key, value: Value, seconds: float) -> None:
        self._values[key] = (self._clock() + seconds, value)
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)
