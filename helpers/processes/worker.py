"""How a process serves and shuts down: alone on a port, or as one of several workers of a
supervisor."""

import argparse
import asyncio
import contextlib
import faulthandler
import gc
import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from helpers.processes.heartbeat import BEAT, BEAT_SECONDS, beat
from helpers.processes.listening import BACKLOG

log = logging.getLogger("aiochat.worker")

DRAIN_SECONDS = 0.1
"""Between the last accepted connection and the shutdown: its request is on its way."""

EXIT_SECONDS = 14.0
"""A process that was told to end is gone after this time, whatever hangs. The supervisor and systemd
kill it a second later, without a word about what it was doing."""

STDERR = 2

TAKE_OVER, RELEASE = b"+", b"-"
"""Bytes that the supervisor sends to a worker. TAKE_OVER: a sibling is down, accept its connections
too. RELEASE: all workers run again."""


@dataclass(frozen=True)
class WorkerArguments:
    """The arguments that a worker gets from its supervisor.

    `own` are the listening sockets that it serves, `others` those of its siblings, and `control` is
    the connection to the supervisor: all are numbers of open files. `private` is the path of a Unix
    socket by which the supervisor checks this worker's readiness, in a folder that is closed to
    other users. It is the worker of `slot`, of `count`, from 0."""

    own: list[int]
    others: list[int]
    control: int
    private: Path
    slot: int
    count: int

    @classmethod
    def add_to(cls, command: argparse.ArgumentParser) -> None:
        command.add_argument("--own", type=int, nargs="+", required=True)
        command.add_argument("--others", type=int, nargs="+", required=True)
        command.add_argument("--control", type=int, required=True)
        command.add_argument("--private", type=Path, required=True)
        command.add_argument("--slot", type=int, required=True)
        command.add_argument("--count", type=int, required=True)

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Self:
        return cls(**{field.name: getattr(arguments, field.name) for field in fields(cls)})


def stop_requested() -> asyncio.Event:
    """Returns an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def open_many_files() -> None:
    """Allows this process and its workers as many open files as they may have: each connection is
    one, and a shell gives 1,024."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def exit_within(seconds: float) -> None:
    """Ends this process after this time, if it hasn't ended by itself. The log says what it was
    doing: the tasks that still run, and the stacks of its threads."""
    # A thread of the interpreter watches, so that a blocked event loop or exit ends as well.
    faulthandler.dump_traceback_later(seconds, exit=True, file=STDERR)
    asyncio.get_running_loop().call_later(0.9 * seconds, _report_tasks)


def _report_tasks() -> None:
    tasks = asyncio.all_tasks()
    log.error("the process doesn't end; %d tasks still run:", len(tasks))
    for task in tasks:
        log.error("%s: %s", task.get_name(), " > ".join(_awaited(task)))


def _awaited(task: "asyncio.Task[Any]") -> Iterator[str]:
    """The names of the coroutines of which each waits for the next."""
    awaited: Any = task.get_coro()
    while hasattr(awaited, "cr_await"):
        yield awaited.__qualname__
        awaited = awaited.cr_await


async def shut_down(runner: web.AppRunner) -> None:
    """Stops accepting connections, then shuts down cleanly, within EXIT_SECONDS."""
    exit_within(EXIT_SECONDS)
    if runner.sites:
        for site in list(runner.sites):
            await site.stop()
        await asyncio.sleep(DRAIN_SECONDS)
    await runner.cleanup()


def freeze_gc() -> None:
    """Excludes all existing objects from garbage collection. They live until the end, and handling
    a message creates no reference cycles; searching for them took up to a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class Worker:
    """One of several workers. It serves its own sockets, and also its siblings' while one of them
    is down. It ends when its supervisor is gone."""

    def __init__(self, runner: web.AppRunner, place: WorkerArguments, stop: Callable[[], None]) -> None:
        self._runner = runner
        self._stop = stop
        self._private = place.private
        self._own = [socket.socket(fileno=number) for number in place.own]
        self._others = [socket.socket(fileno=number) for number in place.others]
        self._control = socket.socket(fileno=place.control)
        self._wanted = asyncio.Event()
        self._takes_over = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Serves once this returns. The runner must be set up."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        await self._serve(self._own)
        await web.UnixSite(self._runner, self._private).start()
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control, self._on_control)
        self._tasks = [
            asyncio.create_task(self._serve_for_siblings()),
            asyncio.create_task(beat(self._beat, BEAT_SECONDS)),
        ]

    def _beat(self) -> None:
        # A supervisor that doesn't read now still has earlier signs of life to read.
        with contextlib.suppress(OSError):
            self._control.send(BEAT)

    async def _serve(self, sockets: list[socket.socket]) -> list[web.SockSite]:
        # Duplicates: a site closes its socket, which may be needed again.
        sites = [web.SockSite(self._runner, found.dup(), backlog=BACKLOG) for found in sockets]
        for site in sites:
            await site.start()
        return sites

    def _on_control(self) -> None:
        """Reads from the supervisor. When the supervisor is gone, this worker ends too, since
        nothing would restart or end it."""
        try:
            data = self._control.recv(100)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._control)
            self._stop()
            return
        self._takes_over = data[-1:] == TAKE_OVER
        self._wanted.set()

    async def _serve_for_siblings(self) -> None:
        sites: list[web.SockSite] = []
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            if self._takes_over and not sites:
                sites = await self._serve(self._others)
            elif not self._takes_over:
                for site in sites:
                    await site.stop()
                sites = []
