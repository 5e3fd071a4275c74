"""`serve --workers N`: several processes on one port, started again when they die, replaced one by
one, ended together."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cli import main
from tests.conftest import server_env, unique
from tests.operations.faults.test_crash import _through_trouble
from tests.support.people import Person
from tests.support.programs.shell import run
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.servers.process import _descendants, _lives


@contextlib.contextmanager
def _workers(postgres: Postgres, redis: Redis, count: int = 2) -> Iterator[Aiochat]:
    """A site of this many workers, all of which serve."""
    env = server_env(postgres, redis, unique("supervised"))
    with Aiochat(env=env, arguments=("serve", "--migrate", "--workers", str(count))) as server:
        _wait_for(lambda: "Stop it with Ctrl-C" in server.tail(1000))
        yield server


@pytest.fixture(scope="module")
def _both(postgres: Postgres, redis: Redis) -> Iterator[Aiochat]:
    with _workers(postgres, redis) as server:
        yield server


@pytest.fixture
def site(_both: Aiochat) -> Aiochat:
    """A site of two workers, both of which serve. Its log begins with the story."""
    _both.log.write_bytes(b"")
    if not _both.running:
        _serve_again(_both)
    return _both


def _serve_again(server: Aiochat) -> None:
    server.log.write_bytes(b"")
    server.start()
    _wait_for(lambda: "Stop it with Ctrl-C" in server.tail(1000))


def _wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def _processes(server: Aiochat) -> list[int]:
    return [pid for pid in _descendants(server.pid) if _lives(pid)]


def _answers(server: Aiochat, seconds: float = 60) -> bool:
    """Does a new connection get an answer?"""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=seconds)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    finally:
        connection.close()


def _visit_until(server: Aiochat, true: Callable[[], bool], seconds: float = 60) -> int:
    """New connections, one after the other, until something is true. Every one must be answered.
    Between them the processes that are waited for have the CPU.

    Returns how many there were."""
    deadline, count = time.monotonic() + seconds, 0
    while not true():
        assert time.monotonic() < deadline, server.tail(1000)
        assert _answers(server)
        count += 1
        time.sleep(0.01)
    return count


ESTABLISHED = "01"


def _connections(pid: int, port: int) -> int:
    """How many connections to the port a process holds."""
    inodes = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == ESTABLISHED and int(fields[1].rpartition(":")[2], 16) == port:
            inodes.add(f"socket:[{fields[9]}]")
    return sum(os.readlink(path) in inodes for path in Path(f"/proc/{pid}/fd").iterdir())


def _run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    given = {"DATA_DIR": str(folder), **{name.removeprefix("AIOCHAT_"): env[name] for name in env}}
    done = run(folder, "serve", "--migrate", *arguments, given=b"", **given)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


NEEDS = (
    "aiochat: several workers need PostgreSQL and Redis: set AIOCHAT_DATABASE_URL and AIOCHAT_REDIS_URL, "
    "or leave out --workers\n"
)


@pytest.mark.parametrize("names", [(), ("AIOCHAT_REDIS_URL",), ("AIOCHAT_DATABASE_URL",)])
def test_several_workers_need_postgresql_and_redis(
    names: tuple[str, ...],
    tmp_path: Path,
    postgres: Postgres,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in names:
        monkeypatch.setenv(name, {"AIOCHAT_REDIS_URL": redis.url, "AIOCHAT_DATABASE_URL": postgres.url}[name])
    assert main(["serve", "--migrate", "--workers", "2"]) == 2
    assert capsys.readouterr() == ("", NEEDS)
    assert not list(tmp_path.iterdir()), "and nothing was begun"


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "many", "257", "²"])
def test_a_number_of_workers_that_is_none(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--workers", count])
    assert "must be a number from 1 to 256" in capsys.readouterr().err


def test_what_keeps_the_workers_from_serving_is_said_once(tmp_path: Path, postgres: Postgres) -> None:
    env = {
        "AIOCHAT_DATABASE_URL": postgres.create_database(unique("supervised")),
        "AIOCHAT_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = _run(tmp_path, "--workers", "3", **env)
    assert done.returncode == 1
    assert [line[:32] for line in done.stderr.splitlines()] == ["aiochat: Redis can't be used: Er"]


def test_connections_are_spread_and_nobody_else_gets_any(tmp_path: Path, site: Aiochat) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            connection = stack.enter_context(
                contextlib.closing(HTTPConnection("127.0.0.1", site.port, timeout=5))
            )
            connection.request("GET", "/livez")
            assert connection.getresponse().read()
        workers = _processes(site)
        counts = [_connections(pid, site.port) for pid in workers]
        assert sum(counts) == 60
        assert min(counts) >= 8, counts
        second = _run(tmp_path, "--workers", "2", **{**site.env, "AIOCHAT_PORT": str(site.port)})
        assert second.returncode == 1
        assert f"aiochat: can't listen on 127.0.0.1:{site.port} (Address already in use)" in second.stderr
    # And when the supervisor is gone, its workers don't keep the port.
    os.kill(site.pid, signal.SIGKILL)
    _wait_for(lambda: not any(map(_lives, workers)))
    assert not site.running
    _serve_again(site)


async def test_a_rolling_restart_loses_neither_message_nor_connection(site: Aiochat) -> None:
    before = _processes(site)

    def replace() -> None:
        site.send(signal.SIGHUP)
        _visit_until(site, lambda: "all workers are new" in site.tail(1000))

    await _through_trouble(site.url, lambda: asyncio.to_thread(replace))
    after = _processes(site)
    assert len(after) == 2
    assert not set(before) & set(after)
    assert "Traceback" not in site.tail(1000)


async def test_a_worker_that_is_killed_is_started_again(site: Aiochat) -> None:
    victim, survivor = _processes(site)

    def kill() -> None:
        os.kill(victim, signal.SIGKILL)
        _visit_until(site, lambda: "serves again" in site.tail(1000))

    await _through_trouble(site.url, lambda: asyncio.to_thread(kill))
    assert survivor in _processes(site)
    line = rf"worker [12] \(process {victim}\) ended \(signal 9, Killed\) and is started again in 0(.5)? s"
    assert re.search(line, site.tail(1000))


async def test_all_end_together_and_tell_their_clients(site: Aiochat) -> None:
    alice = await Person(site.url, unique("alice")).joins()
    room = unique("Lobby")
    await alice.creates(room)
    tabs = [await alice.enters(room) for _ in range(6)]
    workers = _processes(site)
    assert await asyncio.to_thread(site.stop) == 0
    assert [await tab.ends() for tab in tabs] == [1012] * 6
    assert not any(map(_lives, workers))
    assert "Traceback" not in site.tail(1000)
    assert "started again" not in site.tail(1000)
    await alice.close()


def test_without_redis_no_worker_starts_and_those_that_run_serve_for_all(postgres: Postgres) -> None:
    with Redis() as redis, _workers(postgres, redis) as server:
        victim, survivor = before = _processes(server)
        redis.kill()
        server.send(signal.SIGHUP)
        _visit_until(server, lambda: "the old one goes on" in server.tail(1000))
        assert _processes(server) == before, "a replacement that doesn't serve replaces nobody"
        os.kill(victim, signal.SIGKILL)
        _visit_until(
            server,
            lambda: server.tail(1000).count("doesn't serve (exit code 1); the next attempt is in") >= 1,
        )
        assert [_answers(server, 2) for _ in range(30)] == [True] * 30
        redis.start()
        _visit_until(server, lambda: "serves again" in server.tail(1000))
        assert survivor in _processes(server)
