"""Real servers for the tests: PostgreSQL, Redis, nginx and aiochat itself, each in a folder and on a port of its own.

Everything here is synchronous and built on subprocesses; fixtures and the names of people and rooms live elsewhere.
Every process is the leader of its own session, is ended by its id, and dies with the process that started it.
Linux only: `setpriv` ties a child's life to its parent's, abstract sockets reserve ports."""

import atexit
import contextlib
import fcntl
import os
import pwd
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.02
PROVISION = "run deploy/provision --tests"

# Below 32768: from there on the kernel gives ports away to outgoing connections.
PORTS = range(20000, 32000)
_chance = random.SystemRandom()  # the global generator is seeded by hypothesis

# A child dies when the thread that started it ends. This thread ends with the process, whoever calls start().
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="servers")
_running: "weakref.WeakSet[Server]" = weakref.WeakSet()


class ServerError(Exception):
    """A server is missing, didn't start, or didn't answer in time. The text ends with the tail of its log."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, never given twice while this process lives.

    It is reserved by an abstract socket that closes with the process, so that parallel test runs don't meet."""
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


class Server(ABC):
    """One server process: start, stop, kill, start again on the same port and data.

    As a context manager it starts, and at the end stops and removes its folder."""

    name: str
    start_seconds = 20.0
    stop_seconds = 10.0
    stop_signal = signal.SIGTERM
    parent_death_signal = "KILL"

    def __init__(self, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder, lock = _new_folder(self.name)
        self.log = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._remove_folder = weakref.finalize(self, _remove, self.folder, lock)

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
        self._prepare()
        self.process = _starter.submit(self._spawn).result()
        _running.add(self)
        self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds: float | None = None) -> None:
        """Return as soon as it answers. If it ends or stays silent, end it and raise ServerError."""
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
        """Ask it to end and wait; after `stop_seconds` kill it. Returns its exit code, None if it never ran."""
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

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [*_set_privileges(self._user(), self.parent_death_signal), *self._command()]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(self._environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


class Postgres(Server):
    """PostgreSQL with fsync on, the newest installed one. As root it runs as another user, since it refuses root.

    `options` are server settings, like `{"fsync": "off"}`. The role `aiochat` owns its databases and is no superuser."""

    name = "PostgreSQL"
    start_seconds = 60.0  # recovery after a SIGKILL
    stop_signal = signal.SIGINT  # the "fast" shutdown: doesn't wait for clients
    parent_death_signal = "QUIT"  # the "immediate" shutdown: no clients are waited for, shared memory is given back

    def __init__(self, *, port: int | None = None, options: Mapping[str, str] | None = None) -> None:
        self.programs = _postgres_programs()
        super().__init__(port=port)
        self.options = dict(options or {})
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        """The database `aiochat`, by TCP, as its owner."""
        return self.database_url("aiochat")

    @property
    def admin_url(self) -> str:
        """The database `postgres`, by TCP, as the superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def socket_folder(self) -> Path:
        return self.folder

    def database_url(self, name: str) -> str:
        return f"postgresql://aiochat@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database owned by the role `aiochat`, a copy of `template`. Returns its URL."""
        self._administer(
            sql.SQL("create database {} owner aiochat template {}").format(sql.Identifier(name), sql.Identifier(template)),
        )
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Remove it, cutting its connections."""
        self._administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def cut_connections(self, name: str = "aiochat") -> None:
        """End every connection to the database `name` from the server's side."""
        self._administer(sql.SQL("select pg_terminate_backend(pid) from pg_stat_activity where datname = {}").format(sql.Literal(name)))

    def _administer(self, *statements: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _user(self) -> str | None:
        return _unprivileged_user() if os.geteuid() == 0 else None

    def _prepare(self) -> None:
        if self.data.exists():
            return
        if user := self._user():
            shutil.chown(self.folder, user)
        initdb = [
            *_set_privileges(self._user(), "KILL"),
            *(str(self.programs / "initdb"), "--pgdata", str(self.data), "--username=postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        ]
        done = subprocess.run(initdb, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"initdb ended with {done.returncode}\n{done.stdout}{done.stderr}")

    def start(self) -> Self:
        new = not self.data.exists()
        super().start()
        if new:
            self._administer(sql.SQL("create role aiochat login"), sql.SQL("create database aiochat owner aiochat template template0"))
        return self

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": "200",
            "log_timezone": "UTC",
            "timezone": "UTC",
            **self.options,
        }
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *pairs]

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Server):
    """Redis without persistence: a restart comes up empty."""

    name = "Redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        return [
            *(_program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ]

    def _is_ready(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")


class Nginx(Server):
    """nginx with the site of nginx/aiochat.conf in front of workers given by their ports.

    The limits default to what no test reaches by chance; None keeps those of nginx/aiochat.conf."""

    name = "nginx"
    stop_signal = signal.SIGTERM
    parent_death_signal = "TERM"  # its workers wouldn't notice a SIGKILL of the master

    def __init__(
        self,
        workers: Sequence[int],
        *,
        port: int | None = None,
        hosts: Sequence[str] = ("127.0.0.1", "localhost"),
        static: Path = ROOT / "static",
        rate: str | None = "100000r/s",
        login_rate: str | None = "100000r/s",
        connections: int | None = 60000,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(port=port)
        self.workers = list(workers)
        self.hosts = list(hosts)
        self.static = static
        self.rate = rate
        self.login_rate = login_rate
        self.connections = connections
        self.certificate = certificate
        self.key = key
        self.redirect_port = free_port() if certificate else None
        self.access_log = self.folder / "aiochat.access.log"
        self.error_log = self.folder / "error.log"

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def reload(self, workers: Sequence[int] | None = None) -> None:
        """Take up the configuration again, with other workers if given; open connections stay."""
        if workers is not None:
            self.workers = list(workers)
        self._prepare()
        os.kill(self.pid, signal.SIGHUP)

    def site(self) -> str:
        """nginx/aiochat.conf with this server's values, as deploy/nginx-site prints it."""
        options: dict[str, object] = {
            "--listen": f"127.0.0.1:{self.port}",
            "--static": self.static,
            "--logs": self.folder,
            "--rate": self.rate,
            "--login-rate": self.login_rate,
            "--connections": self.connections,
            "--certificate": self.certificate,
            "--key": self.key,
            "--redirect": self.redirect_port and f"127.0.0.1:{self.redirect_port}",
        }
        command = [str(ROOT / "deploy" / "nginx-site")]
        for option, value in options.items():
            if value is not None:
                command += [option, str(value)]
        for host in self.hosts:
            command += ["--host", host]
        for worker in self.workers:
            command += ["--worker", f"127.0.0.1:{worker}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"deploy/nginx-site ended with {done.returncode}\n{done.stderr}")
        return done.stdout

    def tail(self, lines: int = 30) -> str:
        logs = [super().tail(lines)]
        if self.error_log.exists():
            logs += self.error_log.read_text("utf-8", "replace").splitlines()[-lines:]
        return "\n".join(logs)

    def _prepare(self) -> None:
        open_files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536)
        (self.folder / "site.conf").write_text(self.site())
        (self.folder / "nginx.conf").write_text(f"""\
{"user root;" if os.geteuid() == 0 else ""}
worker_processes 2;
worker_rlimit_nofile {open_files};
pid {self.folder}/nginx.pid;
error_log {self.error_log} warn;
events {{ worker_connections {open_files // 2}; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {self.folder}/body;
    proxy_temp_path {self.folder}/proxy;
    fastcgi_temp_path {self.folder}/fastcgi;
    uwsgi_temp_path {self.folder}/uwsgi;
    scgi_temp_path {self.folder}/scgi;
    include {self.folder}/site.conf;
}}
""")

    def _command(self) -> list[str]:
        return [
            *(_program("nginx"), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")),
            *("-e", str(self.error_log), "-g", "daemon off;"),
        ]

    def _is_ready(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return True


class Aiochat(Server):
    """aiochat itself: `python app.py serve --migrate`. Settings of the caller's environment don't reach it, `env` does."""

    name = "aiochat"
    start_seconds = 20.0
    stop_seconds = 15.0  # its own bound is 10 s

    def __init__(
        self,
        *,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
        arguments: Sequence[str] = ("serve", "--migrate"),
        program: Path = ROOT / "app.py",
    ) -> None:
        super().__init__(port=port)
        self.env = dict(env or {})
        self.data_dir = data_dir or self.folder / "data"
        self.arguments = list(arguments)
        self.program = program

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _environment(self) -> Mapping[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("AIOCHAT_")}
        own = {"AIOCHAT_HOST": "127.0.0.1", "AIOCHAT_PORT": str(self.port), "AIOCHAT_DATA_DIR": str(self.data_dir)}
        return {**outer, "PYTHONUNBUFFERED": "1", **own, **self.env}

    def _command(self) -> list[str]:
        # Run from its folder, so that a .env file of the checkout isn't read.
        return [sys.executable, str(self.program), *self.arguments]

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except HTTPException:
            return False
        finally:
            connection.close()


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.kill()


def _program(name: str) -> str:
    """Its path; /usr/sbin isn't in everybody's PATH. Raises ServerError where it is missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        raise ServerError(f"{name} isn't installed: {PROVISION}")
    return found


def _postgres_programs() -> Path:
    """The folder of the newest PostgreSQL's programs. On Debian PATH isn't asked: any `postgres` there is of another origin."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres") if path.parent.parent.name.isdigit()]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    elsewhere = shutil.which("initdb")
    if elsewhere and not Path("/etc/debian_version").exists():
        return Path(elsewhere).resolve().parent
    raise ServerError(f"no PostgreSQL server in /usr/lib/postgresql: {PROVISION}")


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServerError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def _set_privileges(user: str | None, parent_death_signal: str) -> list[str]:
    """A prefix that runs a command as `user` and sends it a signal when its parent dies."""
    prefix = [_program("setpriv"), "--pdeathsig", parent_death_signal]
    if user is not None:
        group = str(pwd.getpwnam(user).pw_gid)
        prefix += ["--reuid", user, "--regid", group, "--clear-groups"]
    return [*prefix, "--"]


def _new_folder(name: str) -> tuple[Path, int]:
    """A new folder whose path any user may walk, and short enough for a socket in it; and its lock."""
    usual = Path(tempfile.gettempdir())
    walkable = all(folder.stat().st_mode & 0o001 for folder in (usual, *usual.parents)) and len(str(usual)) < 50
    parent = usual if walkable else Path("/tmp")
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"aiochat-test-{name.lower()}-", dir=parent))
    folder.chmod(0o755)
    lock = _lock(folder)
    if lock is None:
        raise ServerError(f"{folder} was locked by another process")
    return folder, lock


def _lock(folder: Path) -> int | None:
    """Lock it until the returned descriptor is closed, at the latest when this process ends. None if another one has."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove the folders of test runs that were killed."""
    for folder in parent.glob("aiochat-test-*"):
        with contextlib.suppress(OSError):
            # A new one may not have been locked yet.
            if time.time() - folder.stat().st_mtime > 60 and (lock := _lock(folder)) is not None:
                _remove(folder, lock)


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
