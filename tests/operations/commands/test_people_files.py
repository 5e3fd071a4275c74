"""Everybody's accounts made from a file, and how that is told at a terminal."""

import re
import sys
import time
from pathlib import Path

import pytest

from helpers.processes.terminal import Progress, report_when_slow
from tests.operations.commands.test_people_commands import NEW
from tests.operations.conftest import PASSWORD
from tests.support.programs.shell import Shell


def file_of(folder: Path, text: str | bytes) -> str:
    path = folder / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_everybody_in_a_file(shell: Shell, tmp_path: Path) -> None:
    path = file_of(tmp_path, "\ufeffName;E-mail\nbob;x\n")
    assert "name its columns" in shell.refuses("register", "--file", path)
    path = file_of(
        tmp_path, f'\ufeffName;Email;Password\r\nbob;Bob@mail.example;"{PASSWORD}; {NEW}"\r\n\r\nАлиса;;\r\n'
    )
    code, out, err = shell("register", "--file", path)
    assert (code, err) == (0, "2 accounts made.\n")
    made = re.fullmatch(r"name,password\nАлиса,(\S{16})\n", out)
    assert made
    assert (
        shell.refuses("register", "BOB", given=PASSWORD)
        == "username: This name is taken, or too much like one that is."
    )
    assert shell.says("make-admin", "Алиса", "--undo") == "Алиса did not administer the site.\n"
    path = file_of(tmp_path, f"name,password\ndora,{PASSWORD}\nemil,{PASSWORD}\n")
    assert shell("register", "--file", path, "--admin")[0] == 0
    assert shell.says("make-admin", "emil") == "emil administered the site already.\n"


def test_of_a_file_with_a_mistake_nobody_gets_an_account(shell: Shell, tmp_path: Path) -> None:
    rows = [
        "name,email,password",
        f"bob,bob@mail.example,{PASSWORD}",
        "ALICE,,",
        f"b0b,,{PASSWORD}",
        "carl,BOB@mail.example,",
        "d,,short",
        ",,x",
    ]
    code, out, err = shell("register", "--file", file_of(tmp_path, "\n".join(rows)))
    assert (code, out) == (1, "")
    told = [line.removeprefix(f"{tmp_path}/people.csv:") for line in err.splitlines()]
    assert told == [
        "3: username: This name is taken, or too much like one that is.",
        "4: username: line 2 has a name that looks like it",
        "5: email: line 2 has the same address",
        "6: password: At least 8 characters, please.",
        "7: username: A name is needed.; password: At least 8 characters, please.",
        "aiochat: no account was made, since 5 of 6 lines are wrong",
    ]
    assert shell.refuses("make-admin", "bob") == "there is nobody called 'bob' here"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", "has to name its columns"),
        (b"name\n", "names nobody"),
        (b"bob\ncarl\n", "has to name its columns"),
        (b"name,name\nbob,bob\n", "has to name its columns"),
        (b"name,colour\nbob,red\n", "has to name its columns"),
        (b"name\n\xff\n", "isn't UTF-8"),
        (b"name,email\nbob\n", "line 2 of"),
        (b'name\n"bob\n', "can't be read"),
        (b"name\n" + b"x" * 200_000, "can't be read"),
        (b"name\n" + b"bob\n" * 2001, "too many"),
        (b"x" * (4 * 1024 * 1024 + 1), "too large"),
    ],
)
def test_a_file_that_is_none_of_people(plain: Shell, tmp_path: Path, text: bytes, line: str) -> None:
    assert line in plain.refuses("register", "--file", file_of(tmp_path, text))
    plain.says("register", "alice", given=PASSWORD)


@pytest.mark.parametrize("path", ["nowhere.csv", "/", "a\0b", "/dev/zero"])
def test_a_file_that_cannot_be_read(plain: Shell, path: str) -> None:
    plain.refuses("register", "--file", path)


class Terminal:
    """What was written to it."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_is_shown_at_a_terminal_and_then_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("helpers.processes.terminal.REDRAW_SECONDS", 0.0)
    with Progress("Counted", 2) as progress:
        progress.step()
        progress.step()
    assert terminal.text == "".join(
        f"\r{text}\x1b[K" for text in ("Counted: 0 of 2", "Counted: 1 of 2", "Counted: 2 of 2", "")
    )


def test_elsewhere_only_what_takes_long_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with report_when_slow("this"):
        pass
    with report_when_slow("that", 0.0):
        time.sleep(0.2)
    with Progress("Counted", 1) as progress:
        progress.step()
    assert capsys.readouterr().err == "that takes a while ...\n"


MARIA = "Мария Łukasz O'Neil"


def test_people_have_names_in_a_file(shell: Shell, tmp_path: Path) -> None:
    rows = ["name;display_name;password", f"maria; {MARIA}  ;{PASSWORD}", f"bob;;{PASSWORD}"]
    assert shell("register", "--file", file_of(tmp_path, "\n".join(rows)))[0] == 0
    assert shell.says("set-name", "MARIA", f" {MARIA}  II") == f"maria is called {MARIA} II now.\n"
    wrong = ["name,display_name,password", f"carl,\u202ecarl,{PASSWORD}", f"dora,a@b,{PASSWORD}"]
    code, _, told = shell("register", "--file", file_of(tmp_path, "\n".join(wrong)))
    assert code == 1
    assert "people.csv:2: display_name: There is something invisible in it" in told
    assert "people.csv:3: display_name: No @ in a name, please." in told


def test_what_somebody_is_called(shell: Shell) -> None:
    assert shell("register", "eve", "--name", MARIA, given=PASSWORD)[0] == 0
    assert shell.says("set-name", "eve", "مريم") == "eve is called مريم now.\n"
    # The shell may call somebody so: it is the administrator's.
    assert shell.says("set-name", "eve", "Webmaster") == "eve is called Webmaster now.\n"
    assert shell.says("set-name", "eve", "") == "eve has no other name now.\n"
    assert shell.refuses("set-name", "eve", "a@b") == "display_name: No @ in a name, please."
    assert shell.refuses("set-name", "nobody", "x") == "there is nobody called 'nobody' here"
    refused = shell.refuses("register", "frank", "--name", "x" * 65, given=PASSWORD)
    assert refused == "display_name: At most 64 characters, please."
