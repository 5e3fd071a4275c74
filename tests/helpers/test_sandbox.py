"""Calls in a process of their own: they take turns, end in time, and leave nothing behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.processes.sandbox import Busy, CallFailed, Limits, Sandbox, TooMuch
from settings import ROOT
from tests.support.people import PATIENCE

LIMITS = Limits(cpu_seconds=0.2, wall_seconds=60, memory=400 * 2**20, own_waiting=5, waiting=8)


@asynccontextmanager
async def opened(limits: Limits = LIMITS) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(limits)
    try:
        yield sandbox
    finally:
        await sandbox.close()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with opened() as found:
        yield found


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    # Who was killed may wait for a parent that asks.
    return state != "Z"


async def test_a_call_returns_what_the_function_does(sandbox: Sandbox) -> None:
    assert await sandbox.call(1, "builtins:max", 1, 2) == 2
    assert await sandbox.call(1, "builtins:sorted", ["b", "a"]) == ["a", "b"]
    assert await sandbox.call(1, "builtins:bytes", b"x" * 2_000_000) == b"x" * 2_000_000
    assert await sandbox.call(1, "os:getpid") == await sandbox.call(2, "os:getpid") != os.getpid()


async def test_a_function_that_breaks_breaks_nothing_else(sandbox: Sandbox) -> None:
    pid = await sandbox.call(1, "os:getpid")
    with pytest.raises(CallFailed, match="ZeroDivisionError"):
        await sandbox.call(1, "operator:truediv", 1, 0)
    with pytest.raises(CallFailed):
        await sandbox.call(1, "no_such_module:f")
    assert await sandbox.call(1, "os:getpid") == pid


async def test_the_child_has_no_secrets_and_writes_no_files(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIOCHAT_DATABASE_URL", "postgresql://aiochat:secret@localhost/aiochat")
    environment = await sandbox.call(1, "builtins:eval", "dict(__import__('os').environ)")
    assert not any("AIOCHAT" in name for name in environment)
    last = await sandbox.call(1, "builtins:eval", "open('/proc/self/oom_score_adj').read()")
    assert last == "1000\n", "it goes first where memory runs out"
    opened = await sandbox.call(1, "os:listdir", "/proc/self/fd")
    assert len(opened) <= 6, "input, output, errors, copies of two, and the folder"
    with pytest.raises(CallFailed, match="OSError"):
        await sandbox.call(1, "builtins:eval", f"open({str(tmp_path / 'x')!r}, 'w', 0 + 1).write('xx\\n')")


async def test_keys_take_turns(sandbox: Sandbox) -> None:
    ended: list[str] = []

    async def call(key: str) -> None:
        await sandbox.call(key, "builtins:len", key)
        ended.append(key)

    keys = ["greedy"] * 4 + ["alice"] * 2 + ["bob"]
    await asyncio.gather(*map(call, keys))
    assert ended == ["greedy", "alice", "bob", "greedy", "alice", "greedy", "greedy"]


async def test_several_children() -> None:
    async with opened(replace(LIMITS, children=2)) as sandbox:
        calls = (sandbox.call(key, "os:getpid") for key in (1, 2, 3, 4))
        assert len(set(await asyncio.gather(*calls))) in (1, 2)
        slow = asyncio.create_task(sandbox.call(1, "time:sleep", 1000))
        await asyncio.gather(*(sandbox.call(key, "os:getpid") for key in (2, 3)))
        assert not slow.done()
    with pytest.raises(CallFailed):
        await slow


async def test_few_calls_wait(sandbox: Sandbox) -> None:
    async def call(key: str) -> object:
        try:
            return await sandbox.call(key, "builtins:len", key)
        except Busy:
            return "busy"

    keys = ["greedy"] * 6 + ["alice", "bob", "carol", "dan"]
    outcomes = await asyncio.gather(*map(call, keys))
    assert outcomes == [6] * 5 + ["busy"] + [5, 3, 5] + ["busy"]


async def test_a_caller_that_is_gone_costs_nothing(sandbox: Sandbox) -> None:
    first = asyncio.create_task(sandbox.call(1, "os:getpid"))
    second = asyncio.create_task(sandbox.call(1, "os:_exit", 1))
    await asyncio.sleep(0)
    second.cancel()
    assert await first == await sandbox.call(1, "os:getpid"), "the second one wasn't called"


async def test_python_that_takes_too_long_is_interrupted(sandbox: Sandbox) -> None:
    pid = await sandbox.call(1, "os:getpid")
    for function, argument in (
        ("builtins:eval", "[0 for _ in iter(int, 1)]"),
        ("builtins:eval", "__import__('re').match('(a|a)*b', 'a' * 100)"),
    ):
        with pytest.raises(TooMuch):
            await sandbox.call(1, function, argument)
    assert await sandbox.call(1, "os:getpid") == pid


async def dies(sandbox: Sandbox, *call: Any) -> None:
    """The call ends its process, and the next ones are made by another."""
    before = await sandbox.call(1, "os:getpid")
    made, waiting = (asyncio.create_task(sandbox.call(1, *one)) for one in (call, ("os:getpid",)))
    with pytest.raises(TooMuch):
        await made
    assert await waiting != before
    await until(lambda: not runs(before))


async def test_what_looks_for_no_signals_is_killed_by_the_kernel(sandbox: Sandbox) -> None:
    await dies(sandbox, "builtins:eval", "sum(range(10**13))")


async def test_what_makes_no_progress_is_killed() -> None:
    async with opened(replace(LIMITS, wall_seconds=1.5)) as sandbox:
        await dies(sandbox, "time:sleep", 1000)


async def test_what_takes_too_much_memory_is_killed(sandbox: Sandbox) -> None:
    await dies(sandbox, "builtins:bytearray", 10**9)


async def test_a_child_that_crashes_is_replaced(sandbox: Sandbox) -> None:
    await dies(sandbox, "os:abort")


async def test_a_child_that_was_killed_while_idle_is_nobodys_fault(sandbox: Sandbox) -> None:
    pid = await sandbox.call(1, "os:getpid")
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not runs(pid))
    assert await sandbox.call(1, "os:getpid") != pid


async def test_an_idle_child_ends() -> None:
    async with opened(replace(LIMITS, idle_seconds=0.05)) as sandbox:
        pid = await sandbox.call(1, "os:getpid")
        await until(lambda: not runs(pid))
        assert await sandbox.call(1, "os:getpid") != pid


async def test_closing_ends_all(sandbox: Sandbox) -> None:
    pid = await sandbox.call(1, "os:getpid")
    calls: list[Awaitable[object]] = [
        asyncio.create_task(sandbox.call(1, "time:sleep", 1000)) for _ in range(3)
    ]
    await asyncio.sleep(0)
    await sandbox.close()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, CallFailed) for outcome in outcomes)
    assert not runs(pid)
    with pytest.raises(CallFailed):
        await sandbox.call(1, "os:getpid")


_PARENT = """
import asyncio
from helpers.processes.sandbox import Limits, Sandbox

async def main():
    sandbox = Sandbox(Limits(1, 60, 400 * 2**20, 5, 5))
    print(await sandbox.call(1, "os:getpid"), flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.mark.usefixtures("programs")
async def test_children_end_with_their_parent() -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PARENT), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert runs(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not runs(pid))
