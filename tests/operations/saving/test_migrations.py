"""The migrations and the models tell the same story about the tables, on both databases, however
often and by however many they run."""

import contextlib
import fcntl
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest

from accounts import models as accounts_models
from accounts.relations import following as following_models
from chat import models as chat_models
from feed import models as feed_models
from helpers.db import leases, migrations
from helpers.db.base import Base
from helpers.db.database import DatabaseError
from helpers.db.migrations import migrate, pending
from helpers.mail import queue
from helpers.storage import blobs
from notifications import models as notification_models
from notifications.push import models as push_models
from tests.conftest import unique
from tests.support.people import PATIENCE
from tests.support.servers import ROOT, Postgres
from tests.support.servers.forked import Forked

FOLDER = ROOT / "migrations"
MODELS = [
    model
    for module in (
        accounts_models,
        following_models,
        chat_models,
        feed_models,
        notification_models,
        push_models,
        leases,
        blobs,
        queue,
    )
    for model in vars(module).values()
    if isinstance(model, type)
    and issubclass(model, Base)
    and model is not Base
    and model.__module__.startswith(module.__name__)
]
KINDS = {
    peewee.TextField: {"text"},
    peewee.BooleanField: {"boolean"},
    peewee.SmallIntegerField: {"smallint"},
    peewee.IntegerField: {"integer"},
    peewee.BigIntegerField: {"bigint"},
    peewee.ForeignKeyField: {"bigint"},
    peewee.BlobField: {"blob", "bytea"},
    peewee.AutoField: {"integer", "bigint"},
}


@pytest.fixture(params=["sqlite", "postgresql", "postgresql+aiopg"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/chat.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = unique("migrations")
    yield postgres.create_database(name).replace("postgresql", request.param, 1)
    postgres.drop_database(name)


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url.replace("+aiopg", "")) as other:
        return other.execute(sql.encode()).fetchall()


def columns_of(url: str, table: str) -> dict[str, tuple[str, bool]]:
    """By name: the kind of a column, and may it be null?"""
    if url.startswith("sqlite:"):
        # A text key may be null for SQLite alone; and `id` can't, whatever it says.
        rows = ask(url, f"PRAGMA table_info({table})")
        return {name: (kind.lower(), not required and not key) for _, name, kind, required, _, key in rows}
    sql = (
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = "
        f"'{table}'"
    )
    return {name: (kind, nullable == "YES") for name, kind, nullable in ask(url, sql)}


def test_the_models_are_these() -> None:
    names = {
        "users",
        "pictures",
        "site",
        "site_logo",
        "rooms",
        "room_names",
        "members",
        "messages",
        "reactions",
        "mentions",
        "message_versions",
        "invitations",
        "invite_links",
        "invite_link_uses",
        "invite_link_rooms",
        "room_requests",
        "kicks",
        "timeouts",
        "last_posts",
        "acts",
        "reports",
        "report_lines",
        "report_reasons",
        "ignored",
        "filters",
        "held_posts",
        "kept_records",
        "presence",
        "presence_clock",
        "statuses",
        "notices",
        "notice_deliveries",
        "notice_settings",
        "notice_keywords",
        "notice_progress",
        "push_devices",
        "push_closings",
        "notice_jobs",
        "ended_sessions",
        "blocks",
        "follows",
        "follow_requests",
        "follow_counts",
        "feed_posts",
        "feed_comments",
        "feed_deleted_comments",
        "feed_likes",
        "feed_clock",
        "feed_events",
        "feed_pictures",
        "feed_picture_files",
        "leavings",
        "downloads",
        "clearings",
        "leases",
        "blobs",
        "files",
        "uploads",
        "file_usage",
        "name_words",
        "site_acts",
        "site_settings",
        "password_links",
        "email_links",
        "mails",
        "deleted_rooms",
        "room_pictures",
        "former_members",
        "sweeps",
        "preview_jobs",
        "import_origins",
        "linked_pages",
        "preview_pictures",
        "holds",
    }
    assert {model._meta.table_name for model in MODELS} == names


def test_twice_is_harmless(url: str) -> None:
    everything = len(list(FOLDER.glob("[0-9]*.py")))
    assert pending(url, FOLDER) == everything
    assert migrate(url, FOLDER) == everything
    ask(url, "SELECT * FROM users")
    assert migrate(url, FOLDER) == 0
    assert pending(url, FOLDER) == 0


def test_the_tables_are_what_the_models_say(url: str) -> None:
    migrate(url, FOLDER)
    for model in MODELS:
        found = columns_of(url, model._meta.table_name)
        fields = {field.column_name: field for field in model._meta.sorted_fields}
        assert set(found) == set(fields), model
        for name, (kind, nullable) in found.items():
            assert kind in KINDS[type(fields[name])], (model, name)
            assert nullable == bool(fields[name].null), (model, name)


def test_what_is_unique_in_the_models_is_in_the_tables(url: str) -> None:
    migrate(url, FOLDER)
    for model in MODELS:
        table = model._meta.table_name
        if url.startswith("sqlite:"):
            names = [row[1] for row in ask(url, f"PRAGMA index_list({table})") if row[2]]
            unique_columns = {
                tuple(row[2] for row in ask(url, f"PRAGMA index_info({name})")) for name in names
            }
        else:
            sql = (
                f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}' AND indexdef LIKE 'CREATE "
                "UNIQUE%'"
            )
            unique_columns = {
                tuple(row[0].partition("(")[2].partition(")")[0].split(", ")) for row in ask(url, sql)
            }
        for field in model._meta.sorted_fields:
            if field.unique and not field.primary_key:
                assert (field.column_name,) in unique_columns, (model, field)
        if isinstance(model._meta.primary_key, peewee.CompositeKey):
            key = tuple(model._meta.fields[name].column_name for name in model._meta.primary_key.field_names)
            assert key in unique_columns, model


