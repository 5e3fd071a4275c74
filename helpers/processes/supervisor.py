"""Keeps several worker processes of one program running on one port: restarts workers that die, and
replaces them one by one on request.

A worker is the same program, started with additional arguments. A rolling restart therefore loads
changed code and settings. A worker whose event loop is silent for ten seconds hangs, and is replaced
like one that died."""

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers.processes.heartbeat import BEAT_SECONDS, SILENT_ROUNDS
from helpers.processes.worker import RELEASE, TAKE_OVER
from helpers.tasks import cancel_all

log = logging.getLogger("aiochat.supervisor")

MAX_WORKERS = 256

READY_SECONDS = 60.0
ASK_SECONDS = 0.05
STOP_SECONDS = 15.0
"""A worker's own limit for its shutdown is 10 s."""

STEADY_SECONDS = 10.0
"""A worker that ran at least this long is restarted at once. Otherwise the restart is delayed, and
the delay doubles each time."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0


def worker_count(text: str) -> int:
    """Returns the number of workers that an argument of the command line asks for. Raises
    ArgumentTypeError."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MAX_WORKERS}, not {text!r}")
    return int(text)


@dataclass(eq=False)
class WorkerProcess:
    """A worker process that is running or has ended."""

    slot: int
    process: asyncio.subprocess.Process
    control: socket.socket
    private: Path
    since: float = field(default_factory=time.monotonic)
    silent: int = 0
    """How many looks of the supervisor ago the worker's event loop gave a sign of life."""

    @property
    def name(self) -> str:
        return f"worker {self.slot + 1} (process {self.process.pid})"

    @property
    def ended(self) -> bool:
        return self.process.returncode is not None

    def send(self, word: bytes) -> None:
        with contextlib.suppress(OSError):
            self.control.send(word)


