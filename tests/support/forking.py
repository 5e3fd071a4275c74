"""Runs the program's commands in processes that needn't import it: as a program this has imported
it, and forks for each command. Importing takes longer than most commands.

It reads requests from the socket FORKING_FD: JSON, with the three standard streams beside it. The
answer is the exit code."""

import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import app

MAX_REQUEST = 1 << 20


def _command(request: dict[str, Any], streams: Sequence[int]) -> int:
    """The command in a process of its own. Returns its exit code."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, closefd=False)  # noqa: SIM115 - open until the process ends
        for number, mode in enumerate("rww")
    )
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    try:
        code = app.main(request["arguments"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _serve(requests: socket.socket) -> None:
    while True:
        text, streams, _, _ = socket.recv_fds(requests, MAX_REQUEST, 3)
        if not text:
            return
        child = os.fork()
        if child == 0:
            requests.close()
            signal.alarm(120)
            os._exit(_command(json.loads(text), streams))
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(os.environ["FORKING_FD"])))
