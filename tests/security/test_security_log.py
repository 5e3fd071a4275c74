"""The security log has who did or tried what, whence and with which result; no passwords, no texts,
no line that somebody else wrote."""

import json
import logging
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import security_log
from helpers.security_log import note, note_refusal
from tests.conftest import Cast, unique
from tests.support.people import PASSWORD, Person
from tests.support.programs.shell import line_of, run
from tests.support.servers import Aiochat

FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')


def _fields(line: str) -> dict[str, str]:
    return {
        name: json.loads(value) if value.startswith('"') else "" if value == "-" else value
        for name, value in FIELD.findall(line)
    }


def _lines(chat: Aiochat, who: str) -> list[dict[str, str]]:
    """The lines about what this person did, in order."""
    text = chat.log.read_text("utf-8", "replace")
    found = [_fields(line) for line in text.splitlines() if " aiochat.security: " in line]
    return [fields for fields in found if fields["who"] == who]


def _short(chat: Aiochat, who: str) -> list[tuple[str, str]]:
    return [(fields["what"], fields["result"]) for fields in _lines(chat, who)]


async def test_signing_in_and_out_is_noted(chat: Aiochat, cast: Cast) -> None:
    someone = await cast.stranger("noted").registers()
    guess = "what might be a password"
    visitor = cast.stranger()
    assert (await visitor.submits("/accounts/login", username=someone.name, password=guess)).status == 401
    assert (await visitor.submits("/accounts/login", username=guess, password=guess)).status == 401
    await someone.submits("/accounts/email", email="", password="wrong")
    await someone.submits("/accounts/email", email=f"{someone.name}@mail.example", password=PASSWORD)
    await someone.submits("/accounts/password", password=PASSWORD, new_password="another fine password")
    await someone.logs_out()
    await visitor.submits("/accounts/login", username=someone.name, password="another fine password")
    assert _short(chat, someone.name) == [
        ("register", "ok"),
        ("sign-in", "failed"),
        ("password question", "failed"),
        ("e-mail change", "ok"),
        ("password change", "ok"),
        ("sign-out", "ok"),
        ("sign-in", "ok"),
    ]
    assert {fields["whence"] for fields in _lines(chat, someone.name)} == {"127.0.0.1"}
    log = chat.log.read_text("utf-8", "replace")
    assert guess not in log
    assert "fine password" not in log
    assert ("sign-in", "failed") in _short(chat, ""), "whom nobody knows is noted without a name"


async def test_what_moderators_do_is_noted(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert (await at_bob.says(f"/kick {alice.name} for nothing"))["code"] == "forbidden"
    await at_alice.says(f"/mod {bob.name}")
    await at_alice.says("/clear")
    await at_alice.says(f"/kick {bob.name} a reason of mine")
    lines = _lines(chat, alice.name)
    assert [
        (line["what"], line.get("target"), line.get("role")) for line in lines if line["whence"] == "room"
    ] == [
        ("role", bob.name, "moderator"),
        ("clear", None, None),
        ("kill", bob.name, None),
    ]
    (refused,) = [line for line in _lines(chat, bob.name) if line["result"] == "refused"]
    assert (refused["what"], refused["code"], refused["whence"]) == ("request", "forbidden", "room")
    assert "a reason of mine" not in chat.log.read_text("utf-8", "replace")


async def test_what_is_refused_is_noted(chat: Aiochat, mallory: Person, cellar: str) -> None:
    assert (await mallory.http.get(f"/rooms/{cellar}")).status in (403, 404)
    assert (await mallory.http.post("/rooms", data={"name": "x", "csrf_token": "forged"})).status == 403
    assert (await mallory.http.get("/nowhere-at-all")).status == 404
    refused = [line for line in _lines(chat, mallory.name) if line["result"] == "refused"]
    assert [(line["method"], line["path"], line["whence"]) for line in refused] == [
        ("GET", f"/rooms/{cellar}", "127.0.0.1"),
        ("POST", "/rooms", "127.0.0.1"),
    ]


async def test_nobody_writes_a_line_of_their_own(chat: Aiochat, mallory: Person) -> None:
    forged = unique("forged")
    path = f"/rooms/a%0A2026 WARNING aiochat.security: what=x result=ok who={forged} whence=-%22%1b[2J"
    await mallory.http.get(path)
    assert _lines(chat, forged) == []
    text = chat.log.read_text("utf-8", "replace")
    assert "\x1b" not in text
    assert len([line for line in text.splitlines() if forged in line]) <= 1


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The lines of this process, wherever commands that ran in it have sent its log."""
    handler = _Lines()
    monkeypatch.setattr(security_log.log, "handlers", [handler])
    before = security_log.log.level
    security_log.log.setLevel(logging.INFO)  # and forgets which levels were off so far
    yield handler.lines
    security_log.log.setLevel(before)


@pytest.mark.parametrize(
    "value", ["a\nb", "a b", 'a"b', "a=b", "\x1b[2J", "ü\u2028", "", "x" * 5000, "-", "\ud800"]
)
def test_any_value_is_one_field(value: str, written: list[str]) -> None:
    note("try", "ok", who=value, whence="here")
    (line,) = written
    assert line.isascii()
    assert line.isprintable()
    fields = _fields(line)
    assert fields == {
        "what": "try",
        "result": "ok",
        "who": value[:200] if value != "-" else "",
        "whence": "here",
    }


def test_of_a_flood_a_few_lines_are_written(written: list[str]) -> None:
    flooder = unique("flooder")
    for _ in range(1000):
        note_refusal("request", who=flooder)
    note_refusal("request", who=unique("another"))
    lines = [_fields(line) for line in written]
    assert 20 <= len(lines) <= 30
    assert int(lines[-1]["left_out"]) == 1001 - len(lines)


def test_commands_of_the_shell_are_noted_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "security.log"

    def does(*arguments: str) -> None:
        done = run(tmp_path, *arguments, given=f"{PASSWORD}\n".encode(), SECURITY_LOG=str(path))
        assert (done.returncode, done.stderr) == (0, b"")

    does("migrate")
    does("register", "alice")
    does("register", "bob")
    does("make-admin", "bob")
    does("make-admin", "bob")
    does("set-password", "bob")
    does("sessions", "bob", "--end-all")
    lines = [_fields(line) for line in path.read_text().splitlines()]
    assert [(line["what"], line["target"], line["whence"]) for line in lines] == [
        ("register", "alice", "shell"),
        ("register", "bob", "shell"),
        ("make-admin", "bob", "shell"),
        ("set-password", "bob", "shell"),
        ("sessions --end-all", "bob", "shell"),
    ]
    assert all(line["who"] for line in lines)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "migrate", SECURITY_LOG=str(tmp_path / "no" / "where"))
    assert "see AIOCHAT_SECURITY_LOG" in line_of(done)


async def test_signing_out_clears_what_the_browser_keeps(alice: Person) -> None:
    answer = await alice.submits("/accounts/logout")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
