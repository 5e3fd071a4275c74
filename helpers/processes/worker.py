"""How a process serves and ends: alone on a port, or as one of several workers that a supervisor
started."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from helpers.processes.listening import BACKLOG

DRAIN_SECONDS = 0.1
"""Between the last connection that is taken and the end: what it asks for is on its way."""

TAKE_OVER, RELEASE = b"+", b"-"
"""What a supervisor says to a worker: one of your siblings is away, take its connections too; and:
all are there again."""


@dataclass(frozen=True)
class WorkerArguments:
    """What a worker was given by its supervisor.

    `own` are the listening sockets that it serves, `others` those of its siblings, and on `control`
    the supervisor speaks: all numbers of open files. At the path `private` the supervisor asks this
    very worker how it is."""

    own: list[int]
    others: list[int]
    control: int
    private: Path


def stop_requested() -> asyncio.Event:
    """Is set by SIGTERM and SIGINT from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def shut_down(runner: web.AppRunner) -> None:
    """Takes no new connection, and ends so that nobody loses anything."""
    if runner.sites:
        for site in list(runner.sites):
            await site.stop()
        await asyncio.sleep(DRAIN_SECONDS)
    await runner.cleanup()


def freeze_gc() -> None:
    """What was made until now stays until the end, and a message makes no circles: looking for them
    took up to a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class Worker:
    """One of several: it serves its own sockets, and all of them while a sibling is away. Without a
    supervisor it ends."""

    def __init__(self, runner: web.AppRunner, place: WorkerArguments, stop: Callable[[], None]) -> None:
        self._runner = runner
        self._stop = stop
        self._private = place.private
        self._own = [socket.socket(fileno=number) for number in place.own]
        self._others = [socket.socket(fileno=number) for number in place.others]
        self._control = socket.socket(fileno=place.control)
        self._wanted = asyncio.Event()
        self._takes_over = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serves from its return on. Its runner must be set up."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        await self._serve(self._own)
        await web.UnixSite(self._runner, self._private).start()
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control, self._on_control)
        self._task = asyncio.create_task(self._serve_for_siblings())

    async def _serve(self, sockets: list[socket.socket]) -> list[web.SockSite]:
        # Copies: a site closes what it was given, and these may be needed again.
        sites = [web.SockSite(self._runner, found.dup(), backlog=BACKLOG) for found in sockets]
        for site in sites:
            await site.start()
        return sites

    def _on_control(self) -> None:
        """Hears the supervisor. When it is gone, this worker ends too: nobody would start it again
        or end it."""
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
