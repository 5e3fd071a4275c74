"""Stores sessions in the database or in Redis under the hash of their token, so that a copy of the
store can't be used to sign in."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from aiohttp import web
from peewee_async.databases import AioDatabase
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from helpers.batching import BatchLoader
from helpers.clock import now_ms
from helpers.db.bulk import Bulk
from helpers.db.database import fetch, is_sqlite
from helpers.redis.client import site_prefix
from helpers.web.requests.addresses import client_address

SIGNED_IN_SECONDS = 30 * 86400


USER_ID = "user_id"


MAX_AGENT = 300


@dataclass(frozen=True)
class SessionInfo:
    """The user of a session, and the browser, address and time of its last use (ms; None if never
    noted)."""

    user_id: int
    agent: str
    address: str
    at: int | None


def session_info(request: web.Request, user_id: int) -> SessionInfo:
    # A header may contain bytes that aren't text.
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT].encode("ascii", "replace").decode()
    return SessionInfo(
        user_id, agent, client_address(request)[:100].encode("ascii", "replace").decode(), now_ms()
    )


class SessionStore(Protocol):
    """Stores sessions by the hash of their token."""

    async def open(self, site: str) -> None:
        """Call it first. `site` is the site's id, which names in Redis begin with."""

    async def load(self, key: str) -> str | None: ...
    async def create(self, key: str, data: str, seconds: int, use: SessionInfo | None = None) -> None:
        """Creates a session. `use` is set if a user is signed in."""

    async def update(self, key: str, data: str, seconds: int) -> None:
        """Changes an existing session. A session that has ended stays ended."""

    async def delete(self, key: str) -> None: ...
    async def note_uses(self, uses: Mapping[str, SessionInfo]) -> None:
        """Stores the last uses of sessions. Sessions that have ended stay ended."""

    async def of_user(self, user_id: int) -> dict[str, SessionInfo]:
        """Returns all sessions of a user, the most recently used first."""

    async def clear(self) -> None:
        """Removes all sessions of the site."""


NOTED_AT_ONCE = 20
"""Rows in one statement, as in helpers/batching.py: with many more PostgreSQL prefers to scan the
whole table."""


def _latest_first(uses: dict[str, SessionInfo]) -> dict[str, SessionInfo]:
    return dict(sorted(uses.items(), key=lambda item: -(item[1].at or 0)))


