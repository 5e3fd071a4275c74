#!/usr/bin/python3
"""Stands for systemd in a folder that is a Debian: as `init` it is the first process of the machine and runs
what units say; as systemctl, systemd-tmpfiles and journalctl (links to this file) it asks that one.

Of units it knows what those of aiochat have: User, Environment, ExecStart, Type=notify and oneshot, Restart,
Wants, PartOf and the bounds of time. Their sandbox, watchdog and bounds of memory are none of it."""

import contextlib
import fcntl
import fnmatch
import json
import os
import pwd
import shlex
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

ETC = Path("/etc/systemd/system")
RUN = Path("/run/stand-in")
LOGS = Path("/var/log/stand-in")
ASKED = RUN / "asked.sock"
POSTGRES = "for v in /etc/postgresql/*; do exec pg_ctlcluster ${v##*/} main start --foreground; done"
REDIS = """
install -d -o redis -g redis -m 2755 /run/redis
exec runuser -u redis -- redis-server /etc/redis/redis.conf --daemonize no --supervised no
"""
OF_DEBIAN = {
    "nginx.service": ["nginx", "-g", "daemon off;"],
    "redis-server.service": ["sh", "-c", REDIS],
    "postgresql.service": ["sh", "-c", POSTGRES],
}
READY = {
    "redis-server.service": "test -S /run/redis/redis-server.sock || redis-cli ping",
    "postgresql.service": "runuser -u postgres -- psql -c 'select 1'",
    "nginx.service": "test -s /run/nginx.pid",
}
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


class Failed(Exception):
    """What systemctl says, and ends with 1."""


def whole(name: str) -> str:
    return name if name.endswith((".service", ".target", ".timer")) else f"{name}.service"


