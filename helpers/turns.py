"""Turns: of each key only so much work runs at the same time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Hashable


class Turns:
    """At most `at_once` pieces of work of a key run at the same time. Further ones wait, first come,
    first served; those of other keys don't wait for them."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._places: dict[Hashable, tuple[asyncio.Semaphore, list[None]]] = {}

    def asked(self, key: Hashable) -> int:
        """How many of this key have a turn or wait for one."""
        return len(self._places[key][1]) if key in self._places else 0

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[Callable[[], None]]:
        """Waits for a turn. It ends with the block, or before when the given function is called."""
        if key not in self._places:
            self._places[key] = asyncio.Semaphore(self._at_once), []
        semaphore, users = self._places[key]
        users.append(None)
        has_turn = False

        def end() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                semaphore.release()

        try:
            await semaphore.acquire()
            has_turn = True
            yield end
        finally:
            end()
            users.pop()
            if not users:
                del self._places[key]
