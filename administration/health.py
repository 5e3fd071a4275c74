"""How the site is: what this process holds, how fast database and Redis answer, which migrations there
are, and what the tables take. Each question is bounded in time; what can't be told in it is None."""

import asyncio
import platform
import time
from collections.abc import Awaitable
from importlib.metadata import version as version_of
from typing import Any

from aiohttp import web
from redis.exceptions import RedisError

from accounts.keys import OPEN_SESSIONS
from accounts.models import User
from administration.room_lists import RoomFacts, facts_of
from chat.keys import ENGINE
from chat.models import CONVERSATIONS, DELETED_KIND, FileUsage, Room
from helpers.clock import iso
from helpers.db.database import fetch, is_sqlite, is_unavailable
from helpers.db.migrations import MIGRATIONS
from helpers.keys import DATABASE
from helpers.mail.queue import MAILS, waiting
from helpers.redis.client import REDIS
from helpers.web.observing.health import HEALTH_PATIENCE
from settings import version

MAX_ROOMS = 10
MAX_PEOPLE = 10

LIBRARIES = ("aiohttp", "peewee", "peewee-async", "jinja2", "redis", "uvloop")

STARTED = web.AppKey("started", float)
"""When the process started, by the clock that only goes forward."""

WAITING = {"accounts": "leavings", "clearings": "clearings", "rooms": "deleted_rooms"}
"""Tables of what is to be erased."""


async def health(app: web.Application) -> dict[str, Any]:
    """The state of the site, as the process that answers knows it."""
    engine, redis = app[ENGINE], app[REDIS]
    questions: dict[str, Awaitable[Any]] = {
        "database_ms": _took(app, fetch(app[DATABASE], "SELECT 1")),
        "redis_ms": _took(app, redis.ping()) if redis is not None else _nothing(),
        "workers": _within(app, engine.leases.workers()),
        "migrations": _within(app, _migrations(app)),
        "database": _within(app, _database(app)),
        "to_erase": _within(app, _to_erase(app)),
        "mail": _within(app, _mail(app)),
    }
    told = dict(zip(questions, await asyncio.gather(*questions.values()), strict=True))
    here = {
        "connections": len(engine.hub.connections),
        "sessions": len({session for held in app[OPEN_SESSIONS] for session, _ in held()}),
        "journal": engine.journal.waiting,
        "uptime_seconds": int(time.monotonic() - app[STARTED]),
    }
    versions = {"aiochat": version(), "python": platform.python_version()}
    versions |= {name: version_of(name) for name in LIBRARIES}
    return {
        **told,
        "online": len(engine.presence.online_ids),
        "has_redis": redis is not None,
        "here": here,
        "versions": versions,
    }


async def _mail(app: web.Application) -> dict[str, Any]:
    count, since = await waiting()
    return {"is_on": app[MAILS].is_on, "waiting": count, "oldest": iso(since) if since else None}


async def storage(app: web.Application) -> dict[str, Any]:
    """What takes how much. SQLite doesn't tell of single tables without reading all of them."""
    database = await _within(app, _database(app))
    tables = [] if is_sqlite(app[DATABASE]) else await _within(app, _tables(app))
    rooms = await _within(app, _largest_rooms())
    return {
        "database": database,
        "tables": tables,
        "files": await _within(app, _files()),
        "rooms": None if rooms is None else [room.as_json() for room in rooms],
    }


async def _nothing() -> None:
    return None


async def _within(app: web.Application, question: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(app[HEALTH_PATIENCE]):
            return await question
    except Exception as error:
        if is_unavailable(error) or isinstance(error, RedisError | TimeoutError):
            return None
        raise


async def _took(app: web.Application, question: Awaitable[Any]) -> float | None:
    """How many milliseconds the answer took."""

    async def measured() -> float:
        began = time.perf_counter()
        await question
        return round((time.perf_counter() - began) * 1000, 2)

    found: float | None = await _within(app, measured())
    return found


async def _migrations(app: web.Application) -> dict[str, Any]:
    rows = await fetch(app[DATABASE], "SELECT migration_id FROM _yoyo_migration")
    applied = {str(row[0]) for row in rows}
    known = {path.stem for path in MIGRATIONS.glob("[0-9]*.py")}
    return {"applied": len(applied), "missing": sorted(known - applied), "last": max(applied, default="")}


async def _database(app: web.Application) -> dict[str, Any]:
    """What the database is, how large it is, and how much of that is free."""
    database = app[DATABASE]
    if is_sqlite(database):
        [(pages, size, free)] = await fetch(
            database,
            "SELECT page_count, page_size, freelist_count "
            "FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()",
        )
        [(name,)] = await fetch(database, "SELECT 'SQLite ' || sqlite_version()")
        return {"name": name, "bytes": pages * size, "free_bytes": free * size}
    [(size, name)] = await fetch(
        database,
        "SELECT pg_database_size(current_database()), 'PostgreSQL ' || current_setting('server_version')",
    )
    return {"name": name, "bytes": int(size), "free_bytes": None}


async def _tables(app: web.Application) -> list[dict[str, Any]]:
    """The largest tables with their indexes. The rows are an estimate of the database's."""
    rows = await fetch(
        app[DATABASE],
        "SELECT relname, pg_total_relation_size(pg_class.oid), GREATEST(reltuples, 0)::bigint FROM pg_class "
        "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE relkind = 'r' AND nspname = current_schema() "
        "ORDER BY 2 DESC LIMIT 20",
    )
    return [{"name": name, "bytes": int(size), "rows": int(count)} for name, size, count in rows]


async def _files() -> dict[str, Any]:
    """What the files of messages take in their store, and who has the most of them."""
    name = User.select(User.name).where(User.id == FileUsage.owner_id)
    query = FileUsage.select(FileUsage.owner_id, FileUsage.files, FileUsage.bytes, name)
    rows = await query.order_by(FileUsage.bytes.desc()).limit(MAX_PEOPLE + 1).tuples().aio_execute()
    people = [
        {"name": found, "files": int(files), "bytes": int(size)}
        for owner_id, files, size, found in rows
        if owner_id and found and files
    ]
    site = FileUsage.select(FileUsage.bytes).where(FileUsage.owner_id == 0)
    return {"bytes": int(await site.aio_scalar() or 0), "people": people[:MAX_PEOPLE]}


async def _largest_rooms() -> list[RoomFacts]:
    query = Room.select(Room.id).where(Room.kind.not_in((*CONVERSATIONS, DELETED_KIND)))
    rows = await query.order_by(Room.last_seq.desc()).limit(MAX_ROOMS).tuples().aio_execute()
    return await facts_of([room_id for (room_id,) in rows])


async def _to_erase(app: web.Application) -> dict[str, int]:
    found = {}
    for name, table in WAITING.items():
        [(count,)] = await fetch(app[DATABASE], f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - our own
        found[name] = int(count)
    return found