class Supervisor:
    """`command` starts a worker when the worker's arguments are appended; `sockets` has one list of
    listening sockets per worker."""

    def __init__(self, command: Sequence[str], sockets: list[list[socket.socket]]) -> None:
        self._command = list(command)
        self._sockets = sockets
        self._folder = Path()
        self._count = 0
        self._alive: set[WorkerProcess] = set()
        self._current: dict[int, WorkerProcess] = {}
        self._locks = [asyncio.Lock() for _ in sockets]
        self._roll = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> int:
        """Runs until SIGTERM or SIGINT; SIGHUP replaces the workers. Calls `on_ready` when all workers
        serve.

        Returns the exit code: 0, or the first worker's code if that worker ends before it
        serves."""
        loop = asyncio.get_running_loop()
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ending.set)
        loop.add_signal_handler(
            signal.SIGHUP, self._on_hangup, sys.stdin is not None and sys.stdin.isatty(), ending
        )
        with tempfile.TemporaryDirectory(prefix="aiochat-") as folder:
            self._folder = Path(folder)
            work = asyncio.create_task(self._work(on_ready))
            stopped = asyncio.create_task(ending.wait())
            try:
                await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
                return work.result() if work.done() else 0
            finally:
                await cancel_all([work, stopped])
                await asyncio.gather(*(self._stop_worker(worker) for worker in list(self._alive)))

    @property
    def serving(self) -> dict[str, Path]:
        """The private sockets of the workers that serve, by their numbers from 1 on."""
        return {str(slot + 1): one.private for slot, one in sorted(self._current.items()) if not one.ended}

    def _on_hangup(self, had_terminal: bool, ending: asyncio.Event) -> None:
        """Closing the terminal in which this runs ends it."""
        if had_terminal and not sys.stdin.isatty():
            ending.set()
        else:
            self._roll.set()

    async def _work(self, on_ready: Callable[[], None]) -> int:
        # The first worker starts alone: what prevents it from serving affects all, and is reported
        # once.
        first = await self._start(0)
        if not await self._is_ready(first):
            return max(first.process.returncode or 1, 1)
        self._current[0] = first
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_running(0))
            tasks.create_task(self._end_hung())
            others = range(1, len(self._sockets))
            await asyncio.gather(*(self._start_until_ready(slot, 0.0) for slot in others))
            for slot in others:
                tasks.create_task(self._keep_running(slot))
            on_ready()
            tasks.create_task(self._replace_all())
        return 0

    async def _start(self, slot: int) -> WorkerProcess:
        ours, theirs = socket.socketpair()
        self._count += 1
        private = self._folder / str(self._count)
        own = [found.fileno() for found in self._sockets[slot]]
        others = [
            found.fileno() for number, group in enumerate(self._sockets) if number != slot for found in group
        ]
        place = [
            *("--own", *map(str, own)),
            *("--others", *map(str, others)),
            *("--control", str(theirs.fileno())),
            *("--private", str(private)),
            *("--slot", str(slot), "--count", str(len(self._sockets))),
        ]
        try:
            # In a process group of its own: Ctrl-C signals the supervisor, which ends the workers.
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *place,
                pass_fds=(*own, *others, theirs.fileno()),
                process_group=0,
                stdin=asyncio.subprocess.DEVNULL,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        worker = WorkerProcess(slot, process, ours, private)
        self._alive.add(worker)
        ours.setblocking(False)
        asyncio.get_running_loop().add_reader(ours, _on_beat, worker)
        return worker

    async def _is_ready(self, worker: WorkerProcess) -> bool:
        """Waits until the worker serves. Returns False if it ends, or isn't ready within
        READY_SECONDS; then it is ended."""
        deadline = worker.since + READY_SECONDS
        while not worker.ended and time.monotonic() < deadline:
            if await _is_serving(worker.private):
                return True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASK_SECONDS):
                    await worker.process.wait()
        await self._stop_worker(worker)
        return False

    async def _try(self, slot: int, otherwise: str) -> WorkerProcess | None:
        """Starts a new worker and returns it when it serves. On failure logs and returns None."""
        try:
            worker = await self._start(slot)
        except OSError as error:
            log.error("worker %d can't be started (%s); %s", slot + 1, error.strerror, otherwise)
            return None
        if await self._is_ready(worker):
            return worker
        log.error(
            "%s doesn't serve (%s); %s", worker.name, _exit_reason(worker.process.returncode), otherwise
        )
        return None

    async def _keep_running(self, slot: int) -> None:
        """Restarts the slot's worker whenever it ends by itself."""
        while True:
            worker = self._current[slot]
            await worker.process.wait()
            async with self._locks[slot]:
                if self._current[slot] is not worker:
                    continue
                delay = 0.0 if time.monotonic() - worker.since > STEADY_SECONDS else FIRST_DELAY
                log.error(
                    "%s ended (%s) and is started again in %g s",
                    worker.name,
                    _exit_reason(worker.process.returncode),
                    delay,
                )
                self._forget(worker)
                await self._start_until_ready(slot, delay)
                log.info("%s serves again", self._current[slot].name)

    async def _end_hung(self) -> None:
        """Ends workers whose event loop gives no sign of life; then they are started again.

        Only those that serve are looked at: starting up has its own limit. Looks are counted, not
        time: after the machine was suspended, or this process stopped, nobody has been silent."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            for worker in self._current.values():
                if worker.ended:
                    continue
                worker.silent += 1
                if worker.silent == SILENT_ROUNDS:
                    log.error(
                        "%s has been silent for %g s and is ended", worker.name, SILENT_ROUNDS * BEAT_SECONDS
                    )
                    # With faulthandler it says where it hangs. It may be stopped, too, or in a
                    # system call: the next look kills it.
                    worker.process.send_signal(signal.SIGABRT)
                elif worker.silent > SILENT_ROUNDS:
                    worker.process.kill()

    async def _start_until_ready(self, slot: int, delay: float) -> None:
        """Starts workers until one serves. Meanwhile the other workers take over its
        connections."""
        self._current.pop(slot, None)
        self._announce_take_over()
        while True:
            await asyncio.sleep(delay)
            delay = min(max(2 * delay, FIRST_DELAY), LONGEST_DELAY)
            worker = await self._try(slot, f"the next attempt is in {delay:g} s")
            if worker is not None:
                self._current[slot] = worker
                self._announce_take_over()
                return

    def _announce_take_over(self) -> None:
        for worker in self._current.values():
            worker.send(RELEASE if len(self._current) == len(self._sockets) else TAKE_OVER)

    async def _replace_all(self) -> None:
        while True:
            await self._roll.wait()
            self._roll.clear()
            log.info("the workers are replaced, one by one")
            for slot in range(len(self._sockets)):
                if not await self._replace(slot):
                    break
            else:
                log.info("all workers are new")

    async def _replace(self, slot: int) -> bool:
        async with self._locks[slot]:
            new = await self._try(slot, "the old one goes on, and so do those that weren't replaced yet")
            if new is None:
                return False
            old, self._current[slot] = self._current[slot], new
            self._announce_take_over()
        await self._stop_worker(old)
        log.info("%s has taken over from %s", new.name, old.name)
        return True

    async def _stop_worker(self, worker: WorkerProcess) -> None:
        """Terminates the process, and kills it after STOP_SECONDS."""
        if not worker.ended:
            with contextlib.suppress(ProcessLookupError):
                worker.process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await worker.process.wait()
            except TimeoutError:
                log.error("%s didn't end within %g s and is killed", worker.name, STOP_SECONDS)
                worker.process.kill()
                await worker.process.wait()
        self._forget(worker)

    def _forget(self, worker: WorkerProcess) -> None:
        asyncio.get_running_loop().remove_reader(worker.control)
        worker.control.close()
        worker.private.unlink(missing_ok=True)
        self._alive.discard(worker)


def _on_beat(worker: WorkerProcess) -> None:
    try:
        data = worker.control.recv(4096)
    except OSError:
        data = b""
    if data:
        worker.silent = 0
    else:
        asyncio.get_running_loop().remove_reader(worker.control)


async def _is_serving(private: Path) -> bool:
    """Returns whether the worker at this socket reports that it is ready."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            reader, writer = await asyncio.open_unix_connection(private)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def _exit_reason(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}, {signal.strsignal(-code)}"
    return f"exit code {code}"
