"""Merges concurrent work: one call for all callers with the same key, or one read for many keys.

A caller only joins a call that has not begun yet, so it never gets a result older than its own
request."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SingleFlight(Generic[Key, Value]):
    """Runs one call per key at a time. Callers that arrive meanwhile share the next call.

    Not for use inside a transaction: the calls run outside it."""

    def __init__(self, call: Callable[[Key], Awaitable[Value]]) -> None:
        self._call = call
        self._running: dict[Key, asyncio.Task[Value]] = {}
        self._next: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key) -> Value:
        """Returns the result of a call that begins after this request. An error of the call is
        raised to every caller that shares it."""
        task = self._next.get(key)
        if task is None:
            # An empty context: the first caller may be in a transaction, and the others must not
            # read in it.
            task = asyncio.create_task(
                self._run_in_turn(key, self._running.get(key)), context=contextvars.Context()
            )
            task.add_done_callback(_retrieve_exception)
            self._next[key] = task
        # Cancelling one waiting caller doesn't cancel the shared call.
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
"""Keys in one statement. With many more PostgreSQL prefers to scan whole tables."""


class BatchLoader(Generic[Key, Value]):
    """The same for reads that take many keys: one read covers all keys that were requested while
    the previous read ran."""

    def __init__(
        self, read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]], most: int = READ_AT_ONCE
    ) -> None:
        """`read` gets at most `most` keys at a time. More keys are read in several consecutive
        reads."""
        self._read = read
        self._most = most
        self._wanted: set[Key] = set()
        self._reads: SingleFlight[None, dict[Key, Value]] = SingleFlight(self._read_wanted)

    async def get(self, key: Key) -> Value | None:
        """Returns the value that a read beginning after this request finds for the key, or None."""
        self._wanted.add(key)
        return (await self._reads.get(None)).get(key)

    async def get_all(self, keys: Collection[Key]) -> dict[Key, Value]:
        """The same for several keys. Keys without a value are left out."""
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
    """Marks the error as retrieved, so that asyncio doesn't log it when every caller was
    cancelled."""
    if not task.cancelled():
        task.exception()
