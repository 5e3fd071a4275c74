"""Tasks in the background: how they rest between their steps, and how they end, also those that lose a
cancellation."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 1.0
"""Between two cancellations of a task that goes on."""

LONGEST_REST = 10.0


async def rest(began: float, factor: float, longest: float = LONGEST_REST) -> None:
    """Leaves the time to others after a step that began then, by `time.monotonic()`: `factor` times as long
    as it took, and at most `longest` seconds. A step that takes very long has mostly waited, for a disk, a
    lock or a machine that stood still: what comes after it needn't wait for that many times over."""
    await asyncio.sleep(min(factor * (time.monotonic() - began), longest))


async def cancel_all(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancels the tasks and returns when all are done. Drops their results and errors.

    A task that goes on is cancelled again. `asyncio.wait_for` of Python 3.11, which redis-py and
    psycopg_pool use, loses a cancellation that comes in the moment in which it ends; then an
    endless task would never end."""
    pending = found = set(tasks)
    pause = FIRST_PAUSE
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    # Errors that nobody asks for would be logged.
    await asyncio.gather(*found, return_exceptions=True)
