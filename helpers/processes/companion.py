"""A process beside this one that answers many calls at a time, where each may wait for others: for the
network, as a rule. What it does there, and what it is sent, can neither stop nor fill this process.

It is started with the first call, ends when it has been idle for a while, and is replaced when it dies.
It gets neither the environment nor the open files of this process, and its answers are plain data.
helpers/processes/accompanying.py is what runs in it."""

import asyncio
import contextvars
import itertools
import os
import subprocess
from typing import Any

import msgspec

from helpers.processes.child import start_child

MAX_ANSWER = 2 * 1024 * 1024
"""Bytes."""

_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the environment: where the certificates of the machine are."""


class CompanionEnded(Exception):
    """The process ended before it answered, or there is none."""


class Companion:
    """`module` is its program. A call that has no answer after `patience` seconds ends it. `close` it at
    the end."""

    def __init__(self, module: str, *, patience: float, idle_seconds: float = 60.0) -> None:
        self._module = module
        self._patience = patience
        self._idle_seconds = idle_seconds
        self._child: _Child | None = None
        self._starting = asyncio.Lock()
        self._is_closed = False

    async def call(self, *arguments: Any) -> Any:
        """Returns what the program answers. Raises CompanionEnded."""
        child = await self._running()
        return await child.ask(arguments, self._patience, self._idle_seconds)

    async def _running(self) -> "_Child":
        async with self._starting:
            if self._is_closed:
                raise CompanionEnded("it is closed")
            if self._child is None or self._child.has_ended:
                if self._child is not None:
                    await self._child.end()
                    self._child = None
                try:
                    self._child = await _Child.start(self._module)
                except OSError as error:
                    raise CompanionEnded(f"it can't be started: {error}") from None
            return self._child

    async def close(self) -> None:
        """Calls that wait raise CompanionEnded."""
        self._is_closed = True
        async with self._starting:
            if self._child is not None:
                await self._child.end()


class _Child:
    def __init__(
        self, process: "subprocess.Popen[bytes]", answers: asyncio.StreamReader, calls: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._calls = calls
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._idle: asyncio.TimerHandle | None = None
        self.has_ended = False
        # An empty context: it outlives the request that made the call.
        self._reading = asyncio.create_task(self._read(answers), context=contextvars.Context())

    @classmethod
    async def start(cls, module: str) -> "_Child":
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return cls(*await start_child(module, env=env))

    async def ask(self, arguments: tuple[Any, ...], patience: float, idle_seconds: float) -> Any:
        if self.has_ended:
            raise CompanionEnded("it has ended")
        number = next(self._ids)
        call = msgspec.msgpack.encode([number, arguments])
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        if self._idle is not None:
            self._idle.cancel()
        try:
            async with asyncio.timeout(patience):
                self._calls.write(len(call).to_bytes(4) + call)
                return await answer
        except TimeoutError:
            self._kill()
            raise CompanionEnded(f"it was ended after {patience:g} s without an answer") from None
        finally:
            self._waiting.pop(number, None)
            if not self._waiting and not self.has_ended:
                self._idle = asyncio.get_running_loop().call_later(idle_seconds, self._kill)

    async def _read(self, answers: asyncio.StreamReader) -> None:
        try:
            while True:
                length = int.from_bytes(await answers.readexactly(4))
                if length > MAX_ANSWER:
                    return
                number, result = msgspec.msgpack.decode(
                    await answers.readexactly(length), type=tuple[int, Any]
                )
                # Whoever asked may have gone.
                if (waiting := self._waiting.get(number)) is not None and not waiting.done():
                    waiting.set_result(result)
        except (EOFError, OSError, msgspec.MsgspecError):
            pass
        finally:
            self._kill()
            self._calls.close()
            await asyncio.to_thread(self._process.wait)

    def _kill(self) -> None:
        """Ends it at once. Those who wait are told."""
        self.has_ended = True
        self._process.kill()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(CompanionEnded("it has ended"))

    async def end(self) -> None:
        self._kill()
        if self._idle is not None:
            self._idle.cancel()
        # The reading comes to its end by that, and waits for the process.
        self._calls.close()
        await asyncio.gather(self._reading, return_exceptions=True)
