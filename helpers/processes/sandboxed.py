"""The program of a sandbox's child process: reads calls from its standard input and answers on its
standard output, until its input ends, as it does when its parent dies.

A message is four bytes with its length, and MessagePack: a call is [function, function that
prepares it, seconds of processor time, arguments], an answer [status, result]."""

import contextlib
import importlib
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

HARD_SECONDS = 1.0
"""A function whose C code doesn't look for signals is ended by the kernel this long after its
processor time is used up."""


class OutOfTime(BaseException):
    """The call's processor time is used up. It isn't an Exception, so that functions don't catch
    it."""


def _on_out_of_time(number: int, frame: object) -> None:
    raise OutOfTime


@cache
def _function(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _limit(memory: int, nice: int) -> None:
    with contextlib.suppress(OSError):
        # Where the machine's or the service's memory runs out, this process goes first.
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It writes no files.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, _on_out_of_time)


def _limit_cpu(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = math.ceil(used.ru_utime + used.ru_stime + seconds + HARD_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (hard, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _answer(request: bytes) -> bytes:
    """Returns the encoded answer."""
    path, preparation, seconds, arguments = msgspec.msgpack.decode(request)
    try:
        # What is loaded isn't the fault of the first text.
        function = _function(path)
        if preparation:
            _function(preparation)(*arguments)
        try:
            _limit_cpu(seconds)
            result = function(*arguments)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        return msgspec.msgpack.encode(["ok", result])
    except OutOfTime:
        return msgspec.msgpack.encode(["time", None])
    except MemoryError:
        return msgspec.msgpack.encode(["memory", None])
    except Exception as error:
        return msgspec.msgpack.encode(["error", f"{type(error).__name__}: {error!s:.200}"])


def main(memory: int, nice: int) -> None:
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints is no answer.
    os.dup2(2, 1)
    _limit(memory, nice)
    while len(length := requests.read(4)) == 4:
        request = requests.read(int.from_bytes(length))
        answer = _answer(request)
        del request
        try:
            answers.write(len(answer).to_bytes(4) + answer)
            answers.flush()
        except BrokenPipeError:
            # The parent is dead. Nothing is left for the interpreter to flush at its end.
            os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
