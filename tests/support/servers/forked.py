"""Python programs as processes that have imported aiochat already: tests/support/programs/forking.py forks
them, once for each process of the tests."""

import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.servers.process import ROOT, STARTER, set_privileges


class Forked:
    """A process that was forked. What it has of `subprocess.Popen` does the same."""

    def __init__(
        self,
        program: Path,
        arguments: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        streams: Sequence[int],
    ) -> None:
        request = {"program": str(program), "arguments": arguments, "folder": str(folder), "env": dict(env)}
        self._pipe, theirs = os.pipe()
        weakref.finalize(self, os.close, self._pipe)
        try:
            socket.send_fds(_forking()[0], [json.dumps(request).encode()], [*streams, theirs])
        finally:
            os.close(theirs)
        self._reading = threading.Lock()
        self.pid = self._number()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._code(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _code(self, seconds: float | None) -> int | None:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        if poll.poll(None if seconds is None else seconds * 1000):
            with self._reading:
                if self.returncode is None:
                    self.returncode = self._number()
        return self.returncode

    def _number(self) -> int:
        """The next one that the pipe gives. At its end nobody is left who would know."""
        data = os.read(self._pipe, 4)
        return int.from_bytes(data, "little", signed=True) if data else -signal.SIGKILL


@functools.cache
def _forking() -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """Where requests go, and the program that forks, which lives as long as this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    program = str(ROOT / "tests" / "support" / "programs" / "forking.py")
    with theirs:
        process = STARTER.submit(
            subprocess.Popen,
            [*set_privileges(None, "KILL"), sys.executable, program],
            env={**os.environ, "FORKING_FD": str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,  # no terminal: streams are buffered by their kind
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        ).result()
    return ours, process
