"""Shares the event loop between clients that send faster than their frames are handled."""

import asyncio
import time
from collections import deque
from typing import Protocol

TURNS_SECONDS = 0.002
"""The time for all turns in one iteration of the event loop. What everybody else asks for is delayed
by no more than this, however many clients send as fast as they can."""


class Waiting(Protocol):
    def take_turn(self) -> None:
        """Handles a little of what waits. May join the turns again."""


class Turns:
    """Calls those who wait one after the other, some in each iteration of the event loop."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._is_scheduled = False

    def join(self, one: Waiting) -> None:
        """Each may wait for one turn at a time."""
        self._waiting.append(one)
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        end = time.perf_counter() + TURNS_SECONDS
        try:
            while self._waiting:
                self._waiting.popleft().take_turn()
                if time.perf_counter() >= end:
                    break
        finally:
            self._is_scheduled = False
            self._schedule()
