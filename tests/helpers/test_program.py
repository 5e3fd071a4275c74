"""Hints name the program as one calls it."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.processes import terminal
from helpers.processes.terminal import program
from tests.support.servers import ROOT


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    monkeypatch.setattr(sys, "argv", ["app.py", "serve"])
    return tmp_path


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("/usr/local/bin/aiochat", "aiochat"),
        ("app.py", ".venv/bin/python app.py"),
        ("/opt/my chat/app.py", ".venv/bin/python '/opt/my chat/app.py'"),
        ("/opt/chat/operations/demo/__main__.py", ".venv/bin/python app.py"),
    ],
)
def test_it_is_told_as_it_was_called(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, called: str, told: str
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    assert program() == told


def test_python_is_told_by_its_path_where_it_is_elsewhere(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert program() == "/usr/bin/python3 app.py"


def test_a_machine_that_was_set_up_has_its_command(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "BOX", checkout)
    monkeypatch.setattr(terminal, "BOX_COMMAND", checkout / "aiochat")
    assert program() == ".venv/bin/python app.py"
    (checkout / "aiochat").touch()
    assert program() == "sudo aiochat"


@pytest.mark.usefixtures("programs")
def test_what_a_hint_says_can_be_typed(tmp_path: Path) -> None:
    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        env = {"AIOCHAT_DATA_DIR": str(tmp_path / "data")}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    users = [sys.executable, str(ROOT / "app.py"), "users"]
    hint = run(users).stderr.strip().rpartition("run first: ")[2]
    assert hint.endswith("app.py migrate")
    assert run(shlex.split(hint)).returncode == 0
    assert run(users).returncode == 0