def test_an_id_is_never_given_again(url: str) -> None:
    migrate(url, FOLDER)
    columns = "(name, slug, topic, kind, last_seq, posts, cleared_seq, cleared_number, created_at)"
    if not url.startswith("sqlite:"):
        assert ask(
            url,
            "SELECT is_identity FROM information_schema.columns WHERE table_name = 'rooms' AND column_name = "
            "'id'",
        ) == [("YES",)]
        return
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    for expected in (1, 2):
        with connection:
            connection.execute(f"INSERT INTO rooms {columns} VALUES ('a', 'a', '', 'open', 0, 0, 0, 0, 0)")
            assert connection.execute("SELECT id FROM rooms").fetchall() == [(expected,)]
            connection.execute("DELETE FROM rooms")
    connection.close()


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
from helpers.db.migrations import migrate
print(migrate(sys.argv[1], Path(sys.argv[2])))
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


def test_whenever_one_is_killed_the_next_goes_on(url: str, tmp_path: Path) -> None:
    """After each commit in turn: what was applied is known to be, as the same statement can't run twice."""
    folder, program = tmp_path / "migrations", tmp_path / "killed_at_a_commit.py"
    folder.mkdir()
    program.write_text(KILLED_AT_A_COMMIT)
    (folder / "0001_table.py").write_text(
        "from helpers.migrations import statement\nsteps = [statement('CREATE TABLE half (id BIGINT)')]\n"
    )
    migrate(url, folder)
    for number in range(2, 40):
        (folder / f"{number:04}_column.py").write_text(
            "from helpers.migrations import statement\n"
            f"__depends__ = {{'{sorted(folder.iterdir())[-1].stem}'}}\n"
            f"steps = [statement('ALTER TABLE half ADD COLUMN a{number} BIGINT')]\n"
        )
        with (tmp_path / "out").open("w+b") as out:
            streams = [out.fileno()] * 3
            arguments = (url, str(folder), str(number - 1))
            ended = Forked(program, arguments, folder=ROOT, env=os.environ, streams=streams).wait(PATIENCE)
        said = (tmp_path / "out").read_text()
        assert ended in (0, -signal.SIGKILL), said
        migrate(url, folder)
        ask(url, f"SELECT a{number} FROM half")
        if ended == 0:
            break
    assert ended == 0, "it was killed at each commit: more of them than thought"
    assert number > 3, "it was never killed"


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
        assert [process.wait(PATIENCE) for process in processes] == [0] * 4
    assert [(tmp_path / f"err{number}").read_text() for number in range(4)] == [""] * 4
    counts = [int((tmp_path / f"out{number}").read_text()) for number in range(4)]
    assert sum(counts) == len(list(FOLDER.glob("[0-9]*.py")))
