"""The table of commands, what each of them imports, and what a shell completes."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli import COMMANDS, parser_of
from helpers.processes.completion import SHELLS
from tests.support.programs.shell import Shell, line_of, run
from tests.support.servers import ROOT

MUCH = {"aiohttp", "peewee", "psycopg", "redis", "uvloop", "babel", "chat", "app"}
"""What takes long to import."""


@pytest.mark.parametrize("arguments", [["--help"], ["config"], ["config", "--json"], ["migrate", "--help"]])
@pytest.mark.usefixtures("programs")
def test_what_needs_little_imports_little(tmp_path: Path, arguments: list[str]) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cli\n"
        f"try: cli.main({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print(sorted({MUCH!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b"[]\n"


def test_the_table_has_every_command_and_no_other() -> None:
    _, found = parser_of(*dict.fromkeys(command.module for command in COMMANDS.values()))
    assert set(found) - {"worker"} == set(COMMANDS)
    for name, command in COMMANDS.items():
        assert name in parser_of(command.module)[1]
        assert found[name].description


def test_readme_names_only_commands_that_there_are() -> None:
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^    (?:sudo )?aiochat ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


@pytest.fixture(scope="module", params=SHELLS)
def completion(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("completion")
    done = run(folder, "completion", request.param, PORT="wrong, and nobody minds")
    assert (done.returncode, done.stderr) == (0, b"")
    (folder / "script").write_bytes(done.stdout)
    return request.param, folder / "script"


@pytest.mark.usefixtures("programs")
def test_a_shell_completes_commands_and_options(completion: tuple[str, Path]) -> None:
    shell, script = completion
    if shell != "bash":
        text = script.read_text()
        assert "set-password" in text
        if program := shutil.which(shell):
            subprocess.run([program, "-n", str(script)], check=True)
        return

    def completes(*words: str) -> list[str]:
        line = " ".join(words)
        does = (
            f"source {script}; COMP_WORDS=({line}); [ -n '{words[-1]}' ] || COMP_WORDS+=(''); "
            f"COMP_CWORD={len(words) - 1}; _aiochat; echo ${{COMPREPLY[@]}}"
        )
        done = subprocess.run(["bash", "-c", does], capture_output=True, check=True)
        assert done.stderr == b""
        return done.stdout.decode().split()

    assert completes("aiochat", "set-") == ["set-name", "set-password"]
    assert set(completes("aiochat", "restore", "--")) == {"--help", "--force", "--check"}
    assert len(completes("aiochat", "")) == len(COMMANDS)
    assert completes("aiochat", "dance", "--") == []


def test_a_shell_that_there_is_not(tmp_path: Path) -> None:
    done = run(tmp_path, "completion", "tcsh")
    assert done.returncode == 2
    assert b"invalid choice: 'tcsh'" in done.stderr


def test_config_tells_values_and_whence_and_no_password(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AIOCHAT_REGISTRATION=closed\n")
    secret = "s3cret@with"
    urls = {
        "DATABASE_URL": f"postgresql://aiochat:{secret}@db/x",
        "REDIS_URL": f"redis://:{secret}@redis:6379/0",
        "SMTP_URL": f"smtp://me:{secret.replace('@', '%40')}@mail:587",
    }
    done = run(tmp_path, "config", "--json", given=b"", **urls)
    assert done.returncode == 0, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert found["AIOCHAT_DATABASE_URL"]["value"] == "postgresql://aiochat:…@db/x"
    assert found["AIOCHAT_REGISTRATION"] == {
        **{"name": "AIOCHAT_REGISTRATION", "value": "closed", "from": ".env"}
    }
    assert found["AIOCHAT_REDIS_URL"]["from"] == "environment"
    assert found["AIOCHAT_QUOTA"] == {"name": "AIOCHAT_QUOTA", "value": "500", "from": "default"}
    assert "s3cret" not in done.stdout.decode()
    told = run(tmp_path, "config", given=b"", **urls).stdout.decode()
    assert "AIOCHAT_REGISTRATION=closed    # .env" in told
    assert "s3cret" not in told
    assert "AIOCHAT_PORT='x' is wrong" in line_of(run(tmp_path, "config", PORT="x"))


def test_users_and_rooms_are_listed(shell: Shell) -> None:
    shell.says(
        "register", "bob", "--email", "bob@mail.example", "--name", "Bob Ünal", given="a fine password"
    )
    shell.says("suspend", "bob", "--for", "good")
    alice, bob = json.loads(shell.says("users", "--json"))
    assert (alice["name"], alice["role"], alice["state"]) == ("alice", "administrator", "active")
    assert {**bob, "created": None} == {
        **{"name": "bob", "display_name": "Bob Ünal", "email": "bob@mail.example", "email_verified": False},
        **{"role": "none", "state": "suspended", "created": None},
    }
    head, *rows = shell.says("users").splitlines()
    assert head.split() == ["NAME", "DISPLAY", "NAME", "EMAIL", "ROLE", "STATE", "CREATED"]
    assert [row.split()[0] for row in rows] == ["alice", "bob"]
    assert shell.says("rooms") == "There are no rooms yet.\n"
    assert json.loads(shell.says("rooms", "--json")) == []