class DatabaseSessions:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._mark = "?" if is_sqlite(database) else "%s"
        self._load = Bulk(
            database,
            "SELECT given.key, session.data, session.expires_at FROM {given} JOIN sessions AS session ON "
            "session.token_hash = given.key",
            given={"key": "text"},
        )
        self._note = Bulk(
            database,
            "UPDATE sessions SET user_id = given.user_id, agent = given.agent, address = given.address, "
            "used_at = given.used_at "
            "FROM {given} WHERE sessions.token_hash = given.key",
            given={
                "key": "text",
                "user_id": "bigint",
                "agent": "text",
                "address": "text",
                "used_at": "bigint",
            },
        )
        self._loads: BatchLoader[str, str] = BatchLoader(self._load_many)

    async def open(self, site: str) -> None:
        pass

    async def _run(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return await fetch(self._database, sql.replace("?", self._mark), *params)

    async def load(self, key: str) -> str | None:
        return await self._loads.get(key)

    async def _load_many(self, keys: list[str]) -> dict[str, str]:
        statement, now = self._load.bind([(key,) for key in keys]), now_ms()
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {key: data for key, data, expires_at in rows if expires_at > now}

    async def create(self, key: str, data: str, seconds: int, use: SessionInfo | None = None) -> None:
        given = (use.user_id, use.agent, use.address, use.at) if use else (None, "", "", None)
        columns = "token_hash, data, expires_at, user_id, agent, address, used_at"
        sql = f"INSERT INTO sessions ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names
        await self._run(sql, key, data, now_ms() + seconds * 1000, *given)

    async def update(self, key: str, data: str, seconds: int) -> None:
        await self._run(
            "UPDATE sessions SET data = ?, expires_at = ? WHERE token_hash = ?",
            data,
            now_ms() + seconds * 1000,
            key,
        )

    async def delete(self, key: str) -> None:
        await self._run("DELETE FROM sessions WHERE token_hash = ?", key)

    async def note_uses(self, uses: Mapping[str, SessionInfo]) -> None:
        rows = [(key, use.user_id, use.agent, use.address, use.at) for key, use in sorted(uses.items())]
        for start in range(0, len(rows), NOTED_AT_ONCE):
            statement = self._note.bind(rows[start : start + NOTED_AT_ONCE])
            await fetch(self._database, statement.sql, *statement.params)

    async def of_user(self, user_id: int) -> dict[str, SessionInfo]:
        sql = "SELECT token_hash, agent, address, used_at, expires_at FROM sessions WHERE user_id = ?"
        now = now_ms()
        found = {
            key: SessionInfo(user_id, agent, address, at)
            for key, agent, address, at, until in await self._run(sql, user_id)
            if until > now
        }
        return _latest_first(found)

    async def clear(self) -> None:
        await self._run("DELETE FROM sessions")

    async def count(self) -> float:
        """Of those that haven't expired."""
        ((found,),) = await self._run("SELECT COUNT(*) FROM sessions WHERE expires_at > ?", now_ms())
        return float(found)

    async def sweep(self) -> None:
        """Removes expired sessions."""
        await self._run("DELETE FROM sessions WHERE expires_at <= ?", now_ms())


class RedisSessions:
    """Each session is a key of its own. A hash per user lists that user's sessions; its entries may
    outlive the sessions."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._prefix = ""
        self._loads: BatchLoader[str, bytes] = BatchLoader(self._load_many)

    async def open(self, site: str) -> None:
        self._prefix = site_prefix(site)
        await self._take_over()

    def _name(self, key: str) -> str:
        return f"{self._prefix}session:{key}"

    def _list_name(self, user_id: int) -> str:
        return f"{self._prefix}sessions-of:{user_id}"

    async def load(self, key: str) -> str | None:
        data = await self._loads.get(key)
        return data.decode() if data else None

    async def _load_many(self, keys: list[str]) -> dict[str, bytes]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.get(self._name(key))
            return {
                key: data
                for key, data in zip(keys, await pipeline.execute(), strict=True)
                if isinstance(data, bytes)
            }

    async def create(self, key: str, data: str, seconds: int, use: SessionInfo | None = None) -> None:
        if use:
            # Listed before it exists: an unlisted session could survive a change of the password.
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.hset(self._list_name(use.user_id), key, json.dumps(asdict(use)))
                pipeline.expire(self._list_name(use.user_id), SIGNED_IN_SECONDS)
                await pipeline.execute()
        await self._redis.set(self._name(key), data, ex=seconds)

    async def update(self, key: str, data: str, seconds: int) -> None:
        await self._redis.set(self._name(key), data, ex=seconds, xx=True)

    async def delete(self, key: str) -> None:
        await self._redis.delete(self._name(key))

    async def note_uses(self, uses: Mapping[str, SessionInfo]) -> None:
        if not uses:
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, use in uses.items():
                keys = self._name(key), self._list_name(use.user_id)
                pipeline.eval(_NOTE_USE, 2, *keys, key, json.dumps(asdict(use)), SIGNED_IN_SECONDS)
            await pipeline.execute()

    async def of_user(self, user_id: int) -> dict[str, SessionInfo]:
        listed = await self._redis.hgetall(self._list_name(user_id))
        uses = {_text(key): SessionInfo(**json.loads(use)) for key, use in listed.items()}
        if not uses:
            return {}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in uses:
                pipeline.exists(self._name(key))
            there = dict(zip(uses, await pipeline.execute(), strict=True))
        if gone := [key for key in uses if not there[key]]:
            await self._redis.hdel(self._list_name(user_id), *gone)
        return _latest_first({key: use for key, use in uses.items() if there[key]})

    async def clear(self) -> None:
        for kind in ("session:", "sessions-of:"):
            async for key in self._redis.scan_iter(f"{self._prefix}{kind}*", count=AT_ONCE):
                await self._redis.delete(key)

    async def _take_over(self) -> None:
        """Moves, once, the sessions that were named without the site's id, and lists those that
        were created before the lists existed."""
        marker = f"{self._prefix}sessions-moved"
        if await self._redis.exists(marker):
            return
        for kind in ("sessions-of:", "session:"):
            keys = [_text(key) async for key in self._redis.scan_iter(f"aiochat:{kind}*", count=AT_ONCE)]
            for key in keys:
                name = key.removeprefix(f"aiochat:{kind}")
                with contextlib.suppress(ResponseError):  # another process moved it, or it expired
                    await self._redis.renamenx(key, f"{self._prefix}{kind}{name}")
                if kind == "session:":
                    await self._list(name)
        await self._redis.set(marker, 1)

    async def _list(self, key: str) -> None:
        user_id = json.loads(await self._redis.get(self._name(key)) or "{}").get("session", {}).get(USER_ID)
        if user_id is not None:
            use = json.dumps(asdict(SessionInfo(user_id, "", "", None)))
            await self._redis.hsetnx(self._list_name(user_id), key, use)
            await self._redis.expire(self._list_name(user_id), SIGNED_IN_SECONDS)


_NOTE_USE = """
if redis.call("EXISTS", KEYS[1]) == 1 then
    redis.call("HSET", KEYS[2], ARGV[1], ARGV[2])
    redis.call("EXPIRE", KEYS[2], ARGV[3])
end"""
"""One step, as the session may end at any time. Nobody would remove what is listed after that: of a
deleted account, the device and the address would stay for SIGNED_IN_SECONDS."""

AT_ONCE = 1000
"""Keys for which Redis is asked at once."""


def _text(key: bytes | str) -> str:
    return key.decode() if isinstance(key, bytes) else key


def session_store(database: AioDatabase, redis: "Redis | None") -> SessionStore:
    """Returns the session store of the site."""
    return RedisSessions(redis) if redis is not None else DatabaseSessions(database)
