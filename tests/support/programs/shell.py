"""Commands of the shell as tests give them: as processes, or, where many are given, inside this
one."""

import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as redis_client

from cli import main
from helpers.processes import terminal
from tests.support.servers import ROOT, Aiochat, Redis, free_port
from tests.support.servers.forked import Forked

PREFIX = "AIOCHAT_"


def settings_in(env: Mapping[str, str]) -> dict[str, str]:
    """The settings of an environment, by their names without the prefix."""
    return {name.removeprefix(PREFIX): value for name, value in env.items() if name.startswith(PREFIX)}


def run(folder: Path, *arguments: str, given: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """`python app.py ...` with data of its own, and settings by their names without the prefix."""
    return _run(folder, arguments, given, env)


def run_into(answer: int, folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The same, with this descriptor as its standard output."""
    return _run(folder, arguments, b"", {}, answer)


def _run(
    folder: Path, arguments: Sequence[str], given: bytes, env: Mapping[str, str], answer: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    own = {"AIOCHAT_DATA_DIR": str(folder / "data"), "AIOCHAT_PORT": str(free_port())}
    named = {f"AIOCHAT_{name}": value for name, value in env.items()}
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        read.write(given)
        read.seek(0)
        process = Forked(
            ROOT / "app.py",
            arguments,
            folder=folder,
            env={**os.environ, **own, **named},
            streams=[read.fileno(), out.fileno() if answer is None else answer, err.fileno()],
        )
        try:
            code = process.wait(120)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["app.py", *arguments], code, out.read(), err.read())


def line_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line that a failed command printed."""
    assert done.returncode == 1, done
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1, done.stderr.decode()
    assert lines[0].startswith("aiochat: ")
    return lines[0].removeprefix("aiochat: ")


def beside(server: Aiochat, *arguments: str, given: str = "") -> str:
    """What a command says that goes well, with the settings of a server that is running."""
    env = settings_in(server.env)
    done = run(server.folder, *arguments, given=given.encode(), **{"DATA_DIR": str(server.data_dir), **env})
    assert (done.returncode, done.stderr) == (0, b""), done
    return done.stdout.decode()


def empty_redis(redis: Redis, number: int) -> str:
    """The URL of one of its numbered databases, emptied: sessions there are nobody else's who has
    the same id."""
    url = f"redis://127.0.0.1:{redis.port}/{number}"
    with redis_client.Redis.from_url(url) as client:
        client.flushdb()
    return url


@dataclass
class Shell:
    """Gives commands inside this process: a tenth of the time."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    env: Mapping[str, str]

    def __call__(self, *arguments: str, given: str = "") -> tuple[int, str, str]:
        """Returns the exit code, and what was printed on standard output and on standard error."""
        with self.monkeypatch.context() as patch:
            for name, value in self.env.items():
                patch.setenv(name, value)
            # On a busy machine much takes a while, and a command that goes well says nothing else.
            patch.setattr(terminal, "PATIENCE_SECONDS", 600.0)
            patch.setattr(sys, "stdin", io.StringIO(given))
            # In a thread, since the tests have an event loop of their own in this one.
            with ThreadPoolExecutor(1) as thread:
                try:
                    code = thread.submit(main, arguments).result()
                except SystemExit as error:
                    code = int(error.code or 0)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def says(self, *arguments: str, given: str = "") -> str:
        """What a command says that goes well."""
        code, out, err = self(*arguments, given=given)
        assert (code, err) == (0, ""), (code, out, err)
        return out

    def refuses(self, *arguments: str, given: str = "") -> str:
        """The one line of a command that can't be done."""
        code, out, err = self(*arguments, given=given)
        assert (code, out) == (1, ""), (code, out, err)
        assert err.startswith("aiochat: ")
        assert err.count("\n") == 1, err
        return err.removeprefix("aiochat: ").removesuffix("\n")
