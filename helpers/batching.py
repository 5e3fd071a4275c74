"""Work that many wait for at once, done once: one call for all who ask for the same, or one for all
the keys that are asked for.

A call is only shared by those who asked before it began, so nobody is given what was true before
they asked."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SingleFlight(Generic[Key, Value]):
    """Of each key one call runs, and one more waits for it to end: that is the one for all who ask
    meanwhile.

    Not for use inside a transaction: the calls run outside it."""

    def __init__(self, call: Callable[[Key], Awaitable[Value]]) -> None:
        self._call = call
        self._running: dict[Key, asyncio.Task[Value]] = {}
        self._next: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key) -> Value:
        """What a call that begins from now on returns. Raises what it raises, to each who shares
        it."""
        task = self._next.get(key)
        if task is None:
            # An empty context: whoever asks first may be in a transaction, which the others must
            # not read in.
            task = asyncio.create_task(
                self._run_in_turn(key, self._running.get(key)), context=contextvars.Context()
            )
            task.add_done_callback(_retrieve_exception)
            self._next[key] = task
        # Whoever stops waiting takes it away from nobody else.
        return await asyncio.shield(task)

    async def _run_in_turn(self, key: Key, before: "asyncio.Task[Value] | None") -> Value:
        if before is not None:
            await asyncio.wait([before])
        self._running[key] = self._next.pop(key)
        try:
            return await self._call(key)
        finally:
            del self._running[key]


READ_AT_ONCE = 20
"""Keys in one statement. For many more PostgreSQL would rather read whole tables."""


class BatchLoader(Generic[Key, Value]):
    """The same for a reading that takes many keys: it gets all those that were asked for while the
    one before it ran."""

    def __init__(
        self, read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]], most: int = READ_AT_ONCE
    ) -> None:
        """`most` keys are given to `read` at once; where more wait, several reads follow each
        other."""
        self._read = read
        self._most = most
        self._wanted: set[Key] = set()
        self._reads: SingleFlight[None, dict[Key, Value]] = SingleFlight(self._read_wanted)

    async def get(self, key: Key) -> Value | None:
        """What is found for the key by a read that begins from now on, None for nothing."""
        self._wanted.add(key)
        return (await self._reads.get(None)).get(key)

    async def get_all(self, keys: Collection[Key]) -> dict[Key, Value]:
        """The same for several keys, without those for which nothing is found."""
        if not keys:
            return {}
        self._wanted.update(keys)
        found = await self._reads.get(None)
        return {key: found[key] for key in keys if key in found}

    async def _read_wanted(self, _: None) -> dict[Key, Value]:
        wanted, self._wanted = list(self._wanted), set()
        found: dict[Key, Value] = {}
        for start in range(0, len(wanted), self._most):
            found.update(await self._read(wanted[start : start + self._most]))
        return found


def _retrieve_exception(task: "asyncio.Task[Value]") -> None:
    """Where everybody who waited has gone away, there is nobody to tell of an error."""
    if not task.cancelled():
        task.exception()
