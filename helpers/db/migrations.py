"""Runs numbered migrations with yoyo on SQLite and PostgreSQL. Each runs in its own transaction.

A lock admits one process at a time, and is free when that one is killed: a file's on SQLite, where even
a look at what is lacking writes, and two transactions that wait for each other are an error; PostgreSQL's
advisory one otherwise. yoyo's own is a row, which a killed process leaves."""

import contextlib
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.backends.core.sqlite3 import SQLiteBackend
from yoyo.connections import parse_uri
from yoyo.exceptions import LockTimeout
from yoyo.migrations import default_migration_table

from helpers.db.database import DatabaseError, check_encoding, libpq_url, sqlite_path
from helpers.processes.terminal import Failure, program, reason, report_when_slow
from helpers.text.characters import one_line
from settings import ROOT

MIGRATIONS = ROOT / "migrations"
"""The migrations of this program."""

LOCK_SECONDS = 60
ADVISORY_LOCK = int.from_bytes(b"aiochat")
LOOK_SECONDS = 0.05
CONNECT_SECONDS = 5


def _yoyo_url(url: str) -> str:
    if url.startswith("sqlite:"):
        return f"sqlite:///{sqlite_path(url)}"
    address = f"postgresql+psycopg:{url.partition(':')[2]}"
    return (
        address
        if "connect_timeout=" in url
        else f"{address}{'&' if '?' in url else '?'}connect_timeout={CONNECT_SECONDS}"
    )


@contextlib.contextmanager
def _one_at_a_time(url: str) -> Iterator[None]:
    """Waits on SQLite until no other process migrates the file. The kernel frees the lock of a
    process that is killed. Raises LockTimeout."""
    if not url.startswith("sqlite:"):
        yield
        return
    path = f"{sqlite_path(url)}.migrations.lock"
    try:
        file = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
    except OSError:
        # SQLite can't write there either, and says what is wrong.
        yield
        return
    try:
        _wait(lambda: _try_lock(file))
        yield
    finally:
        os.close(file)


@contextlib.contextmanager
def _only_migration(url: str) -> Iterator[None]:
    """On PostgreSQL: waits until no other process migrates. The transaction that holds the lock ends with
    its connection. Raises LockTimeout."""
    if url.startswith("sqlite:"):
        # Whoever has the backend has the file's lock.
        yield
        return
    with psycopg.connect(libpq_url(url), connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        question = "SELECT pg_try_advisory_xact_lock(%s)"
        _wait(lambda: connection.execute(question, (ADVISORY_LOCK,)).fetchone() == (True,))
        yield


def _wait(take: Callable[[], bool]) -> None:
    """Waits until the lock is taken. Raises LockTimeout."""
    end = time.monotonic() + LOCK_SECONDS
    while not take():
        if time.monotonic() > end:
            raise LockTimeout("another process migrates")
        time.sleep(LOOK_SECONDS)


def _try_lock(file: int) -> bool:
    """Takes the file's lock, unless another process has it. Returns whether it was taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


NO_SITE = "there is no site {0} yet; where that is the right place, run first: {1}"


def _check_file(url: str) -> None:
    """Raises Failure where there is no file: to look at it would make one."""
    path = Path(url.removeprefix("sqlite:///")).absolute()
    try:
        is_there = not url.startswith("sqlite:") or (path.exists() and path.stat().st_size > 0)
    except OSError as error:
        told = reason(error, path.parent)
        raise DatabaseError(f"the database {path} can't be used ({told}); see AIOCHAT_DATA_DIR") from None
    if not is_there:
        raise Failure(
            NO_SITE.format(f"at {path} (AIOCHAT_DATA_DIR, AIOCHAT_DATABASE_URL)", f"{program()} migrate")
        )


def _check_tables(backend: Any) -> None:
    """The same of PostgreSQL's database, in which yoyo would make tables."""
    if isinstance(backend, PostgresqlPsycopgBackend):
        ((found,),) = backend.connection.execute(
            f"SELECT to_regclass('{default_migration_table}')"
        ).fetchall()
        backend.connection.rollback()
        if found is None:
            raise Failure(NO_SITE.format("in the database of AIOCHAT_DATABASE_URL", f"{program()} migrate"))


@contextlib.contextmanager
def _backend(url: str, *, may_be_new: bool = True) -> Iterator[Any]:
    """Opens yoyo's connection. Its errors become DatabaseError. Raises Failure where there is no site,
    unless it `may_be_new`."""
    if not may_be_new:
        _check_file(url)
    try:
        with _one_at_a_time(url), _only_migration(url) if may_be_new else contextlib.nullcontext():
            # yoyo looks for the class among all packages that are installed: a sixth of a start.
            kind = SQLiteBackend if url.startswith("sqlite:") else PostgresqlPsycopgBackend
            backend = kind(parse_uri(_yoyo_url(url)), default_migration_table)
            if url.startswith("sqlite:"):
                # Only a file that is new takes it: what is free can be given back in small steps.
                backend.connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            if not may_be_new:
                _check_tables(backend)
            if may_be_new and isinstance(backend, PostgresqlPsycopgBackend):
                ((encoding,),) = backend.connection.execute("SHOW server_encoding").fetchall()
                backend.connection.rollback()
                check_encoding(encoding)
            backend.init_database()
            if may_be_new:
                # yoyo's own lock is a row; one that is there is of a process that was killed.
                backend.break_lock()
            try:
                yield backend
            finally:
                backend.connection.close()
    except LockTimeout:
        raise DatabaseError("another process is migrating: wait until it is done") from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("psycopg", "sqlite3", "yoyo"):
            raise DatabaseError(f"the database can't be used: {one_line(error)}") from error
        raise


def migrate(
    url: str,
    folder: Path,
    around: Callable[[str], contextlib.AbstractContextManager[None]] = report_when_slow,
) -> int:
    """Applies all pending migrations and returns their number. Each one runs inside an `around`
    context, which reports it.

    Raises DatabaseError if the database is unreachable, or if another process holds the lock for
    more than LOCK_SECONDS."""
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    with _backend(url) as backend:
        migrations = read_migrations(str(folder))
        lacking = backend.to_apply(migrations)
        for place, migration in enumerate(lacking, 1):
            with around(f"migration {migration.id} ({place} of {len(lacking)})"):
                _apply(backend, migration)
        return len(lacking)


def _apply(backend: Any, migration: Any) -> None:
    """Applies a migration and notes that it was, in one transaction. yoyo's own way commits the note
    later: who is killed in between finds what is there already at the next start, for good.

    Raises DatabaseError where the database refuses it."""
    try:
        with backend.transaction():
            migration.process_steps(backend, "apply")
            backend.mark_one(migration)
    except (psycopg.Error, sqlite3.Error) as error:
        reason = f"migration {migration.id} failed and is taken back: {one_line(error)}"
        raise DatabaseError(reason) from error


def check_migrations(url: str) -> None:
    """Raises Failure if there is no site, or if migrations are pending."""
    with _backend(url, may_be_new=False) as backend:
        if backend.to_apply(read_migrations(str(MIGRATIONS))):
            raise Failure(f"the database lacks migrations; run first: {program()} migrate")


def pending(url: str, folder: Path) -> int:
    """Returns the number of pending migrations. Raises DatabaseError if the database is
    unreachable."""
    with _backend(url) as backend:
        return len(backend.to_apply(read_migrations(str(folder))))


def unknown(folder: Path, applied: Collection[str]) -> list[str]:
    """Those of the applied migrations that this program doesn't have."""
    return sorted(set(applied) - {migration.id for migration in read_migrations(str(folder))})
