"""The command line: what each command does, and one line with a non-zero exit where it can't."""

import asyncio
import contextlib
import html
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.conftest import LIMITS_OFF, unique
from tests.support.people import PASSWORD, person
from tests.support.programs.shell import line_of, run, settings_in
from tests.support.servers import ROOT, Aiochat, Postgres, Redis, ServerError
from tests.support.servers.forked import Forked

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def folder(own_servers: None, tmp_path: Path) -> Path:
    """Where the program is started, each time as a process of its own."""
    return tmp_path


HELP = {
    "": (
        *("serve", "migrate", "register", "set-name", "set-password", "make-admin", "sessions"),
        *("render", "backup", "restore", "verify", "copy", "restored"),
    ),
    "serve": ("--migrate", "--workers"),
    "backup": ("FILE", "tar archive"),
    "restore": ("FILE", "--force", "--check"),
    "migrate": ("database",),
    "register": ("NAME", "--name", "--email", "--admin", "--file"),
    "set-name": ("NAME", "TEXT"),
    "set-password": ("NAME", "standard input"),
    "make-admin": ("NAME", "--undo"),
    "sessions": ("NAME", "--end", "--end-all", "--json"),
}


@pytest.mark.parametrize("command", HELP)
def test_help_says_what_there_is(folder: Path, command: str) -> None:
    done = run(folder, *command.split(), "--help", PORT="wrong, and nobody minds")
    assert done.returncode == 0
    for word in HELP[command]:
        assert word in done.stdout.decode()
    assert not (folder / "data").exists()


def test_the_version(folder: Path) -> None:
    assert re.fullmatch(rb"aiochat \d+\.\d+\.\d+\n", run(folder, "--version").stdout)


@pytest.mark.parametrize(
    "arguments", [(), ("dance",), ("serve", "--fast"), ("register",), ("migrate", "extra")]
)
def test_a_command_that_is_none_gets_its_usage(folder: Path, arguments: tuple[str, ...]) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 2
    assert b"usage:" in done.stderr
    assert b"Traceback" not in done.stderr


COMMANDS = [("serve", "--migrate"), ("serve",), ("migrate",), ("register", "alice")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_setting_is_one_line(folder: Path, command: tuple[str, ...]) -> None:
    assert line_of(run(folder, *command, PORT="x")).startswith("AIOCHAT_PORT='x' is wrong: ")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"postgresql://aiochat:s3cret@{NOWHERE}/x"),
        ("DATABASE_URL", f"postgresql+aiopg://aiochat:s3cret@{NOWHERE}/x"),
        ("DATABASE_URL", "postgresql://user:s3cret@ss/x@127.0.0.1:1/x"),
        ("DATABASE_URL", f"postgresql://{NOWHERE}/x?nonsense=1"),
        ("DATA_DIR", "/dev/null"),
    ],
)
def test_a_database_that_is_not_there_is_one_line(
    folder: Path, command: tuple[str, ...], name: str, value: str
) -> None:
    line = line_of(run(folder, *command, given=PASSWORD.encode(), **{name: value}))
    assert "s3cret" not in line


@pytest.mark.parametrize(
    "url", [f"redis://{NOWHERE}/0", "redis://:s3cret@127.0.0.1:1/0", "unix:///nowhere/redis.sock"]
)
def test_a_redis_that_is_not_there_is_one_line(folder: Path, url: str) -> None:
    line = line_of(run(folder, "serve", "--migrate", REDIS_URL=url))
    assert line.startswith("Redis can't be used: ")
    assert "s3cret" not in line


def test_a_redis_that_is_something_else_is_one_line(folder: Path, postgres: Postgres, chat: Aiochat) -> None:
    for port in (postgres.port, chat.port):
        assert line_of(run(folder, "serve", "--migrate", REDIS_URL=f"redis://127.0.0.1:{port}/0")).startswith(
            "Redis can't be used: "
        )


def test_a_postgresql_that_is_something_else_is_one_line(folder: Path, redis: Redis) -> None:
    assert "database" in line_of(
        run(folder, "migrate", DATABASE_URL=f"postgresql://127.0.0.1:{redis.port}/x")
    )


def test_a_database_or_role_that_is_not_there_is_one_line(folder: Path, postgres: Postgres) -> None:
    assert "does not exist" in line_of(run(folder, "migrate", DATABASE_URL=postgres.database_url("nowhere")))
    stranger = f"postgresql://stranger@127.0.0.1:{postgres.port}/aiochat"
    assert "does not exist" in line_of(run(folder, "serve", DATABASE_URL=stranger))


