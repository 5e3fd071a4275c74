"""The limit of time for code that is highlighted: nothing keeps it from holding, and it ends whole."""

import gc
import signal
import sys
import time
from typing import Any

import pytest

from helpers.text import highlighting


def test_a_limit_holds_also_where_an_exception_would_be_lost() -> None:
    """As in the callbacks of weak references, which lexers have while they read their code."""
    callback: dict[str, Any] = {"__name__": "_weakrefset", "clock": time.thread_time}
    exec("def call(end):\n    while clock() < end: pass", callback)
    returned = []

    def read() -> None:
        callback["call"](time.thread_time() + 2 * highlighting.MAX_SECONDS)
        returned.append(True)
        while True:
            pass

    with pytest.raises(highlighting._TooSlow):
        highlighting._in_time(read)
    assert returned


def test_a_limit_holds_also_where_a_del_swallows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: lost.append(told.exc_type))

    class Slow:
        def __del__(self) -> None:
            while not lost:
                pass

    def read() -> None:
        Slow()
        while True:
            pass

    # The loop in `__del__` ends by the exception that is lost there.
    with pytest.raises(highlighting._TooSlow):
        highlighting._in_time(read)
    assert lost == [highlighting._TooSlow]


def test_the_end_of_a_limit_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer comes again while the work ends, as on a slow machine."""

    def wait(seconds: float) -> None:
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass

    def slowly(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        if not seconds:
            wait(4 * highlighting.AGAIN_SECONDS)
        return setitimer(which, seconds, interval)

    def work() -> None:
        try:
            wait(60)
        finally:
            wait(4 * highlighting.AGAIN_SECONDS)

    setitimer = signal.setitimer
    monkeypatch.setattr(signal, "setitimer", slowly)
    former = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(highlighting._TooSlow):
        highlighting._in_time(work)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert signal.getsignal(signal.SIGVTALRM) == former


def test_a_limit_holds_also_where_the_garbage_collector_tells_of_its_work() -> None:
    returned = []

    def last() -> None:
        end = time.thread_time() + 2 * highlighting.MAX_SECONDS
        while time.thread_time() < end:
            # The limit doesn't count what the system does, like asking the time.
            for _ in range(10_000):
                pass

    def tell(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            # The limit meets what the callback has called.
            last()
        returned.append(phase)

    def read() -> None:
        gc.collect()
        while True:
            pass

    # What other tests left is gone before: an exception in its `__del__` would be told as an error.
    gc.collect()
    gc.callbacks.append(tell)
    try:
        with pytest.raises(highlighting._TooSlow):
            highlighting._in_time(read)
    finally:
        gc.callbacks.remove(tell)
    assert returned[:2] == ["start", "stop"]
