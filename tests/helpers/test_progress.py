"""Progress on one line of a terminal, with the time left where it takes long."""

import io
import sys

import pytest

from helpers.processes.terminal import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, now = Terminal(), 1000.0
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr("helpers.processes.terminal.time.monotonic", lambda: now)
    with Progress("messages", 1000) as progress:
        for seconds, done in ((1, 10), (9, 90), (90, 100), (8000, 20)):
            now += seconds
            progress.step(done)
    assert [line.removesuffix("\x1b[K") for line in shown.getvalue().split("\r")[1:]] == [
        "messages: 0 of 1000",
        "messages: 10 of 1000",
        "messages: 100 of 1000, 1 min left",
        "messages: 200 of 1000, 6 min left",
        "messages: 220 of 1000, 7 h 58 min left",
        "",
    ]
