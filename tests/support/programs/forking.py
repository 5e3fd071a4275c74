"""Runs Python programs in processes that needn't import aiochat: as a program this has imported it,
and forks for each program. Importing takes longer than most commands.

Requests come from the socket FORKING_FD: JSON, and beside it the three standard streams and a pipe.
The pipe gets two numbers of four bytes: the id of the process at once, and its exit code, as
subprocess has it, at its end."""

import asyncio
import contextlib
import ctypes
import gc
import io
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog  # noqa: F401 - the logs are set up by the first command
import yoyo.scripts.main  # noqa: F401 - a part of yoyo, whose first use imports it

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import app
from accounts.people.common_passwords import load_common
from helpers.processes import terminal
from settings import read_settings

MAX_REQUEST = 1 << 20
PR_SET_PDEATHSIG = 1


def _become(request: dict[str, Any], streams: list[int], parent: int) -> None:
    """Makes of a forked process what a started one is: the leader of a session that dies with its
    parent, with no files open but its standard streams."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        _open_anew(number, name)


def _open_anew(number: int, name: str) -> None:
    """A stream knows from its beginning whether it is a terminal, and whether one can seek in it."""
    before = getattr(sys, name)
    stream = open(  # noqa: SIM115 - for as long as the process lives
        number, before.mode, encoding=before.encoding, errors=before.errors, closefd=False
    )
    assert isinstance(stream, io.TextIOWrapper)
    if number:
        stream.reconfigure(
            line_buffering=number == 2 or stream.isatty(),
            write_through=bool(os.environ.get("PYTHONUNBUFFERED")),
        )
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _serve(requests: socket.socket) -> dict[str, Any] | None:
    """Forks for each request. Returns in the new processes, with the request, and in this one when
    nobody can ask any more."""
    parent = os.getpid()
    poll = select.poll()
    poll.register(requests, select.POLLIN)
    running: dict[int, tuple[int, int]] = {}
    """The process and its pipe, by a descriptor that can be read at the process's end."""
    while True:
        for ready, _ in poll.poll():
            if ready != requests.fileno():
                poll.unregister(ready)
                process, pipe = running.pop(ready)
                _, status = os.waitpid(process, 0)
                _tell(pipe, os.waitstatus_to_exitcode(status))
                os.close(pipe)
                os.close(ready)
                continue
            text, descriptors, _, _ = socket.recv_fds(requests, MAX_REQUEST, 4)
            if not text:
                return None
            *streams, pipe = descriptors
            process = os.fork()
            if process == 0:
                requests.detach()
                request: dict[str, Any] = json.loads(text)
                _become(request, streams, parent)
                return request
            for stream in streams:
                os.close(stream)
            _tell(pipe, process)
            end = os.pidfd_open(process)
            running[end] = process, pipe
            poll.register(end, select.POLLIN)


def _tell(pipe: int, number: int) -> None:
    # Perhaps nobody waits for it any more.
    with contextlib.suppress(BrokenPipeError):
        os.write(pipe, number.to_bytes(4, "little", signed=True))


async def _prepare() -> None:
    """What the first application of a process imports and compiles is there for all."""
    with tempfile.TemporaryDirectory() as folder:
        await app.create_app(read_settings(data_dir=Path(folder)))


if __name__ == "__main__":
    load_common()
    asyncio.run(_prepare())
    assert len(os.listdir("/proc/self/task")) == 1, "a thread would be missing in the forked processes"
    # On a busy machine much takes a while, and a command that goes well says nothing else.
    terminal.PATIENCE_SECONDS = 600.0
    gc.collect()
    gc.freeze()
    if request := _serve(socket.socket(fileno=int(os.environ["FORKING_FD"]))):
        sys.argv = [request["program"], *request["arguments"]]
        sys.path[:2] = [str(Path(request["program"]).parent)]
        runpy.run_path(request["program"], run_name="__main__")
