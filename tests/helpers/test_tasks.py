"""Tasks rest between their steps, and end, whatever becomes of a cancellation, and so does the process."""

import asyncio
import subprocess
import sys
import time

import pytest

from helpers.tasks import LONGEST_REST, cancel_all, rest
from tests.support.people import PATIENCE
from tests.support.servers.process import ROOT


async def test_who_took_long_rests_long_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    rested: list[float] = []

    async def sleep(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.5)
    await rest(1000.0, 9.0)
    await rest(1000.0, 9.0, 2.0)
    await rest(900.0, 9.0)
    assert rested == [4.5, 2.0, LONGEST_REST]


async def ends(*tasks: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(PATIENCE):
        await cancel_all(tasks)
    assert all(task.done() for task in tasks)


async def test_who_waits_by_wait_for_ends_in_the_moment_of_the_answer() -> None:
    """Python 3.11 returns the answer, and the cancellation is lost."""
    answers: list[asyncio.Future[None]] = []

    async def endless() -> None:
        while True:
            answers.append(asyncio.get_running_loop().create_future())
            await asyncio.wait_for(answers[-1], PATIENCE)

    task = asyncio.create_task(endless())
    await asyncio.sleep(0)
    answers[0].set_result(None)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sys.version_info >= (3, 12) or not task.done(), "lost"
    await ends(task)


async def test_one_that_goes_on_is_asked_again() -> None:
    lost = 0

    async def endless() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(PATIENCE)
            except asyncio.CancelledError:
                lost += 1
                if lost == 4:
                    raise

    async def fails() -> None:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            raise OSError

    async def has_ended() -> None: ...

    tasks = [asyncio.create_task(work()) for work in (endless, fails, has_ended)]
    await asyncio.sleep(0)
    await ends(*tasks)
    assert lost == 4
    await ends()


HANGS = {
    "a task that never ends": """
    async def stubborn(app):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass
    runner.app.on_cleanup.append(stubborn)""",
    "a blocked event loop": """
    async def stubborn(app):
        time.sleep(3600)
    runner.app.on_cleanup.append(stubborn)""",
    "a thread at the exit": """
    def stubborn():
        time.sleep(3600)
    threading.Thread(target=stubborn).start()""",
}


@pytest.mark.parametrize("hang", HANGS)
@pytest.mark.usefixtures("programs")
def test_a_process_that_hangs_at_its_end_is_gone_soon_and_says_why(hang: str) -> None:
    program = f"""
import asyncio, threading, time
import uvloop
from aiohttp import web
from helpers.processes import worker
worker.EXIT_SECONDS = 1.0
async def main():
    runner = web.AppRunner(web.Application())
    {HANGS[hang].strip()}
    await runner.setup()
    await worker.shut_down(runner)
uvloop.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 1
    assert "stubborn" in ended.stderr
