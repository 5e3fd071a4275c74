"""Migrations that others wait for, that fail, and that are killed: the next one goes on."""

import contextlib
import fcntl
import os
import signal
from pathlib import Path

import psycopg
import pytest

from helpers.db import migrations
from helpers.db.database import DatabaseError
from helpers.db.migrations import migrate, pending
from tests.conftest import unique
from tests.operations.saving.conftest import ask
from tests.support.people import PATIENCE
from tests.support.servers import ROOT, Postgres
from tests.support.servers.forked import Forked

FOLDER = ROOT / "migrations"


def test_on_sqlite_one_waits_for_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a look at what is lacking writes: it would break the other's transaction."""
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.1)
    url = f"sqlite:///{tmp_path}/chat.db"
    with (tmp_path / "chat.db.migrations.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for run in (migrate, pending):
            with pytest.raises(DatabaseError, match="another process is migrating"):
                run(url, FOLDER)
    path = tmp_path / "chat.db"
    assert not path.exists() or not path.stat().st_size
    assert migrate(url, FOLDER) == len(list(FOLDER.glob("[0-9]*.py")))


ONE_OF_SEVERAL = """
import sys
from pathlib import Path
from helpers.db import migrations
migrations.LOCK_SECONDS = 600
print(migrations.migrate(sys.argv[1], Path(sys.argv[2])))
"""


KILLED = """
import os, signal
from helpers.migrations import statement
from yoyo import step
steps = [statement("CREATE TABLE half (id BIGINT)"), step(lambda _: os.kill(os.getpid(), signal.SIGKILL))]
"""


def test_one_that_is_killed_holds_up_nobody(url: str, tmp_path: Path) -> None:
    """What it had done is taken back, and the next begins at once."""
    folder, program = tmp_path / "migrations", tmp_path / "one_of_several.py"
    folder.mkdir()
    (folder / "0001_killed.py").write_text(KILLED)
    program.write_text(ONE_OF_SEVERAL)
    for _ in range(2):
        with (tmp_path / "out").open("w+b") as out:
            streams = [out.fileno()] * 3
            process = Forked(program, (url, str(folder)), folder=ROOT, env=os.environ, streams=streams)
            assert process.wait(PATIENCE) == -signal.SIGKILL, (tmp_path / "out").read_text()
    (folder / "0001_killed.py").write_text(KILLED.replace("os.kill(os.getpid(), signal.SIGKILL)", "None"))
    assert migrate(url, folder) == 1
    assert ask(url, "SELECT count(*) FROM half") == [(0,)]


def test_one_that_fails_is_named_and_taken_back(url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_fails.py").write_text(
        "from helpers.migrations import statement\n"
        "steps = [statement('CREATE TABLE half (id BIGINT)'), statement('DROP TABLE nowhere')]\n"
    )
    for _ in range(2):
        with pytest.raises(DatabaseError, match=r"^migration 0001_fails failed and is taken back: .*nowhere"):
            migrate(url, tmp_path)
    (tmp_path / "0001_fails.py").write_text(
        "from helpers.migrations import statement\nsteps = [statement('CREATE TABLE half (id BIGINT)')]\n"
    )
    assert migrate(url, tmp_path) == 1


KILLED_AT_A_COMMIT = """
import os, signal, sys
from pathlib import Path
from yoyo.backends import base
from helpers.db.migrations import migrate
commit, left = base.DatabaseBackend.commit, int(sys.argv[3])
def commit_and_end(backend):
    global left
    commit(backend)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
base.DatabaseBackend.commit = commit_and_end
migrate(sys.argv[1], Path(sys.argv[2]))
"""


def emptied(url: str) -> None:
    if url.startswith("sqlite:"):
        for path in Path(url.removeprefix("sqlite:///")).parent.glob("*.db*"):
            path.unlink()
        return
    with psycopg.connect(url.replace("+aiopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def test_whenever_one_is_killed_the_next_goes_on(url: str, tmp_path: Path) -> None:
    """After each commit in turn, from an empty database on: the same statement can't run twice, and no lock
    is left behind."""
    folder, program = tmp_path / "migrations", tmp_path / "killed_at_a_commit.py"
    folder.mkdir()
    program.write_text(KILLED_AT_A_COMMIT)
    before = ""
    for name, sql in (
        ("0001_table", "CREATE TABLE half (id BIGINT)"),
        ("0002_a", "ALTER TABLE half ADD a BIGINT"),
    ):
        (folder / f"{name}.py").write_text(
            "from helpers.migrations import statement\n"
            f"__depends__ = {{{before!r}}} if {bool(before)} else set()\nsteps = [statement({sql!r})]\n"
        )
        before = name
    for commit in range(1, 40):
        emptied(url)
        with (tmp_path / "out").open("w+b") as out:
            streams = [out.fileno()] * 3
            arguments = (url, str(folder), str(commit))
            ended = Forked(program, arguments, folder=ROOT, env=os.environ, streams=streams).wait(PATIENCE)
        said = (tmp_path / "out").read_text()
        assert ended in (0, -signal.SIGKILL), said
        migrate(url, folder)
        assert ask(url, "SELECT a FROM half") == []
        if ended == 0:
            break
    assert ended == 0, "it was killed at each commit: more of them than thought"
    assert commit > 3, "it was never killed"


def test_on_postgresql_one_waits_for_the_other(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.1)
    name = unique("waits")
    url = postgres.create_database(name)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (migrations.ADVISORY_LOCK,))
        with pytest.raises(DatabaseError, match="another process is migrating"):
            migrate(url, FOLDER)
    assert migrate(url, FOLDER) == len(list(FOLDER.glob("[0-9]*.py")))
    postgres.drop_database(name)


def test_several_at_once_are_one(url: str, tmp_path: Path) -> None:
    """As when workers start together: each in a process of its own."""
    program = tmp_path / "one_of_several.py"
    program.write_text(ONE_OF_SEVERAL)
    with contextlib.ExitStack() as opened, (tmp_path / "in").open("w+b") as given:
        outs, errs = (
            [opened.enter_context((tmp_path / f"{name}{number}").open("w+b")) for number in range(4)]
            for name in ("out", "err")
        )
        processes = [
            Forked(
                program,
                (url, str(FOLDER)),
                folder=ROOT,
                env=os.environ,
                streams=[given.fileno(), out.fileno(), err.fileno()],
            )
            for out, err in zip(outs, errs, strict=True)
        ]
        ended = [process.wait(5 * PATIENCE) for process in processes]
    assert [(tmp_path / f"err{number}").read_text() for number in range(4)] == [""] * 4
    assert ended == [0] * 4
    counts = [int((tmp_path / f"out{number}").read_text()) for number in range(4)]
    assert sum(counts) == len(list(FOLDER.glob("[0-9]*.py")))
