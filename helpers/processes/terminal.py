"""Shared by the shell commands: failures, password prompts, and progress of long operations."""

import contextlib
import getpass
import logging
import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from settings import Settings

PATIENCE_SECONDS = 2.0
"""Operations that take longer are reported."""

REDRAW_SECONDS = 0.1

BOX = Path("/opt/aiochat")
BOX_COMMAND = Path("/usr/local/bin/aiochat")
"""Of a machine that deploy/provision has set up: the command with the site's settings."""


class Failure(Exception):
    """The command can't continue. The text is one line."""


class UsageError(Failure):
    """The command's arguments and the settings contradict each other."""


def reason(error: OSError, folder: Path) -> str:
    """Why something in this folder can't be made or written."""
    told = error.strerror or str(error)
    if isinstance(error, PermissionError):
        with contextlib.suppress(OSError):
            told += f": {folder} belongs to user {folder.stat().st_uid}, and this is user {os.geteuid()}"
    return told


def program() -> str:
    """What one types here to run this program, as it was called itself."""
    called = Path(sys.argv[0])
    if called.name == "aiochat":
        return "aiochat"
    if called.absolute().parent == BOX and BOX_COMMAND.exists():
        return "sudo aiochat"
    python = Path(sys.executable)
    with contextlib.suppress(ValueError, OSError):
        python = python.relative_to(Path.cwd())
    return shlex.join((str(python), str(called) if called.name == "app.py" else "app.py"))


def say(text: str) -> None:
    """Prints a command's answer. Raises Failure if it can't be written: the reader of the pipe may
    have ended, or the disk may be full."""
    try:
        print(text, flush=True)
    except OSError as error:
        # Otherwise the interpreter flushes the stream again at exit and fails with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Failure(f"the answer can't be written ({error.strerror})") from None


def leave(code: int) -> NoReturn:
    """Ends the process. The interpreter isn't taken down: threads of native libraries (the store's) may
    still let go of its objects, and abort a process where these are gone."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                code = code or 1
    os._exit(code)


def ask_password(name: str) -> str:
    """Reads a password from the terminal, twice and without echo, or one line of standard input.
    Raises Failure."""
    if sys.stdin is None:
        raise Failure("there is no standard input to read the password from")
    try:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        # A command-line argument may contain bytes that aren't text.
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
def report_when_slow(what: str, patience_seconds: float | None = None) -> Iterator[None]:
    """Reports the operation on stderr once it has taken `patience_seconds`, PATIENCE_SECONDS where
    that is None."""
    timer = threading.Timer(
        PATIENCE_SECONDS if patience_seconds is None else patience_seconds,
        lambda: print(f"{what} takes a while ...", file=sys.stderr, flush=True),
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def report_duration(what: str) -> Iterator[None]:
    """Reports the operation on stderr at once, and its duration at the end."""
    print(what, end=" ... ", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(file=sys.stderr)
        raise
    print(f"{time.monotonic() - began:.1f} s", file=sys.stderr)


def report(what: str) -> contextlib.AbstractContextManager[None]:
    """Reports the operation to a terminal at once, elsewhere only where it takes long."""
    is_seen = sys.stderr is not None and sys.stderr.isatty()
    return report_duration(what) if is_seen else report_when_slow(what)


class Progress:
    """A context manager that shows progress on one line of the terminal, with the time left where it takes
    long. The line is overwritten and finally removed. Nothing is shown if stderr isn't a terminal."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._drawn = 0.0
        self._is_seen = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        self._draw()
        return self

    def __exit__(self, *exc: object) -> None:
        self._write("")

    def step(self, count: int = 1) -> None:
        """Counts so many more completed items."""
        self._done += count
        if time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._write(f"{self._what}: {self._done} of {self._total}{self._left()}")

    def _left(self) -> str:
        """Empty as long as it can't be told."""
        passed = time.monotonic() - self._began
        if passed < PATIENCE_SECONDS or not 0 < self._done < self._total:
            return ""
        seconds = round(passed * (self._total - self._done) / self._done)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        left = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"
        return f", {left} left"

    def _write(self, text: str) -> None:
        if self._is_seen:
            # Returns to the first column, and clears to the end of the line (ECMA-48, EL).
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def warn(settings: "Settings") -> None:
    """Says on standard error what is dangerous in the settings."""
    if settings.rate_limits == "off":
        print(
            "WARNING: RATE LIMITS ARE OFF (AIOCHAT_RATE_LIMITS=off). Anyone may guess passwords and flood "
            "rooms as fast as they like.",
            file=sys.stderr,
        )
    if settings.debug:
        print(
            "WARNING: DEBUG IS ON (AIOCHAT_DEBUG). Pages of any other site may act for whoever is signed in "
            "here.",
            file=sys.stderr,
        )
