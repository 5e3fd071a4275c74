"""Commands of the shell as tests give them: as processes, or, where many are given, inside this
one."""

import functools
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as redis_client

from app import main
from tests.support.servers import ROOT, Aiochat, Redis, free_port
from tests.support.servers.process import STARTER, set_privileges


class _Forking:
    """The program of tests/support/forking.py, as long as this process lives."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        env = {**os.environ, "FORKING_FD": str(theirs.fileno())}
        command = [
            *set_privileges(None, "KILL"),
            *(sys.executable, str(ROOT / "tests" / "support" / "forking.py")),
        ]
        self._process = STARTER.submit(
            subprocess.Popen, command, env=env, pass_fds=[theirs.fileno()], start_new_session=True
        ).result()
        self._one_at_a_time = threading.Lock()
        theirs.close()

    def __call__(
        self, folder: Path, arguments: Sequence[str], env: Mapping[str, str], given: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        request = {"folder": str(folder), "arguments": arguments, "env": env}
        with (
            tempfile.TemporaryFile() as read,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            read.write(given)
            read.seek(0)
            streams = [stream.fileno() for stream in (read, out, err)]
            with self._one_at_a_time:
                socket.send_fds(self._socket, [json.dumps(request).encode()], streams)
                code = int(self._socket.recv(100))
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(["app.py", *arguments], code, out.read(), err.read())


_forking = functools.cache(_Forking)


def run(folder: Path, *arguments: str, given: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """`python app.py ...` with data of its own, and settings by their names without the prefix."""
    own = {"AIOCHAT_DATA_DIR": str(folder / "data"), "AIOCHAT_PORT": str(free_port())}
    named = {f"AIOCHAT_{name}": value for name, value in env.items()}
    return _forking()(folder, arguments, {**os.environ, **own, **named}, given)


def line_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line that a failed command printed."""
    assert done.returncode == 1, done
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1, done.stderr.decode()
    assert lines[0].startswith("aiochat: ")
    return lines[0].removeprefix("aiochat: ")


def beside(server: Aiochat, *arguments: str, given: str = "") -> str:
    """What a command says that goes well, with the settings of a server that is running."""
    env = {name.removeprefix("AIOCHAT_"): value for name, value in server.env.items()}
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
