"""The commands about people: who gets an account, a new password, or the site to administer, and
where somebody is signed in."""

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accounts.doors import command_line
from accounts.site import site_id
from helpers.db.database import DatabaseError, fetch, open_database
from helpers.db.migrations import migrate
from helpers.processes.terminal import program
from helpers.redis.client import open_redis
from helpers.web.session_stores import SessionInfo, session_store
from tests.operations.conftest import PASSWORD
from tests.support.programs.shell import Shell, run_into
from tests.support.servers import ROOT

NEW = "another fine password"
NOWHERE = "127.0.0.1:1"


def is_signed_in(shell: Shell, *sessions: tuple[str, str, str]) -> None:
    """Alice, with these ids, programs and addresses, the one after the other."""

    async def store() -> None:
        database = open_database(
            shell.env.get("AIOCHAT_DATABASE_URL", f"sqlite:///{shell.env['AIOCHAT_DATA_DIR']}/aiochat.db")
        )
        redis = open_redis(shell.env.get("AIOCHAT_REDIS_URL", ""))
        kept = session_store(database, redis)
        await kept.open(await site_id())
        for place, (key, agent, address) in enumerate(sessions):
            await kept.create(
                key, "{}", 60, SessionInfo(1, agent, address, 1_790_000_000_000 + place * 60_000)
            )
        if redis:
            await redis.aclose()
        await database.aio_close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, store()).result()


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where clocks show three and a half hours more."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "FAR-03:30")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_sessions_are_shown_and_ended(shell: Shell) -> None:
    assert shell.says("sessions", "alice") == "alice isn't signed in anywhere.\n"
    keys = ["aa" + "0" * 62, "ab" + "1" * 62, "cc" + "2" * 62]
    is_signed_in(
        shell,
        (keys[0], FIREFOX, "192.0.2.1"),
        (keys[1], "my-bot/1", "2001:db8::1"),
        (keys[2], "", "\x1b[31m"),
    )
    header, *rows = shell.says("sessions", "@Alice").splitlines()
    assert header.split("  ")[0] == "ID"
    assert rows[1] == "ab111111  my-bot             2001:db8::1  2026-09-21 17:44 FAR"
    assert [row.split()[0] for row in rows] == ["cc222222", "ab111111", "aa000000"]
    assert "\x1b" not in rows[0]
    told = json.loads(shell.says("sessions", "alice", "--json"))
    assert told[2] == {
        "id": keys[0],
        "device": "Firefox, Linux",
        "address": "192.0.2.1",
        "used": "2026-09-21T14:13:20.000Z",
    }
    assert shell.refuses("sessions", "alice", "--end", "a") == (
        "alice has 2 sessions that begin with a; give more letters of the one that you mean"
    )
    assert (
        shell.refuses("sessions", "alice", "--end", "dd")
        == "alice has no session dd; it may have ended already"
    )
    assert shell.says("sessions", "alice", "--end", "AB") == "1 session of alice ended.\n"
    assert [found["id"] for found in json.loads(shell.says("sessions", "alice", "--json"))] == [
        keys[2],
        keys[0],
    ]
    assert shell.says("sessions", "alice", "--end-all") == "2 sessions of alice ended.\n"
    assert json.loads(shell.says("sessions", "alice", "--json")) == []


def test_a_new_password_ends_all_sessions(shell: Shell) -> None:
    is_signed_in(shell, ("a" * 64, "", ""), ("b" * 64, "", ""))
    shell.says("register", "bob", "--email", "bob@mail.example", given=PASSWORD)
    assert (
        shell.refuses("set-password", "alice", given="short\n") == "password: At least 8 characters, please."
    )
    assert shell.refuses("set-password", "alice", given="") == "password: At least 8 characters, please."
    assert len(json.loads(shell.says("sessions", "alice", "--json"))) == 2, "nothing was changed"
    assert (
        shell.says("set-password", "alice", given=f"{NEW}\nand another line\n")
        == "alice has a new password. 2 sessions ended.\n"
    )
    assert shell.says("set-password", "bob@mail.example", given=NEW) == "bob has a new password.\n"
    assert json.loads(shell.says("sessions", "alice", "--json")) == []


def test_the_sites_host_is_no_password(plain: Shell, tmp_path: Path) -> None:
    plain.env = {**plain.env, "AIOCHAT_PUBLIC_URL": "https://harbour-radio.example"}
    for name, given in (("alice", "harbour-radio"), ("bob", "HarbourRadio1")):
        assert plain.refuses("register", name, given=given).startswith("password: The password can't be made")
    people = tmp_path / "people.csv"
    people.write_text("name,password\nbob,harbour-radio9\n")
    code, _, err = plain("register", "--file", str(people))
    assert (code, "password: The password can't be made" in err) == (1, True)
    plain.says("register", "alice", given=PASSWORD)
    said = plain.refuses("set-password", "alice", given="harbour-radio9")
    assert said.startswith("password: The password can't be made")