class Unit:
    """A service, as its file says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.is_wanted = False
        self.is_ready = threading.Event()
        self.lines: list[tuple[str, str]] = []
        if name not in OF_DEBIAN:
            stem, at, rest = name.partition("@")
            path = ETC / (f"{stem}@.service" if at else name)
            if not path.exists():
                raise Failed(f"Unit {name} not found.")
            instance = rest.removesuffix(".service")
            text = path.read_text().replace("%i", instance)
            parts = [line.partition("=") for line in text.splitlines()]
            self.lines = [(key, value) for key, equals, value in parts if equals]

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.lines if name == key]

    def value(self, key: str, default: str) -> str:
        return self.values(key)[-1] if self.values(key) else default

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _environment(self) -> dict[str, str]:
        found = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(RUN / f"{self.name}.sock")}
        for line in self.values("Environment"):
            found |= dict(word.split("=", 1) for word in shlex.split(line))
        for path in self.values("EnvironmentFile"):
            lines = Path(path).read_text().splitlines()
            found |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        return found

    def begin(self) -> None:
        """As its user, in its folder."""
        self.is_ready.clear()
        with (LOGS / self.name).open("ab") as log:
            if command := OF_DEBIAN.get(self.name):
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                return
            user = pwd.getpwnam(self.value("User", "root"))
            if name := self.value("StateDirectory", ""):
                state = Path("/var/lib") / name
                state.mkdir(mode=0o700, exist_ok=True)
                os.chown(state, user.pw_uid, user.pw_gid)
            self._hear()
            self.process = subprocess.Popen(
                shlex.split(self.value("ExecStart", "")),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.value("WorkingDirectory", "/"),
                env=self._environment(),
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=os.getgrouplist(user.pw_name, user.pw_gid),
                umask=int(self.value("UMask", "022"), 8),
                start_new_session=True,
            )

    def _hear(self) -> None:
        """Of READY=1."""
        path = RUN / f"{self.name}.sock"
        path.unlink(missing_ok=True)
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(str(path))
        path.chmod(0o777)

        def listen() -> None:
            with told:
                while b"READY=1" not in told.recv(4096):
                    pass
            self.is_ready.set()

        threading.Thread(target=listen, daemon=True).start()

    def start(self) -> None:
        """Returns when it is ready. Raises Failed."""
        if self.runs:
            return
        self.is_wanted = True
        self.begin()
        until = time.monotonic() + float(self.value("TimeoutStartSec", "90"))
        kind = self.value("Type", "simple")
        while time.monotonic() < until:
            if not self.runs:
                code = self.process.returncode if self.process else 1
                if kind == "oneshot" and code == 0:
                    return
                raise Failed(f"Job for {self.name} failed because its process ended with {code}.")
            if kind == "notify" and self.is_ready.is_set():
                return
            if (
                self.name in OF_DEBIAN
                and not subprocess.run(
                    READY[self.name], shell=True, check=False, capture_output=True
                ).returncode
            ):
                return
            time.sleep(0.05)
        raise Failed(f"Job for {self.name} failed because it wasn't ready in time.")

    def stop(self) -> None:
        self.is_wanted = False
        if self.process is None or not self.runs:
            return
        self.process.send_signal(signal.SIGINT if self.name == "postgresql.service" else signal.SIGTERM)
        try:
            self.process.wait(float(self.value("TimeoutStopSec", "30")))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Manager:
    def __init__(self) -> None:
        self.units: dict[str, Unit] = {}
        self.lock = threading.RLock()

    def unit(self, name: str) -> Unit:
        """With what its file says now, unless it runs."""
        known = self.units.get(name)
        if known is None or not known.runs:
            self.units[name] = Unit(name)
        return self.units[name]

    def matching(self, name: str) -> list[str]:
        if name == "aiochat.target":
            return sorted(found for found in self.units if found.startswith("aiochat@"))
        if "*" in name:
            return sorted(found for found in self.units if fnmatch.fnmatchcase(found, name))
        return [name]

    def start(self, name: str) -> None:
        if name == "aiochat.target":
            for path in sorted((ETC / "aiochat.target.wants").glob("*")):
                self.start(path.name)
        elif name.endswith(".service"):
            unit = self.unit(name)
            for wanted in unit.values("Wants"):
                with contextlib.suppress(Failed):
                    self.unit(wanted).start()
            unit.start()

    def stop(self, name: str) -> None:
        for found in self.matching(name):
            if found in self.units:
                self.units[found].stop()

    def runs(self, name: str) -> bool:
        return any(self.units[found].runs for found in self.matching(name) if found in self.units)

    def does(self, verb: str, names: Sequence[str], *, now: bool) -> None:
        for name in names:
            if verb in ("enable", "disable"):
                self._link(verb, name)
                if now:
                    self.start(name) if verb == "enable" else self.stop(name)
            elif verb == "start":
                self.start(name)
            elif verb == "stop":
                self.stop(name)
            elif "reload" in verb and self.runs(name) and name == "nginx.service":
                subprocess.run(["nginx", "-q", "-s", "reload"], check=True)
            elif self.runs(name) or not verb.startswith("try"):
                self.stop(name)
                self.start(name)

    def _link(self, verb: str, name: str) -> None:
        if not name.startswith("aiochat"):
            return
        wants = ETC / ("multi-user.target.wants" if name == "aiochat.target" else "aiochat.target.wants")
        wants.mkdir(exist_ok=True)
        (wants / name).unlink(missing_ok=True)
        if verb == "enable":
            stem, at, _ = name.partition("@")
            (wants / name).symlink_to(ETC / (f"{stem}@.service" if at else name))

    def answer(self, asked: list[str]) -> dict[str, object]:
        words = [word for word in asked if not word.startswith("--")]
        try:
            with self.lock:
                self.does(words[0], [whole(name) for name in words[1:]], now="--now" in asked)
        except (Failed, OSError, KeyError, subprocess.SubprocessError) as error:
            return {"code": 1, "said": str(error)}
        return {"code": 0, "said": ""}

    def look_after(self) -> None:
        """What ended by itself begins again, where its unit says so."""
        while True:
            time.sleep(0.2)
            with self.lock:
                for unit in self.units.values():
                    if unit.is_wanted and not unit.runs and unit.value("Restart", "no") == "always":
                        unit.begin()

    def serve(self) -> None:
        asked = socket.socket(socket.AF_UNIX)
        asked.bind(str(ASKED))
        asked.listen()
        while True:
            connection, _ = asked.accept()
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rw") as lines:
            lines.write(json.dumps(self.answer(json.loads(lines.readline()))) + "\n")


def be_init() -> None:
    for folder in (RUN, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    manager = Manager()
    threading.Thread(target=manager.look_after, daemon=True).start()
    manager.serve()


def ask(words: Sequence[str]) -> int:
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(str(ASKED))
        with asked.makefile("rw") as lines:
            lines.write(json.dumps(list(words)) + "\n")
            lines.flush()
            found = json.loads(lines.readline())
    if found["said"]:
        print(found["said"], file=sys.stderr)
    return int(found["code"])


def make_folders(paths: Sequence[str]) -> int:
    for path in paths:
        for line in Path(path).read_text().splitlines():
            if line.startswith("d "):
                _, folder, mode, user, group = line.split()
                Path(folder).mkdir(parents=True, exist_ok=True)
                subprocess.run(["chown", f"{user}:{group}", folder], check=True)
                Path(folder).chmod(int(mode, 8))
    return 0


def show_logs() -> int:
    for path in sorted(LOGS.glob("aiochat*")):
        print(f"-- {path.name}", *path.read_text(errors="replace").splitlines()[-15:], sep="\n")
    return 0


if __name__ == "__main__":
    match Path(sys.argv[0]).name:
        case "systemctl":
            sys.exit(ask(sys.argv[1:]))
        case "systemd-tmpfiles":
            sys.exit(make_folders(sys.argv[2:]))
        case "journalctl":
            sys.exit(show_logs())
        case _:
            be_init()
