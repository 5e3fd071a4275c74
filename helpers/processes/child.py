"""Starts a module of this program as a process beside it, joined to it by a socket that is its standard
input and output. It gets no open file of this process, and of the environment what is named."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def start_child(
    module: str, arguments: Sequence[str] = (), *, env: Mapping[str, str]
) -> tuple["subprocess.Popen[bytes]", asyncio.StreamReader, asyncio.StreamWriter]:
    """The process, what comes from it, and what goes to it. `env` is its whole environment, without the
    secrets of the settings. Raises OSError."""
    ours, theirs = socket.socketpair()
    try:
        # In a thread: for a large process this takes longer than a loop may be held.
        with theirs:
            process = await asyncio.to_thread(_start, [module, *arguments], env, theirs.fileno())
        return process, *await asyncio.open_connection(sock=ours)
    except BaseException:
        # Its input ends, and so does a process that was started.
        ours.close()
        raise


def _start(command: Sequence[str], env: Mapping[str, str], connection: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - nothing of it is given
        [sys.executable, "-m", *command],
        env=env,
        cwd=ROOT,
        stdin=connection,
        stdout=connection,
        # Ctrl-C is for the server, which then ends its children.
        start_new_session=True,
    )
