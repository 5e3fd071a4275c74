"""A peer to be measured: its command, its protocol, and whether it is installed."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.clients.dialects import Dialect, JetStream, Nats, PlainChat, SocketIo
from bench.clients.guests import Address, Seats
from bench.processes import pin
from bench.stage import Cores, Services, Stage
from bench.systems import System
from settings import ROOT
from tests.support.servers import Server, free_port

FOLDER = ROOT / "bench" / "peers"
NODE_FOLDER = ROOT / "var" / "bench" / "node"
NPM_SECONDS = 120


@dataclass(frozen=True)
class Peer(System):
    """`name` is the peer's name on the command line, `label` its name in tables. `needs_postgres`
    requests a database."""

    name: str
    title: str
    dialect: Dialect
    needs_postgres: bool = False
    is_peer = True
    workers = 1

    @property
    def label(self) -> str:
        return self.title

    def problem(self) -> str | None:
        return None

    @abstractmethod
    def missing(self) -> str | None:
        """Returns why the peer can't be measured now, or None."""

    def get(self) -> str | None:
        """Installs what can be installed. Returns what is still missing, or None."""
        return self.missing()

    @abstractmethod
    def version(self) -> str:
        """Returns the framework's version."""

    @abstractmethod
    def command(self, port: int, folder: Path) -> list[str]:
        """Returns the command that starts the peer; `folder` is for its files."""

    @contextlib.contextmanager
    def open(self, seats: Seats, posts: Sequence[int], services: Services, cores: Cores) -> Iterator[Stage]:
        with contextlib.ExitStack() as stack:
            servers: dict[str, list[Server]] = {}
            env = {}
            if self.needs_postgres:
                name = f"bench_{secrets.token_hex(4)}"
                env["DATABASE_URL"] = services.postgres.create_database(name)
                stack.callback(services.postgres.drop_database, name)
                servers["postgres"] = [services.postgres]
                pin([services.postgres.pid], cores.servers)
            server = PeerServer(self, env, cores.servers)
            stack.callback(server.close)
            server.start()
            servers["peer"] = [server]
            address = [Address(server.port, server.url)]
            guests = [seats.guest(place, "", address) for place in range(seats.rooms * seats.members)]
            yield Stage(self.label, "peer", True, guests, self.dialect, servers, cores)


class PeerServer(Server):
    """A peer's process. It is pinned to its cores from the start, since some peers count them at
    startup."""

    name = "peer"

    def __init__(self, peer: Peer, env: Mapping[str, str], cores: set[int]) -> None:
        super().__init__()
        self._peer = peer
        self._env = dict(env)
        self._cores = ",".join(map(str, sorted(cores)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _environment(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(FOLDER),
            "NODE_ENV": "production",
            "PORT": str(self.port),
            **self._env,
        }

    def _command(self) -> list[str]:
        return ["taskset", "--cpu-list", self._cores, *self._peer.command(self.port, self.folder)]

    def _is_ready(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return True


@dataclass(frozen=True)
class PythonPeer(Peer):
    """`package` is a package of requirements-dev.txt."""

    package: str = ""

    def missing(self) -> str | None:
        return None if self.version() else f"{self.package} isn't installed: see requirements-dev.txt"

    def version(self) -> str:
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""

    def command(self, port: int, folder: Path) -> list[str]:
        return [sys.executable, str(FOLDER / f"{self.name}.py")]


@dataclass(frozen=True)
class HypercornPeer(PythonPeer):
    """An ASGI application named `app` under Hypercorn."""

    def command(self, port: int, folder: Path) -> list[str]:
        return [
            sys.executable,
            "-m",
            "hypercorn",
            "--worker-class",
            "uvloop",
            "--bind",
            f"127.0.0.1:{port}",
            f"{self.name}:app",
        ]


@dataclass(frozen=True)
class NodePeer(Peer):
    """`package` is a package of bench/peers/package.json."""

    package: str = ""

    def missing(self) -> str | None:
        if not shutil.which("node") or not shutil.which("npm"):
            return "there is no node: apt install nodejs npm"
        return None if _node_is_filled() else "its packages aren't in var/bench/node: run make bench"

    def get(self) -> str | None:
        return (_fill_node() if shutil.which("npm") and not _node_is_filled() else None) or self.missing()

    def version(self) -> str:
        package = NODE_FOLDER / "node_modules" / self.package / "package.json"
        return str(json.loads(package.read_text())["version"]) if package.exists() else ""

    def command(self, port: int, folder: Path) -> list[str]:
        # Node searches for packages upwards from the file's folder.
        program = NODE_FOLDER / f"{self.name}.mjs"
        shutil.copyfile(FOLDER / program.name, program)
        return ["node", str(program)]


@dataclass(frozen=True)
class NatsPeer(Peer):
    """nats-server with WebSocket and, if it stores messages, JetStream. Everything else has its
    defaults."""

    stores: bool = False

    def missing(self) -> str | None:
        return None if _nats() else "there is no nats-server: apt install nats-server"

    def version(self) -> str:
        done = subprocess.run([_nats(), "--version"], capture_output=True, text=True, check=False)
        return done.stdout.strip().rpartition(" ")[2]

    def command(self, port: int, folder: Path) -> list[str]:
        config = folder / "nats.conf"
        store = f'jetstream {{ store_dir: "{folder}/jetstream" }}\n' if self.stores else ""
        config.write_text(
            f'listen: "127.0.0.1:{free_port()}"\nwebsocket '
            f'{{ listen: "127.0.0.1:{port}", no_tls: true }}\n{store}'
        )
        return [_nats(), "--config", str(config)]


def _nats() -> str:
    return shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/sbin") or ""


def _node_is_filled() -> bool:
    installed = NODE_FOLDER / "package.json"
    is_same = installed.exists() and installed.read_text() == (FOLDER / "package.json").read_text()
    return is_same and (NODE_FOLDER / "node_modules").is_dir()


@cache
def _fill_node() -> str | None:
    """Installs the packages of bench/peers/package.json. Returns the error, or None."""
    shutil.rmtree(NODE_FOLDER, ignore_errors=True)
    NODE_FOLDER.mkdir(parents=True)
    shutil.copyfile(FOLDER / "package.json", NODE_FOLDER / "package.json")
    print("Installing bench/peers/package.json into var/bench/node", file=sys.stderr)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        done = subprocess.run(
            command, cwd=NODE_FOLDER, capture_output=True, text=True, check=False, timeout=NPM_SECONDS
        )
        problem = done.stderr.strip() or "it ended without a word" if done.returncode else ""
    except subprocess.TimeoutExpired:
        problem = f"no answer within {NPM_SECONDS} s"
    if not problem:
        return None
    shutil.rmtree(NODE_FOLDER)
    return f"npm couldn't install its packages: {problem.splitlines()[-1]}"


PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        PythonPeer(
            "aiochat_pattern", "insert + send_json", PlainChat(), needs_postgres=True, package="aiohttp"
        ),
        HypercornPeer("quart_queues", "Quart", PlainChat(), package="quart"),
        PythonPeer("tornado_chat", "Tornado", PlainChat(), package="tornado"),
        PythonPeer("websockets_broadcast", "websockets", PlainChat(), package="websockets"),
        NodePeer("ws", "ws", PlainChat(), package="ws"),
        NodePeer("socketio", "socket.io", SocketIo(), package="socket.io"),
        NatsPeer("nats", "NATS", Nats()),
        NatsPeer("jetstream", "NATS + JetStream", JetStream(), stores=True),
    )
}
