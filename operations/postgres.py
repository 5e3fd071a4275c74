"""A site's database on PostgreSQL, by its own programs."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from helpers.db.database import libpq_url
from helpers.processes.terminal import Failure
from operations.archive import POSTGRES
from operations.databases import POSTGRES_TABLES, UNFINISHED, Rows, Snapshot, is_ours, keys_of

CONNECT_SECONDS = 10

VARIABLES = {
    **{"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE"},
    **{"user": "PGUSER", "password": "PGPASSWORD", "passfile": "PGPASSFILE", "options": "PGOPTIONS"},
    **{"sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT"},
    **{"sslcrl": "PGSSLCRL", "gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME"},
    **{"connect_timeout": "PGCONNECT_TIMEOUT", "application_name": "PGAPPNAME"},
    **{"channel_binding": "PGCHANNELBINDING", "target_session_attrs": "PGTARGETSESSIONATTRS"},
}
"""Of libpq's parameters: on a command line every user of the machine would read the password."""

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""

DROPS = """
    SELECT format('DROP TABLE IF EXISTS %I.%I CASCADE;', schemaname, tablename)
    FROM pg_tables WHERE schemaname = current_schema()
    UNION ALL
    SELECT format('DROP FUNCTION IF EXISTS %s CASCADE;', oid::regprocedure)
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f'
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"""
"""Everything of the schema, but for what belongs to extensions."""

NEW_SECRETS = "UPDATE users SET session_secret = gen_random_uuid()::text"
"""Ends all sessions."""

ARCHIVED = ("--no-owner", "--no-privileges", "--no-comments")


class Postgres:
    name = "PostgreSQL"
    member = POSTGRES
    tables = POSTGRES_TABLES
    soundness = ""

    def __init__(self, url: str) -> None:
        self._url = libpq_url(url)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Rows]:
        async with await self._connect() as connection:
            await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(True)

            async def rows(query: str) -> list[tuple[Any, ...]]:
                return await _fetch(connection, query)

            yield rows

    async def write(self, statements: Sequence[str]) -> None:
        async with await self._connect() as connection:
            for statement in statements:
                await connection.execute(statement)

    async def copy_to(self, file: Path) -> Snapshot:
        async with await self._connect() as connection:
            await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            ((exported,),) = await _fetch(connection, "SELECT pg_export_snapshot()")
            options = ["--format=custom", f"--snapshot={exported}", f"--file={file}"]
            await _run("pg_dump", *ARCHIVED, *options, env=self._environment())
            rows = await _count_rows(connection)
            migrations = await _fetch(connection, "SELECT migration_id FROM _yoyo_migration ORDER BY 1")
            blobs = await _fetch(connection, "SELECT key, variants FROM blobs") if "blobs" in rows else []
        return Snapshot([row[0] for row in migrations], rows, keys_of(blobs))

    async def count_rows(self) -> dict[str, int]:
        async with await self._connect() as connection:
            return await _count_rows(connection)

    async def holds_people(self) -> bool:
        async with await self._connect() as connection:
            ((table,),) = await _fetch(connection, "SELECT to_regclass('users')")
            return table is not None and bool(await _fetch(connection, "SELECT 1 FROM users LIMIT 1"))

    async def check_unused(self) -> None:
        async with await self._connect() as connection:
            ((others,),) = await _fetch(connection, OTHERS)
        if others:
            raise Failure(f"the database is in use ({others} other connections): stop the servers first")

    async def replace_by(self, file: Path) -> Path | None:
        """In one transaction with the end of what was there."""
        script, drops = file.with_suffix(".sql"), file.with_suffix(".drops.sql")
        unfinished = file.with_suffix(".unfinished.sql")
        await _run("pg_restore", *ARCHIVED, f"--file={script}", str(file), env={})
        async with await self._connect() as connection:
            drops.write_text("\n".join(row[0] for row in await _fetch(connection, DROPS)))
        unfinished.write_text(";\n".join(("RESET search_path", *UNFINISHED, NEW_SECRETS, "")))
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        files = [f"--file={one}" for one in (drops, script, unfinished)]
        await _run("psql", *options, *files, f"--output={os.devnull}", env=self._environment())
        return None

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._url, connect_timeout=CONNECT_SECONDS)

    def _environment(self) -> dict[str, str]:
        params = conninfo_to_dict(self._url)
        if unknown := params.keys() - VARIABLES.keys():
            listed = ", ".join(sorted(unknown))
            raise Failure(f"PostgreSQL's programs can't be given {listed} of AIOCHAT_DATABASE_URL")
        return {VARIABLES[name]: str(value) for name, value in params.items() if value is not None}


async def _count_rows(connection: psycopg.AsyncConnection[Any]) -> dict[str, int]:
    rows = {}
    for (table,) in await _fetch(connection, POSTGRES_TABLES):
        if is_ours(table):
            ((rows[table],),) = await _fetch(
                connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            )
    return rows


async def _fetch(connection: psycopg.AsyncConnection[Any], query: Any) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query)).fetchall()


async def _run(program: str, *arguments: str, env: dict[str, str]) -> None:
    """Runs one of PostgreSQL's programs. Raises Failure with what it says."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, env={**os.environ, **env}, stdin=asyncio.subprocess.DEVNULL, stderr=pipe
        )
    except FileNotFoundError:
        raise Failure(f"there is no {program}: install PostgreSQL's clients (postgresql-client)") from None
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        # The first line tells what is wrong, those after it where.
        lines = (line for line in said.decode(errors="replace").splitlines() if "NOTICE:" not in line)
        first = next(lines, "").strip()
        raise Failure(f"{program} failed: {first or f'exit code {process.returncode}'}")