def test_who_administers_the_site(shell: Shell) -> None:
    shell.says("register", "bob", given=PASSWORD)
    assert (
        shell.refuses("make-admin", "alice", "--undo")
        == "alice is the site's only administrator; make another one first"
    )
    assert shell.says("make-admin", "bob", "--undo") == "bob did not administer the site.\n"
    assert shell.says("make-admin", "bob") == "bob administers the site now.\n"
    assert shell.says("make-admin", "BOB") == "bob administered the site already.\n"
    assert shell.says("make-admin", "alice", "--undo") == "alice no longer administers the site.\n"
    assert (
        shell.refuses("make-admin", "bob", "--undo")
        == "bob is the site's only administrator; make another one first"
    )
    assert (
        shell.says("register", "carl", "--admin", given=PASSWORD)
        == "carl has an account, and administers the site.\n"
    )
    assert shell.says("make-admin", "bob", "--undo") == "bob no longer administers the site.\n"


ABOUT_SOMEBODY = ("set-password", "make-admin", "sessions", "unsuspend", "end-sessions", "reset-link")


@pytest.mark.parametrize(
    "name", ["mallory", "a b", "", "\udcff", "two\nlines", "x" * 5000, "nobody@mail.example", "a\0@b.example"]
)
def test_nobody_is_called_so(plain: Shell, name: str) -> None:
    plain.says("migrate")
    for command in ABOUT_SOMEBODY:
        assert plain.refuses(command, name, given=NEW) == f"there is nobody called {name!r} here"


def test_an_older_site_needs_its_migrations_first(plain: Shell) -> None:
    with sqlite3.connect(Path(plain.env["AIOCHAT_DATA_DIR"]) / "aiochat.db") as connection:
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0060%'")
    for command in (*ABOUT_SOMEBODY, "register"):
        assert (
            plain.refuses(command, "alice", given=NEW)
            == f"the database lacks migrations; run first: {program()} migrate"
        )


@pytest.mark.parametrize("command", ABOUT_SOMEBODY)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"postgresql://aiochat:s3cret@{NOWHERE}/x"),
        ("DATABASE_URL", f"postgresql+aiopg://aiochat:s3cret@{NOWHERE}/x"),
        ("DATA_DIR", "/dev/null"),
        ("PORT", "x"),
    ],
)
def test_a_site_that_is_not_there_is_one_line(plain: Shell, command: str, name: str, value: str) -> None:
    plain.env = {**plain.env, f"AIOCHAT_{name}": value}
    assert "s3cret" not in plain.refuses(command, "alice", given=NEW)


def test_without_redis_no_password_is_changed(plain: Shell) -> None:
    plain.says("register", "alice", given=PASSWORD)
    before = _password_hash(plain)
    plain.env = {**plain.env, "AIOCHAT_REDIS_URL": f"redis://:s3cret@{NOWHERE}/0"}
    for command in (("set-password",), ("sessions",), ("sessions", "--end-all")):
        line = plain.refuses(*command, "alice", given=NEW)
        assert line.startswith("Redis can't be used: ")
        assert "s3cret" not in line
    assert _password_hash(plain) == before
    assert plain.says("make-admin", "alice") == "alice administered the site already.\n", (
        "which has nothing to do with Redis"
    )


