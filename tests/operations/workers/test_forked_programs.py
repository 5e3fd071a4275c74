"""What the tests start by a fork finds what a started program finds."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.servers.forked import Forked
from tests.support.servers.process import Process, set_privileges

ALL_IT_FINDS = """
import json, os, signal, sys, threading

data = sys.stdin.read()
print("an error", file=sys.stderr)
handlers = {number: str(signal.getsignal(number)) for number in signal.valid_signals()}
facts = {
    "argv": sys.argv,
    "name": __name__,
    "path": sys.path[0],
    "folder": os.getcwd(),
    "env": dict(os.environ),
    "files": sorted(os.listdir("/proc/self/fd"))[:-1],
    "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "threads": threading.active_count(),
    "masked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    "handlers": handlers,
    "unbuffered": sys.stdout.write_through,
    "encodings": [sys.stdin.encoding, sys.stdout.encoding, sys.stderr.encoding, sys.stderr.errors],
    "umask": os.umask(0o22),
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "given": data,
}
print(json.dumps(facts))
sys.exit(int(sys.argv[1]))
"""

ENDS = {
    "raise SystemExit": 0,
    "raise SystemExit(3)": 3,
    "raise SystemExit('words')": 1,
    "1 / 0": 1,
    "import os; os.abort()": -signal.SIGABRT,
    "import atexit; atexit.register(print, 'at the end')": 0,
    "import threading; threading.Timer(0.1, print, ['at the end']).start()": 0,
}


def start(program: Path, *arguments: str, forked: bool, env: Mapping[str, str] = os.environ) -> Process:
    folder = program.parent
    (folder / "in").write_text("a line")
    with (
        (folder / "in").open() as given,
        (folder / "out").open("w") as out,
        (folder / "err").open("w") as err,
    ):
        streams = [given.fileno(), out.fileno(), err.fileno()]
        if forked:
            return Forked(program, arguments, folder=folder, env=env, streams=streams)
        return subprocess.Popen(
            [*set_privileges(None, "KILL"), sys.executable, str(program), *arguments],
            cwd=folder,
            env=env,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            start_new_session=True,
        )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "program.py"


@pytest.mark.parametrize("env", [{}, {"PYTHONUNBUFFERED": "1", "AIOCHAT_PORT": "1"}])
def test_it_finds_the_same(own_servers: None, program: Path, env: dict[str, str]) -> None:
    program.write_text(ALL_IT_FINDS)
    found = []
    for forked in (False, True):
        outer = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        assert start(program, "7", forked=forked, env={**outer, **env}).wait(60) == 7
        assert (program.parent / "err").read_text() == "an error\n"
        found.append(json.loads((program.parent / "out").read_text()))
    started, forked = found
    assert started["files"] == ["0", "1", "2"]
    assert started == forked


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_the_same(own_servers: None, program: Path, end: str) -> None:
    program.write_text(end)
    said = []
    for forked in (False, True):
        assert start(program, forked=forked).wait(60) == ENDS[end]
        error = (program.parent / "err").read_text().splitlines()[-1:]
        said.append(((program.parent / "out").read_text(), error))
    assert said[0] == said[1]


def test_signals_reach_it(own_servers: None, program: Path) -> None:
    program.write_text("import signal\nprint(flush=True)\nsignal.pause()")
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = start(program, forked=True)
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        os.kill(process.pid, number)
        assert process.wait(60) == process.poll() == process.returncode == -number
