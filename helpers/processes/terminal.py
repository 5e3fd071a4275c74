"""What the commands of the shell share: how they fail, how they ask for a password, and how they
show that something takes long."""

import contextlib
import getpass
import os
import sys
import threading
import time
from collections.abc import Iterator

PATIENCE_SECONDS = 2.0
"""Whoever waits longer wants to know what for."""

REDRAW_SECONDS = 0.1


class Failure(Exception):
    """The command can't go on. The text is one line."""


class UsageError(Failure):
    """The command and the settings don't go together."""


def say(text: str) -> None:
    """Prints a command's answer. Raises Failure where it can't be written: whoever read it may have
    gone, and a disk may be full."""
    try:
        print(text, flush=True)
    except OSError as error:
        # What the stream holds would be tried again at the very end, and fail with many lines.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Failure(f"the answer can't be written ({error.strerror})") from None


def ask_password(name: str) -> str:
    """From the terminal, twice and unseen, or a line of standard input. Raises Failure."""
    if sys.stdin is None:
        raise Failure("there is no standard input to read the password from")
    try:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        # What came in as an argument may hold bytes that are no text.
        printable = name.encode("ascii" if not name.isprintable() else "utf-8", "backslashreplace").decode()
        password = getpass.getpass(f"Password for {printable}: ")
        if getpass.getpass("The same again: ") != password:
            raise Failure("that wasn't the same password again")
        return password
    except EOFError:
        raise Failure("no password was given") from None
    except UnicodeDecodeError:
        raise Failure("the password isn't UTF-8") from None
    except OSError as error:
        raise Failure(f"the password can't be read ({error.strerror})") from None


@contextlib.contextmanager
def report_when_slow(what: str, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Says what is being done, on stderr, once it has taken long."""
    timer = threading.Timer(
        patience_seconds, lambda: print(f"{what} takes a while ...", file=sys.stderr, flush=True)
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def report_duration(what: str) -> Iterator[None]:
    """Says at once what is being done, on stderr, and then how long it took."""
    print(what, end=" ... ", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(file=sys.stderr)
        raise
    print(f"{time.monotonic() - began:.1f} s", file=sys.stderr)


class Progress:
    """How far something is, on one line of the terminal that is written over and at last removed.
    Nothing where stderr is none.

    As a context manager."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._drawn = 0.0
        self._is_seen = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        self._draw()
        return self

    def __exit__(self, *exc: object) -> None:
        self._write("")

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._write(f"{self._what}: {self._done} of {self._total}")

    def _write(self, text: str) -> None:
        if self._is_seen:
            # To the first column; and what stood behind the text is removed (ECMA-48, EL).
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