def test_an_outage_behind_the_change_is_told(plain: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise ConnectionError("the line is cut")

    plain.says("register", "alice", given=PASSWORD)
    before = _password_hash(plain)
    monkeypatch.setattr(command_line, "end_sessions", away)
    line = plain.refuses("set-password", "alice", given=NEW)
    assert (
        line
        == f"the password is changed, but sessions may go on (the line is cut); try: {program()} sessions "
        "alice --end-all"
    )
    assert _password_hash(plain) != before


def _password_hash(shell: Shell) -> str:
    database = sqlite3.connect(f"{shell.env['AIOCHAT_DATA_DIR']}/aiochat.db")
    ((found,),) = database.execute("SELECT password_hash FROM users").fetchall()
    database.close()
    return str(found)


@pytest.mark.parametrize(
    "arguments",
    [
        ("register",),
        ("register", "alice", "--file", "people.csv"),
        ("register", "--file", "people.csv", "--email", "a@mail.example"),
        ("set-password",),
        ("make-admin", "alice", "--again"),
        ("sessions",),
        ("sessions", "alice", "--end", ""),
        ("sessions", "alice", "--end", "%"),
        ("sessions", "alice", "--end", "a" * 65),
        ("sessions", "alice", "--end", "a", "--end-all"),
        ("sessions", "alice", "--end-all", "--json"),
    ],
)
def test_misuse_is_told_with_the_usage(plain: Shell, arguments: tuple[str, ...]) -> None:
    code, out, err = plain(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: ")


def test_a_folder_that_cannot_be_written_is_one_line(own_servers: None, plain: Shell) -> None:
    plain.says("register", "alice", given=PASSWORD)
    before = _password_hash(plain)
    folder = Path(plain.env["AIOCHAT_DATA_DIR"])
    # Root may write everywhere, unless that is taken from it.
    powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    command = [*powerless, sys.executable, str(ROOT / "app.py")]
    for path in (*folder.iterdir(), folder):
        path.chmod(0o500 if path.is_dir() else 0o400)
    for arguments in (("set-password", "alice"), ("make-admin", "alice"), ("register", "bob")):
        done = subprocess.run(
            [*command, *arguments],
            env={**os.environ, **plain.env},
            input=NEW.encode(),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, done
        assert len(done.stderr.splitlines()) == 1, done
    folder.chmod(0o700)
    assert _password_hash(plain) == before


@pytest.mark.parametrize("target", ["/dev/full", "a pipe that nobody reads"])
def test_an_answer_that_cannot_be_written_is_one_line(plain: Shell, tmp_path: Path, target: str) -> None:
    plain.says("register", "alice", given=PASSWORD)
    if target == "/dev/full":
        out = os.open(target, os.O_WRONLY)
    else:
        reads, out = os.pipe()
        os.close(reads)
    done = run_into(out, tmp_path, "sessions", "alice")
    os.close(out)
    assert done.returncode == 1
    assert re.fullmatch(rb"aiochat: the answer can't be written \(.*\)\n", done.stderr), done.stderr


def test_a_name_that_the_terminal_has_no_letters_for(own_servers: None, plain: Shell) -> None:
    plain.says("migrate")
    command = [sys.executable, str(ROOT / "app.py"), "register", "Алиса"]
    env = {**os.environ, **plain.env, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, input=PASSWORD.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"has an account, and administers the site.\n")


def test_a_migration_that_cannot_be_applied_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "0001_bad.py").write_text("this is no Python")
    with pytest.raises(DatabaseError):
        migrate(f"sqlite:///{tmp_path}/x.db", tmp_path)


def test_what_the_shell_does_to_accounts_is_in_the_log(shell: Shell) -> None:
    shell.says("register", "bob", given=PASSWORD)
    is_signed_in(shell, ("a" * 64, "", ""))
    assert shell.says("suspend", "bob", "--for", "2h", "--reason", "too loud") == (
        "bob is suspended for 2h. 0 sessions ended.\n"
    )
    assert shell.refuses("suspend", "alice", "--for", "good").startswith("A site needs an administrator")
    assert shell.says("unsuspend", "bob") == "bob may sign in again.\n"
    assert shell.says("unsuspend", "bob") == "bob was not suspended.\n"
    assert shell.says("end-sessions", "alice") == "1 session of alice ended.\n"
    assert re.fullmatch(
        r"http://127\.0\.0\.1:\d+/accounts/reset/[A-Za-z0-9_-]{43}\n", shell.says("reset-link", "bob")
    )
    assert shell.says("role", "bob", "moderator") == "bob: moderator.\n"
    assert shell.says("role", "bob", "moderator") == "bob: moderator, as before.\n"
    assert shell.refuses("role", "alice", "none").startswith("A site needs an administrator")
    assert shell.refuses("delete-account", "bob").endswith("say so with --yes")
    assert shell.refuses("delete-account", "alice", "--yes").startswith("A site needs an administrator")
    assert shell.says("delete-account", "bob", "--yes", "--reason", "asked to").startswith(
        "The account of bob"
    )
    assert shell.refuses("suspend", "bob", "--for", "1h") == "there is nobody called 'bob' here"
    assert [(act, reason) for act, reason in site_acts(shell)] == [
        ("suspend", "too loud"),
        ("unsuspend", ""),
        ("end_sessions", ""),
        ("password_link", ""),
        ("role", ""),
        ("delete_account", "asked to"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("suspend", "alice"),
        ("suspend", "alice", "--for", "soon"),
        ("suspend", "alice", "--for", "0s"),
        ("role", "alice", "king"),
        ("delete-account", "alice", "--messages", "some"),
    ],
)
def test_commands_about_accounts_that_make_no_sense(shell: Shell, arguments: tuple[str, ...]) -> None:
    code, out, err = shell(*arguments)
    assert (code, out, "usage:" in err) == (2, "", True)
    assert site_acts(shell) == []


def test_a_reason_is_one_line(shell: Shell) -> None:
    shell.says("register", "bob", given=PASSWORD)
    assert shell.refuses("suspend", "bob", "--for", "1h", "--reason", "x" * 501).startswith("A reason has")
    assert site_acts(shell) == []


def site_acts(shell: Shell) -> list[tuple[str, str]]:
    """The acts of the site's log and their reasons, in order, all by the shell."""

    async def read() -> list[tuple[str, str]]:
        database = open_database(
            shell.env.get("AIOCHAT_DATABASE_URL", f"sqlite:///{shell.env['AIOCHAT_DATA_DIR']}/aiochat.db")
        )
        rows = await fetch(database, "SELECT act, reason, number, shell FROM site_acts ORDER BY number")
        await database.aio_close()
        assert [number for _, _, number, _ in rows] == list(range(1, len(rows) + 1))
        assert all(user for _, _, _, user in rows)
        return [(act, reason) for act, reason, _, _ in rows]

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, read()).result()
