"""The database: is it there, sound, of this version, and can it be written?"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from helpers.clock import now_ms
from helpers.db.database import DatabaseError, libpq_url
from helpers.db.migrations import MIGRATIONS, check_migrations, unknown
from helpers.processes.terminal import Failure
from helpers.text.characters import one_line
from operations.diagnosis.findings import FAIL, OK, WARN, Finding
from operations.diagnosis.index_bloat import look_at_indexes
from settings import Settings

OLDEST_POSTGRESQL = 13
CLOCK_SECONDS = 5
FEW_CONNECTIONS = 25
"""A worker takes up to twenty."""

DEAD_ROWS = 100_000
FREE_BYTES = 500_000_000

OVER_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}

FIRST_WITH_VERSIONS = 15

COLLATION = """
    SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database
    WHERE datname = current_database()
        AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)"""
CONNECTIONS = """
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
        (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
        (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
        (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)"""
DEAD = f"""
    SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables
    WHERE n_dead_tup > {DEAD_ROWS} AND n_dead_tup > n_live_tup AND schemaname = current_schema()
    ORDER BY n_dead_tup DESC LIMIT 1"""  # noqa: S608 - of constants

APPLIED = "SELECT migration_id FROM _yoyo_migration"
NEWEST = """
    SELECT max(messages.at) FROM rooms
    JOIN messages ON messages.room_id = rooms.id AND messages.seq = rooms.last_seq"""


async def look_at_database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        await asyncio.to_thread(check_migrations, settings.database)
    except (Failure, DatabaseError) as error:
        yield Finding("database", FAIL, str(error), "nothing is served", "see the text")
        return
    yield Finding("database", OK, "it is there, with all migrations")
    try:
        if settings.database.startswith("sqlite:"):
            for one in await asyncio.to_thread(lambda: list(_sqlite(settings.database))):
                yield one
            return
        url = libpq_url(settings.database)
        async with await psycopg.AsyncConnection.connect(
            url, connect_timeout=10, autocommit=True
        ) as connection:

            async def rows(query: str) -> list[tuple[Any, ...]]:
                return await (await connection.execute(query.encode())).fetchall()

            async for one in _postgresql(rows):
                yield one
            yield await look_at_indexes(connection)
    except (psycopg.Error, sqlite3.Error) as error:
        yield Finding(
            *("database", FAIL, one_line(error), "it can't be looked at as a whole"),
            "look at the database's own log",
        )


async def _postgresql(rows: Any) -> AsyncIterator[Finding]:
    values = {name: setting for name, setting in await rows("SELECT name, setting FROM pg_settings")}
    major = int(values["server_version_num"]) // 10_000
    yield (
        Finding("PostgreSQL's version", OK, values["server_version"])
        if major >= OLDEST_POSTGRESQL
        else Finding(
            *("PostgreSQL's version", FAIL, values["server_version"]),
            *("migrations fail", f"update it to {OLDEST_POSTGRESQL} or newer"),
        )
    )
    encoding = values["server_encoding"]
    yield (
        Finding("encoding", OK, encoding)
        if encoding == "UTF8"
        else Finding(
            *("encoding", FAIL, encoding, "texts come back broken, or are refused"),
            "make a database by `createdb --encoding=UTF8 --template=template0`, and copy the site there",
        )
    )
    for name, breaks in (
        ("fsync", "a power cut loses what was acknowledged, and may break the database"),
        ("full_page_writes", "a power cut may break the database"),
        ("synchronous_commit", "a crash loses what was acknowledged"),
    ):
        is_off = values[name] == "off"
        yield (
            Finding(name, FAIL, "off", breaks, f"set {name}=on in postgresql.conf, and reload")
            if is_off
            else Finding(name, OK, values[name])
        )
    broken = [
        name
        for (name,) in await rows(
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
    ]
    yield (
        Finding(
            *("indexes", FAIL, f"not valid: {', '.join(broken)}", "pages are slow, names may be there twice"),
            f"REINDEX INDEX {broken[0]};",
        )
        if broken
        else Finding("indexes", OK, "all are valid")
    )
    ((now,),) = await rows("SELECT extract(epoch FROM clock_timestamp())")
    apart = abs(float(now) - time.time())
    yield (
        Finding(
            *("clock", WARN, f"the database's is {apart:.0f} s from this machine's"),
            *("times and suspensions differ", "run chrony or systemd-timesyncd on both"),
        )
        if apart > CLOCK_SECONDS
        else Finding("clock", OK, "the database's is that of this machine")
    )
    for one in (
        _newer(await rows(APPLIED)),
        _future(await rows(NEWEST)),
        _writes(values),
        _collation(await rows(COLLATION) if major >= FIRST_WITH_VERSIONS else []),
        _connections(values, await rows(CONNECTIONS)),
        _bloat(values, await rows(DEAD)),
    ):
        yield one


def _newer(rows: list[tuple[Any, ...]]) -> Finding:
    found = unknown(MIGRATIONS, [str(name) for (name,) in rows])
    if not found:
        return Finding("database's version", OK, "it is that of this program")
    return Finding(
        *("database's version", WARN, f"a newer program has migrated it ({found[0]})"),
        *("what the newer version stores this one may not show", "update this program"),
    )


def _future(rows: list[tuple[Any, ...]]) -> Finding:
    ahead = ((rows[0][0] or 0) - now_ms()) / 1000 if rows else 0
    if ahead <= CLOCK_SECONDS:
        return Finding("times", OK, "no message is of the future")
    return Finding(
        *("times", WARN, f"the newest message is of {ahead:,.0f} s in the future"),
        "times that are shown are wrong, and what is due then is late",
        "look at this machine's clock (timedatectl): it is behind, or was ahead",
    )


def _writes(values: dict[str, str]) -> Finding:
    if values["default_transaction_read_only"] == "on" or values.get("in_hot_standby") == "on":
        return Finding(
            *("writes", FAIL, "the database takes none: it is a replica, or set to read only"),
            *("nothing can be said, nobody can sign in", "give the address of the primary server"),
        )
    return Finding("writes", OK, "the database takes them")


def _collation(rows: list[tuple[Any, ...]]) -> Finding:
    if rows and rows[0][0]:
        return Finding(
            *(
                "collation",
                WARN,
                f"it was made with version {rows[0][0]}, and here is {rows[0][1]}",
            ),
            "texts may not be found, names may be there twice",
            "REINDEX DATABASE, and then ALTER DATABASE … REFRESH COLLATION VERSION;",
        )
    return Finding("collation", OK, "its version is that of the indexes")


def _connections(values: dict[str, str], rows: list[tuple[Any, ...]]) -> Finding:
    ((used, of_role, of_database, own),) = rows
    most = int(values["max_connections"]) - int(values["superuser_reserved_connections"])
    left = min(
        [most - used, *(bound - own for bound in (of_role, of_database) if bound is not None and bound >= 0)]
    )
    if left >= FEW_CONNECTIONS:
        return Finding("connections", OK, f"{left} more can be opened")
    return Finding(
        *("connections", WARN, f"only {left} more can be opened"),
        "pages wait and fail when many people come",
        "raise max_connections, or the limit of the role or database; a worker takes up to 20",
    )


def _bloat(values: dict[str, str], rows: list[tuple[Any, ...]]) -> Finding:
    mend = "set autovacuum=on, and run VACUUM ANALYZE; once"
    if values["autovacuum"] == "off":
        return Finding("bloat", WARN, "autovacuum is off", "the database grows and gets slow", mend)
    if rows:
        name, dead, living = rows[0]
        told = f"{name} has {dead:,} dead rows beside {living:,}"
        return Finding(
            "bloat",
            WARN,
            told,
            "the database grows and gets slow",
            mend,
        )
    return Finding("bloat", OK, "what is deleted is cleaned away")


def _sqlite(url: str) -> Iterator[Finding]:
    path = Path(url.removeprefix("sqlite:///")).absolute()
    kind = _file_system(path)
    if kind in OVER_NETWORK:
        yield Finding(
            *("file system", FAIL, f"{path} lies on {kind}", "SQLite's locks don't hold there: it may break"),
            "put the data folder on a disk of this machine",
        )
    else:
        yield Finding("file system", OK, kind or "it isn't known which")
    is_writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
    yield (
        Finding("writes", OK, "this user may write the database")
        if is_writable
        else Finding(
            *("writes", FAIL, f"user {os.geteuid()} may not write {path} or its folder"),
            *("nothing can be said", f"chown -R it to the user of the server (it is {path.stat().st_uid})"),
        )
    )
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        yield _newer(connection.execute(APPLIED).fetchall())
        yield _future(connection.execute(NEWEST).fetchall())
        ((size, free),) = connection.execute(
            "SELECT page_count * page_size, freelist_count * page_size "
            "FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()"
        )
    yield (
        Finding(
            *("bloat", WARN, f"{free / 1e9:,.1f} of {size / 1e9:,.1f} GB of the database are free"),
            *("the disk is fuller than it need be", "aiochat compact, while no server runs"),
        )
        if free > max(FREE_BYTES, size / 2)
        else Finding("bloat", OK, f"{free / 1e6:,.0f} of {size / 1e6:,.0f} MB of the database are free")
    )


def _file_system(path: Path) -> str:
    """The kind of that on which a file lies; empty where it isn't known."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    found = [
        (len(mount[1]), mount[2])
        for mount in mounts
        if len(mount) > 2 and path.is_relative_to(mount[1].replace("\\040", " "))
    ]
    return max(found, default=(0, ""))[1]
