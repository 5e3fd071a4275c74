"""Runs a program of the machine on what can't be trusted, with limits of processor time, of memory and of
what it writes: `python -m helpers.processes.limited SECONDS BYTES PROGRAM [ARGUMENT...]`."""

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]


class ProgramError(Exception):
    """It failed, took too long, or isn't there."""


async def run_limited(
    command: Sequence[str], given: IO[bytes], *, seconds: int, memory: int, most: int, patience: float
) -> bytes:
    """Returns what the program writes, at most `most` bytes, while it reads `given`. `seconds` are of
    processor time, `patience` all in all. Raises ProgramError."""
    wrapped = [sys.executable, "-m", "helpers.processes.limited", str(seconds), str(memory), *command]
    process = await asyncio.create_subprocess_exec(
        *wrapped,
        stdin=given.fileno(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        # Without the secrets of the settings.
        env={"PATH": os.environ.get("PATH", os.defpath)},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(patience):
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            found = bytearray()
            while piece := await process.stdout.read(64 * 1024):
                found += piece
                if len(found) > most:
                    raise ProgramError("it writes too much")
            if await process.wait():
                raise ProgramError(f"it ended with {process.returncode}")
            return bytes(found)
    except TimeoutError:
        raise ProgramError("it took too long") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def main(seconds: int, memory: int, command: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(5)
    os.execvp(command[0], command)  # noqa: S606 - the program of a setting, or one of our own


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
