"""A server as a process: started, waited for, ended by its id. The folders, ports and privileges
that it needs are here too.

Every process is the leader of its own session, and dies with the process that started it.
Linux only: `setpriv` ties a child's life to its parent's, abstract sockets reserve ports."""

import atexit
import contextlib
import fcntl
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Protocol, Self

ROOT = Path(__file__).resolve().parents[3]
POLL_SECONDS = 0.02
PROVISION = "run deploy/provision --tests"

# Below 32768: from there on the kernel gives ports away to outgoing connections.
PORTS = range(20000, 32000)
_chance = random.SystemRandom()  # the global generator is seeded by hypothesis

# A child dies when the thread that started it ends. This thread ends with the process, whoever
# calls start().
STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="servers")
_running: "weakref.WeakSet[Server]" = weakref.WeakSet()


class ServerError(Exception):
    """A server is missing, didn't start, or didn't answer in time. The text ends with the tail of
    its log."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, never given twice while this process lives.

    It is reserved by an abstract socket that closes with the process, so that parallel test runs
    don't meet."""
    for _ in range(1000):
        port = _chance.choice(PORTS)
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0aiochat-port-{port}")
        except OSError:
            claim.close()
            continue
        claim.detach()  # open until the process ends
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerError(f"no free port between {PORTS.start} and {PORTS.stop}")


class Process(Protocol):
    """What a server needs of `subprocess.Popen`."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Server(ABC):
    """One server process: start, stop, kill, start again on the same port and data.

    As a context manager it starts, and at the end stops and removes its folder."""

    name: str
    may_start: ClassVar[bool] = True
    """Not in a test that has no fixture of servers."""

    start_seconds = 60.0
    stop_seconds = 60.0
    stop_signal = signal.SIGTERM
    parent_death_signal = "KILL"

    def __init__(self, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder, lock = new_folder(self.name)
        self.log = self.folder / "log"
        self.process: Process | None = None
        self.closing = contextlib.ExitStack()
        """What else ends with it, before it does."""
        self._remove_folder = weakref.finalize(self, remove, self.folder, lock)

    @abstractmethod
    def _command(self) -> list[str]:
        """The program and its arguments; it must stay in the foreground."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Does it answer? May raise OSError for no."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @property
    def pid(self) -> int:
        """The id of its first process. Raises ServerError if it isn't running."""
        if self.process is None or self.process.poll() is not None:
            raise ServerError(f"{self.name} isn't running")
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> Self:
        """Start it and wait until it answers. Raises ServerError with its log's tail otherwise."""
        if self.running:
            raise ServerError(f"{self.name} runs already")
        if not self.may_start:
            raise ServerError("this test starts a server: it needs the fixture own_servers")
        self._prepare()
        self.process = self._spawn()
        _running.add(self)
        self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds: float | None = None) -> None:
        """Return as soon as it answers. If it ends or stays silent, end it and raise
        ServerError."""
        seconds = self.start_seconds if seconds is None else seconds
        deadline = time.monotonic() + seconds
        while self.running:
            with contextlib.suppress(OSError):
                if self._is_ready():
                    return
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"{self.name} didn't answer within {seconds:g} s\n{self.tail()}")
            time.sleep(POLL_SECONDS)
        code = None if self.process is None else self.process.returncode
        raise ServerError(f"{self.name} ended with {code} while starting\n{self.tail()}")

    def stop(self) -> int | None:
        """Ask it to end and wait; after `stop_seconds` kill it. Returns its exit code, None if it
        never ran."""
        if self.process is None:
            return None
        if self.running:
            self.resume()  # a stopped process wouldn't hear the signal
            self.send(self.stop_signal)
            try:
                self.process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        _running.discard(self)
        return self.process.returncode

    def kill(self) -> None:
        """SIGKILL to it and all its children, as a power cut would. Returns when they are gone."""
        if self.process is None:
            return
        if self.running:
            self.send(signal.SIGSTOP)  # it must not fork while its children are listed
            family = self._send_to_family(signal.SIGKILL)
            self.process.wait(self.stop_seconds)
            _wait_until(lambda: not any(_lives(member) for member in family), self.stop_seconds)
        _running.discard(self)

    def restart(self) -> Self:
        """Stop it, and start it on the same port and data."""
        self.stop()
        return self.start()

    def pause(self) -> None:
        """SIGSTOP to it and its children: connections stay open and nothing answers."""
        self._send_to_family(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT to it and its children."""
        self._send_to_family(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """A signal to its first process, if that is still there."""
        if self.running and self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def close(self) -> None:
        """Stop it and remove its folder with all data."""
        self.closing.close()
        self.stop()
        self._remove_folder()

    def tail(self, lines: int = 30) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _prepare(self) -> None:  # noqa: B027 - most have nothing to write
        """Write what the program needs to find; called before each start."""

    def _environment(self) -> Mapping[str, str]:
        return os.environ

    def _user(self) -> str | None:
        """Whom to run it as, if not as ourselves."""
        return None

    def _send_to_family(self, number: signal.Signals) -> list[int]:
        """A signal to its first process and that one's descendants. Returns their ids."""
        if self.process is None or not self.running:
            return []
        family = [self.process.pid, *_descendants(self.process.pid)]
        for member in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, number)
        return family

    def _spawn(self) -> Process:
        """The process, with the log as its output."""
        command = [*set_privileges(self._user(), self.parent_death_signal), *self._command()]
        with self.log.open("ab") as log:
            return STARTER.submit(
                subprocess.Popen,
                command,
                cwd=self.folder,
                env=dict(self._environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ).result()


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.kill()


def program_path(name: str) -> str:
    """Its path; /usr/sbin isn't in everybody's PATH. Raises ServerError where it is missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        raise ServerError(f"{name} isn't installed: {PROVISION}")
    return found


def set_privileges(user: str | None, parent_death_signal: str) -> list[str]:
    """A prefix that runs a command as `user` and sends it a signal when its parent dies."""
    prefix = [program_path("setpriv"), "--pdeathsig", parent_death_signal]
    if user is not None:
        group = str(pwd.getpwnam(user).pw_gid)
        prefix += ["--reuid", user, "--regid", group, "--clear-groups"]
    return [*prefix, "--"]


def new_folder(name: str) -> tuple[Path, int]:
    """A new folder whose path any user may walk, and short enough for a socket in it; and its
    lock."""
    usual = Path(tempfile.gettempdir())
    walkable = (
        all(folder.stat().st_mode & 0o001 for folder in (usual, *usual.parents)) and len(str(usual)) < 50
    )
    parent = usual if walkable else Path("/tmp")
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"aiochat-test-{name.lower()}-", dir=parent))
    folder.chmod(0o755)
    lock = _lock(folder)
    if lock is None:
        raise ServerError(f"{folder} was locked by another process")
    return folder, lock


def _lock(folder: Path) -> int | None:
    """Lock it until the returned descriptor is closed, at the latest when this process ends. None
    if another one has."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def remove(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove the folders of test runs that were killed."""
    for folder in parent.glob("aiochat-test-*"):
        with contextlib.suppress(OSError):
            # A new one may not have been locked yet.
            if time.time() - folder.stat().st_mtime > 60 and (lock := _lock(folder)) is not None:
                remove(folder, lock)


def _descendants(pid: int) -> Iterator[int]:
    """The ids of a process's children and theirs."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from _descendants(child)


def _lives(pid: int) -> bool:
    """Is it there, and not just a zombie that nobody has reaped yet?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def _wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ServerError(f"waited {seconds:g} s in vain")
        time.sleep(POLL_SECONDS)
