"""What a companion's program runs (helpers/processes/companion.py): reads calls from its standard input and
answers each when it can, until its input ends, as it does when its parent dies.

A message is four bytes with its length, and MessagePack: a call is [number, arguments], an answer
[number, result]."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from helpers.tasks import cancel_all

MAX_CALL = 64 * 1024
"""Bytes."""


async def serve(answer: Callable[..., Awaitable[Any]], *, memory: int, nice: int) -> None:
    """Answers with what `answer` returns for the arguments, which is plain data. `memory` is the bytes of
    address space of this process. A call that raises ends it: it wasn't foreseen."""
    connection = socket.socket(fileno=os.dup(0))
    # What a library prints is no answer.
    os.dup2(2, 1)
    _limit(memory, nice)
    calls, answers = await asyncio.open_connection(sock=connection)
    running: set[asyncio.Task[None]] = set()

    async def run(number: int, arguments: list[Any]) -> None:
        found = msgspec.msgpack.encode([number, await answer(*arguments)])
        answers.write(len(found).to_bytes(4) + found)
        await answers.drain()

    def end(task: "asyncio.Task[None]") -> None:
        running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a call failed", "exception": error}
            )
            calls.feed_eof()

    try:
        while True:
            length = int.from_bytes(await calls.readexactly(4))
            if length > MAX_CALL:
                return
            number, arguments = msgspec.msgpack.decode(await calls.readexactly(length))
            task = asyncio.create_task(run(number, arguments))
            running.add(task)
            task.add_done_callback(end)
    except (EOFError, ConnectionError):
        pass
    finally:
        await cancel_all(running)
        answers.close()


def _limit(memory: int, nice: int) -> None:
    with contextlib.suppress(OSError):
        # Where the machine's or the service's memory runs out, this process goes first.
        Path("/proc/self/oom_score_adj").write_text("1000")
    # The soft one alone: children of its own set theirs.
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It writes no files.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
