"""Ending tasks, also those that lose a cancellation."""

import asyncio
from collections.abc import Iterable
from typing import Any

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 1.0


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
