"""A worker that hangs is replaced: by the supervisor of `serve --workers N`, or by systemd, which
`serve` tells that it lives. A worker that is stopped stands for one that hangs."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.processes.heartbeat import BEAT_SECONDS, SILENT_ROUNDS, ServiceManager
from tests.conftest import server_env, unique
from tests.operations.faults.test_crash import _through_trouble
from tests.operations.workers.test_supervisor import _processes, _wait_for, _workers
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.servers.process import _lives


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_a_worker_that_hangs_is_replaced(postgres: Postgres, redis: Redis) -> None:
    """Before that the whole site is stopped, as by a suspended machine, for longer than a worker
    may be silent: the supervisor counts its own looks, so nobody is taken for hanging."""
    with _workers(postgres, redis) as server:
        victim, survivor = _processes(server)
        server.pause()
        _wait_for(lambda: all(_state(pid) == "T" for pid in (server.pid, victim, survivor)))
        await asyncio.sleep(SILENT_ROUNDS * BEAT_SECONDS + 1)
        server.resume()
        _wait_for(lambda: all(_state(pid) != "T" for pid in (victim, survivor)))

        def stop() -> None:
            os.kill(victim, signal.SIGSTOP)
            _wait_for(lambda: "serves again" in server.tail(1000))

        await _through_trouble(server.url, lambda: asyncio.to_thread(stop), messages=8)
        log = server.tail(1000)
        assert re.findall(r"\(process (\d+)\) has been silent for 9 s and is ended", log) == [str(victim)]
        assert survivor in _processes(server)
        assert not _lives(victim)
        # Where one hangs that still hears signals is said.
        os.kill(survivor, signal.SIGABRT)
        _wait_for(lambda: "Fatal Python error: Aborted" in server.tail(1000))


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    """The end of systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind("")  # to a name that no other run of the tests has
        found.settimeout(60)
        yield found


def _env(manager: socket.socket, seconds: float) -> dict[str, str]:
    return {
        "NOTIFY_SOCKET": "@" + manager.getsockname()[1:].decode(),
        "WATCHDOG_USEC": str(int(seconds * 1e6)),
    }


def _hears(manager: socket.socket, state: bytes) -> None:
    while manager.recv(100) != state:
        pass


async def test_one_worker_tells_systemd_that_it_lives(
    manager: socket.socket, postgres: Postgres, redis: Redis
) -> None:
    env = {**server_env(postgres, redis, unique("watched")), **_env(manager, 0.6)}
    with Aiochat(env=env) as server:
        assert manager.recv(100) == b"READY=1"
        for _ in range(3):
            assert manager.recv(100) == b"WATCHDOG=1"

        def hang() -> None:
            os.kill(server.pid, signal.SIGSTOP)
            _wait_for(lambda: _state(server.pid) == "T")
            manager.settimeout(2)
            with pytest.raises(TimeoutError):
                _hears(manager, b"no other word")
            manager.settimeout(60)
            # What systemd does then.
            server.kill()
            server.start()
            _hears(manager, b"READY=1")

        await _through_trouble(server.url, lambda: asyncio.to_thread(hang), messages=8)
        await asyncio.to_thread(server.stop)
        _hears(manager, b"STOPPING=1")


def test_a_supervisor_tells_systemd_and_its_workers_do_not(
    manager: socket.socket, postgres: Postgres, redis: Redis
) -> None:
    env = {**server_env(postgres, redis, unique("watched")), **_env(manager, 0.6)}
    with Aiochat(env=env, arguments=("serve", "--migrate", "--workers", "2")) as server:
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"WATCHDOG=1"
        for worker in _processes(server):
            assert b"NOTIFY_SOCKET" not in Path(f"/proc/{worker}/environ").read_bytes()


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"WATCHDOG_USEC": "1000"},
        {"NOTIFY_SOCKET": "@nobody-listens", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "0"},
        {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
    ],
)
async def test_an_environment_without_a_watchdog(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    before = asyncio.all_tasks()
    manager = ServiceManager.from_environment()
    assert not set(env) & set(os.environ)
    manager.ready()
    manager.stopping()
    assert asyncio.all_tasks() == before