def test_a_postgresql_without_fsync_is_refused(own_servers: None, folder: Path) -> None:
    with Postgres(options={"fsync": "off"}) as careless:
        for scheme in ("postgresql", "postgresql+aiopg"):
            url = careless.url.replace("postgresql", scheme, 1)
            assert "fsync=off" in line_of(run(folder, "serve", "--migrate", DATABASE_URL=url))


def test_a_port_in_use_is_one_line(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        line = line_of(run(folder, "serve", "--migrate", PORT=str(taken.getsockname()[1])))
    assert line.startswith("can't listen on 127.0.0.1:")
    assert line.endswith("choose another with AIOCHAT_PORT")


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a b"])
def test_an_address_that_is_not_ours_is_one_line(folder: Path, host: str) -> None:
    assert line_of(run(folder, "serve", "--migrate", HOST=host)).startswith(f"can't listen on {host}:")


async def test_all_addresses_are_those_of_both_families(own_servers: None, folder: Path) -> None:
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_HOST": "::"}) as server:
        port = server.port
        for host in ("127.0.0.1", "::1"):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
        assert "before AIOCHAT_PUBLIC_URL is the address by which they come, like http" in server.tail()
        # By which name one came, and which is expected, stands on the page, and not for other sites' pages.
        for origin, is_told in (("http://chat.office", True), ("http://evil.example", False)):
            asked = Request(f"{server.url}/accounts/login", b"", {"Origin": origin, "Host": "chat.office"})
            with pytest.raises(HTTPError) as refused:
                await asyncio.to_thread(urlopen, asked)
            page = html.unescape(refused.value.read().decode())
            told = f"You came by http://chat.office, and this site takes only what comes by {server.url}. "
            assert (refused.value.code, told in page) == (403, is_told)


def test_a_database_file_that_is_none_is_one_line(folder: Path) -> None:
    (folder / "letter.txt").write_text(
        "Dear Bob, this is no database, and longer than the header of one. " * 3
    )
    for command in COMMANDS:
        for url in (f"sqlite:///{folder}/letter.txt", f"sqlite:///{folder}"):
            line_of(run(folder, *command, given=PASSWORD.encode(), DATABASE_URL=url))


def test_serving_without_migrations_says_what_to_do(folder: Path) -> None:
    assert "there is no site" in line_of(run(folder, "serve"))


def test_migrating_twice_is_harmless(folder: Path) -> None:
    first, second = run(folder, "migrate"), run(folder, "migrate")
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.decode().endswith("migrations applied.\n")
    assert second.stdout == b"Nothing to migrate.\n"


def test_two_on_one_data_folder_would_not_hear_each_other(own_servers: None, folder: Path) -> None:
    with Aiochat(env=LIMITS_OFF) as server, pytest.raises(ServerError, match="another aiochat is running"):
        Aiochat(env=LIMITS_OFF, data_dir=server.data_dir).start()


def test_it_greets_whoever_starts_it(own_servers: None, folder: Path) -> None:
    with Aiochat(forked=False) as server:
        greeting = server.tail()
        assert f"aiochat is running on {server.url}" in greeting
        assert "the first account becomes the site's administrator" in greeting
        assert "WARNING" not in greeting
        assert "AIOCHAT_PUBLIC_URL" not in greeting
        server.stop()
        added = run(folder, "register", "alice", given=PASSWORD.encode(), DATA_DIR=str(server.data_dir))
        assert added.returncode == 0
        before = len(server.tail(1000))
        server.start()
        assert "first account" not in server.tail(1000)[before:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(own_servers: None, number: signal.Signals) -> None:
    with Aiochat(env=LIMITS_OFF, forked=False) as server:
        server.stop_signal = number
        assert server.stop() == 0
        assert "Traceback" not in server.tail(1000)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_registering(folder: Path, postgres: Postgres, kind: str) -> None:
    env = {} if kind == "sqlite" else {"DATABASE_URL": postgres.create_database(unique("commands"))}
    assert run(folder, "migrate", given=b"", **env).returncode == 0
    first = run(
        folder,
        "register",
        "Alice",
        "--email",
        "A@mail.example",
        given=b"a fine password\nand another line\n",
        **env,
    )
    assert (first.returncode, first.stdout) == (0, b"Alice has an account, and administers the site.\n")
    second = run(folder, "register", "bob", given=PASSWORD.encode(), **env)
    assert (second.returncode, second.stdout) == (0, b"bob has an account.\n")
    taken = run(folder, "register", "ALICE", given=PASSWORD.encode(), **env)
    assert line_of(taken) == "username: This name is taken, or too much like one that is."
    shared = run(folder, "register", "carl", "--email", "a@MAIL.example", given=PASSWORD.encode(), **env)
    assert shared.returncode == 0, "whose address it is, nobody has shown"
    kept = run(folder, "register", "admin", given=PASSWORD.encode(), **env)
    assert (kept.returncode, kept.stdout) == (0, b"admin has an account.\n"), "the shell may"


@pytest.mark.parametrize(
    ("name", "email", "password", "text"),
    [
        ("carl", "", b"short", "password: At least 8"),
        ("carl", "", b"password1", "password: This is one of the first"),
        ("carl", "", b"", "password: At least 8"),
        ("carl", "", b"fine until \xff here", "password"),
        (
            "c a r l",
            "nowhere",
            b"a fine password",
            "username: Letters, digits, dots, dashes and underscores only, please.; email: This doesn't look",
        ),
        ("c\udcff", "c\udcff@mail.example", b"a fine password", "username: Letters, digits"),
    ],
)
def test_no_account_is_made_of_this(folder: Path, name: str, email: str, password: bytes, text: str) -> None:
    assert run(folder, "migrate").returncode == 0
    assert text in line_of(run(folder, "register", name, "--email", email, given=password))


async def test_whoever_was_registered_so_signs_in(chat: Aiochat, folder: Path) -> None:
    env = settings_in(chat.env)
    name = unique("added")
    added = run(folder, "register", name, given=PASSWORD.encode(), **{"DATA_DIR": str(chat.data_dir), **env})
    assert added.returncode == 0, added.stderr
    async with person(chat.url, name) as someone:
        await someone.logs_in()


def on_a_terminal(
    folder: Path, *answers: bytes, command: tuple[str, ...] = ("register", "alice")
) -> tuple[int, str]:
    """A command typed at a terminal. Returns the exit code and what stood on the screen."""
    leader, follower = pty.openpty()
    process = Forked(
        ROOT / "tests" / "support" / "programs" / "at_terminal.py",
        command,
        folder=folder,
        env={**os.environ, "AIOCHAT_DATA_DIR": str(folder / "data")},
        streams=[follower] * 3,
    )
    os.close(follower)
    screen, waiting = b"", list(answers)
    with contextlib.suppress(OSError):  # how a terminal says that its last program has gone
        while chunk := os.read(leader, 1000):
            screen += chunk
            if screen.rstrip().endswith(b":") and waiting:
                time.sleep(0.1)  # getpass throws away what was typed before it turned the echo off
                os.write(leader, waiting.pop(0))
    os.close(leader)
    return process.wait(30), screen.decode()


def test_on_a_terminal_the_password_is_asked_for_unseen(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    code, screen = on_a_terminal(folder, b"a fine password\n", b"a fine password\n")
    assert code == 0, screen
    assert "Password for alice:" in screen
    assert "The same again:" in screen
    assert "alice has an account" in screen
    assert "fine password" not in screen


def test_on_a_terminal_the_password_is_asked_for_twice(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    code, screen = on_a_terminal(folder, b"a fine password\n", b"a fine passwort\n")
    assert code == 1
    assert "aiochat: that wasn't the same password again" in screen


def test_on_a_terminal_ctrl_c_ends_it(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    code, screen = on_a_terminal(folder, b"\x03")
    assert code == 130
    assert "Traceback" not in screen


def test_on_a_terminal_one_may_think_better_of_it(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    code, screen = on_a_terminal(folder, b"\x04")
    assert code == 1
    assert "aiochat: no password was given" in screen
    assert "Traceback" not in screen


def test_on_a_terminal_each_migration_is_shown(folder: Path) -> None:
    code, screen = on_a_terminal(folder, command=("migrate",))
    assert code == 0
    total = len(list((ROOT / "migrations").glob("[0-9]*.py")))
    assert re.search(
        rf"^migration 0001_accounts \(1 of {total}\) \.\.\. \d+\.\d s\r?$", screen, re.MULTILINE
    ), screen
    assert len(re.findall(r"^migration ", screen, re.MULTILINE)) == total


def test_without_any_input_there_is_no_password(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    command = f'exec "{sys.executable}" "{ROOT / "app.py"}" register alice <&-'
    env = {**os.environ, "AIOCHAT_DATA_DIR": str(folder / "data")}
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, check=False)
    assert "standard input" in line_of(done)


def test_a_database_that_somebody_holds_is_one_line(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    holder = sqlite3.connect(folder / "data" / "aiochat.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert "locked" in line_of(run(folder, "register", "alice", given=PASSWORD.encode()))
    finally:
        holder.close()
