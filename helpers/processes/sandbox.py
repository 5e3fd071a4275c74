"""Runs functions on what can't be trusted in child processes: with a limit of processor time, of
memory and of waiting, and in fair turns.

A child is started with the first call, ends when it has been idle for a while, and is replaced when
it dies. It gets neither the environment nor the open files of this process, and its answers are
plain data. helpers/processes/sandboxed.py is what runs in it."""

import asyncio
import contextvars
import logging
import subprocess
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from helpers.processes.child import start_child

log = logging.getLogger("aiochat.sandbox")

CHUNK = 256 * 1024

MAX_ANSWER = 96 * 1024 * 1024
"""Bytes."""


@dataclass(frozen=True)
class Limits:
    """`cpu_seconds` is the processor time of one call. `wall_seconds` is for a child that makes no
    progress, or that the machine gives no time; a child that takes longer is killed. `memory` is the
    bytes of address space of a child. At most `own_waiting` calls of one key wait, and `waiting`
    of all. A child that is idle for `idle_seconds` ends. `nice` is added to its priority's number."""

    cpu_seconds: float
    wall_seconds: float
    memory: int
    own_waiting: int
    waiting: int
    children: int = 1
    idle_seconds: float = 300.0
    nice: int = 0


class SandboxError(Exception):
    """The call has no result."""


class Busy(SandboxError):
    """Too many calls wait. The call was not made."""


class TooMuch(SandboxError):
    """The call took more time or memory than it may."""


class CallFailed(SandboxError):
    """The function raised an exception, or no child can be started."""


@dataclass(eq=False)
class _Call:
    head: list[Any]
    arguments: tuple[Any, ...]
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def request(self) -> bytes:
        """Reads the files, and encodes the call."""
        if any(hasattr(given, "read") for given in self.arguments):
            return await asyncio.to_thread(self._encode)
        return self._encode()

    def _encode(self) -> bytes:
        arguments = [given.read() if hasattr(given, "read") else given for given in self.arguments]
        return msgspec.msgpack.encode([*self.head, arguments])


class Sandbox:
    """Children that run functions of this program. `prepare`, a function as `module:name`, gets the
    arguments of each call before its time is counted. `close` the sandbox at the end."""

    def __init__(self, limits: Limits, prepare: str = "") -> None:
        self._limits = limits
        self._prepare = prepare
        self._waiting: OrderedDict[Hashable, deque[_Call]] = OrderedDict()
        self._count = 0
        self._added = asyncio.Event()
        self._runners: set[asyncio.Task[None]] = set()
        self._idle = 0
        self._is_closed = False

    async def call(self, key: Hashable, function: str, *arguments: Any) -> Any:
        """Returns what the function `module:name` returns. Arguments and result are plain data:
        None, numbers, texts, bytes, and lists of them. A binary file as an argument is read when
        the call's turn comes, so that it takes no memory while it waits.

        Calls of one key begin in their order; keys take turns. Raises SandboxError."""
        queue = self._waiting.get(key)
        if self._is_closed:
            raise CallFailed("the sandbox is closed")
        if self._count >= self._limits.waiting or (queue and len(queue) >= self._limits.own_waiting):
            raise Busy("too many calls are waiting")
        call = _Call([function, self._prepare, self._limits.cpu_seconds], arguments)
        if queue is None:
            queue = self._waiting[key] = deque()
        queue.append(call)
        self._count += 1
        self._added.set()
        self._start_runner()
        return await call.answer

    async def close(self) -> None:
        """Ends the children. Waiting calls raise CallFailed."""
        self._is_closed = True
        runners = list(self._runners)
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
        while (call := self._next()) is not None:
            call.answer.set_exception(CallFailed("the sandbox is closed"))

    def _start_runner(self) -> None:
        """Starts a runner for the waiting calls, unless enough are idle or there are enough."""
        if self._count > self._idle and len(self._runners) < self._limits.children:
            # An empty context: it outlives the request that made the call.
            runner = asyncio.create_task(self._run(), context=contextvars.Context())
            self._runners.add(runner)
            runner.add_done_callback(self._on_runner_done)

    def _on_runner_done(self, runner: asyncio.Task[None]) -> None:
        self._runners.discard(runner)
        if not self._is_closed:
            # A call may have come while the runner was ending.
            self._start_runner()

    def _next(self) -> _Call | None:
        """The next call whose caller still waits: the first one of the key whose turn it is."""
        while self._waiting:
            key, queue = self._waiting.popitem(last=False)
            call = queue.popleft()
            self._count -= 1
            if queue:
                self._waiting[key] = queue
            if not call.answer.done():
                return call
        return None

    async def _run(self) -> None:
        """Makes the waiting calls one after another, with one child at a time."""
        child = None
        try:
            while (call := await self._next_within_idle_time()) is not None:
                try:
                    if child is not None and child.has_ended:
                        # Killed while it was idle: not the fault of this call.
                        await child.end()
                        child = None
                    child = child or await _Child.start(self._limits)
                    status, result = await child.ask(await call.request())
                except asyncio.CancelledError:
                    _fail(call, CallFailed("the sandbox is closed"))
                    raise
                except Exception as error:
                    log.warning("a sandboxed call ended its process: %s", error or type(error).__name__)
                    _fail(call, TooMuch("the process was ended") if child else CallFailed(str(error)))
                    status = "ended"
                if status == "ok" and not call.answer.done():
                    call.answer.set_result(result)
                elif status in ("time", "memory"):
                    _fail(call, TooMuch(f"the call took too much {status}"))
                elif status == "error":
                    log.warning("a sandboxed call failed: %s", result)
                    _fail(call, CallFailed(str(result)))
                if status in ("ended", "memory") and child is not None:
                    await child.end()
                    child = None
        finally:
            if child is not None:
                await child.end()

    async def _next_within_idle_time(self) -> _Call | None:
        call = self._next()
        if call is not None:
            return call
        self._idle += 1
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                while call is None:
                    self._added.clear()
                    await self._added.wait()
                    call = self._next()
        except TimeoutError:
            call = self._next()
        finally:
            self._idle -= 1
        return call


def _fail(call: _Call, error: SandboxError) -> None:
    if not call.answer.done():
        call.answer.set_exception(error)


class _Child:
    """A process that answers one request after another."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        answers: asyncio.StreamReader,
        requests: asyncio.StreamWriter,
        wall_seconds: float,
    ) -> None:
        self._process = process
        self._answers = answers
        self._requests = requests
        self._wall_seconds = wall_seconds

    @classmethod
    async def start(cls, limits: Limits) -> "_Child":
        bounds = [str(limits.memory), str(limits.nice)]
        started = await start_child("helpers.processes.sandboxed", bounds, env={})
        return cls(*started, limits.wall_seconds)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    async def ask(self, request: bytes) -> tuple[str, Any]:
        """Returns the status and the result. Raises an exception if the process must be ended."""
        try:
            async with asyncio.timeout(self._wall_seconds):
                self._requests.write(len(request).to_bytes(4))
                for start in range(0, len(request), CHUNK):
                    self._requests.write(request[start : start + CHUNK])
                    await self._requests.drain()
                length = int.from_bytes(await self._answers.readexactly(4))
                if length > MAX_ANSWER:
                    raise ValueError("its answer is too long")
                answer = await self._answers.readexactly(length)
        except TimeoutError:
            raise TimeoutError(f"no answer after {self._wall_seconds:g} s") from None
        status, result = msgspec.msgpack.decode(answer, type=tuple[str, Any])
        return status, result

    async def end(self) -> None:
        self._process.kill()
        self._requests.close()
        await asyncio.to_thread(self._process.wait)
