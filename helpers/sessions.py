"""Sessions on the server, in the database or in Redis. A store sees the token's hash alone, so a copy of it signs nobody in."""

import asyncio
import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from aiohttp import web
from aiohttp_session import AbstractStorage, Session
from peewee_async.databases import AioDatabase
from redis.asyncio import Redis
from redis.exceptions import RedisError

from helpers.addresses import client_address
from helpers.bulk import Bulk
from helpers.clock import now_ms
from helpers.database import fetch, is_away, is_sqlite
from helpers.sharing import BatchedReads

ANONYMOUS_SECONDS = 2 * 3600
"""A visitor's session holds a form's token and nothing else."""

SIGNED_IN_SECONDS = 30 * 86400

USER_ID = "user_id"

USE_SECONDS = 5 * 60
"""How exactly it is known when a session was last used: that is stored no more often."""

STORE_SECONDS = 10.0
"""All uses of this time are stored by one statement: after a restart everybody comes back at once."""

MAX_AGENT = 300
KEPT_USES = 100_000
"""Sessions of which a process remembers that their use was stored; 100 bytes each."""


@dataclass(frozen=True)
class Use:
    """Whose a session is, with what browser and from where it was used, and when (ms; None where that was never noted)."""

    user_id: int
    agent: str
    address: str
    at: int | None


def use_of(request: web.Request, user_id: int) -> Use:
    # A header may hold bytes that are no text.
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT].encode("ascii", "replace").decode()
    return Use(user_id, agent, client_address(request)[:100].encode("ascii", "replace").decode(), now_ms())


class SessionStore(Protocol):
    """Where sessions are kept, by the hash of their token."""

    async def load(self, key: str) -> str | None: ...
    async def create(self, key: str, data: str, seconds: int, use: Use | None = None) -> None:
        """`use` where it is somebody's."""

    async def update(self, key: str, data: str, seconds: int) -> None:
        """Changes a session that is there. One that was ended meanwhile stays ended."""

    async def delete(self, key: str) -> None: ...
    async def note_uses(self, uses: Mapping[str, Use]) -> None:
        """Stores when sessions were last used. Those that have ended stay ended."""

    async def of_user(self, user_id: int) -> dict[str, Use]:
        """All sessions of somebody, the last used first."""


NOTED_AT_ONCE = 20
"""In one statement, as in helpers/sharing.py: for many more PostgreSQL would rather read the whole table."""


def _latest_first(uses: dict[str, Use]) -> dict[str, Use]:
    return dict(sorted(uses.items(), key=lambda item: -(item[1].at or 0)))


class DatabaseSessions:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._mark = "?" if is_sqlite(database) else "%s"
        self._load = Bulk(
            database,
            "SELECT given.key, session.data, session.expires_at FROM {given} JOIN sessions AS session ON session.token_hash = given.key",
            given={"key": "text"},
        )
        self._note = Bulk(
            database,
            "UPDATE sessions SET user_id = given.user_id, agent = given.agent, address = given.address, used_at = given.used_at "
            "FROM {given} WHERE sessions.token_hash = given.key",
            given={"key": "text", "user_id": "bigint", "agent": "text", "address": "text", "used_at": "bigint"},
        )
        self._loads: BatchedReads[str, str] = BatchedReads(self._load_many)

    async def _run(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return await fetch(self._database, sql.replace("?", self._mark), *params)

    async def load(self, key: str) -> str | None:
        return await self._loads.get(key)

    async def _load_many(self, keys: list[str]) -> dict[str, str]:
        statement, now = self._load.over([(key,) for key in keys]), now_ms()
        rows = await fetch(self._database, statement.sql, *statement.params)
        return {key: data for key, data, expires_at in rows if expires_at > now}

    async def create(self, key: str, data: str, seconds: int, use: Use | None = None) -> None:
        given = (use.user_id, use.agent, use.address, use.at) if use else (None, "", "", None)
        columns = "token_hash, data, expires_at, user_id, agent, address, used_at"
        sql = f"INSERT INTO sessions ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names
        await self._run(sql, key, data, now_ms() + seconds * 1000, *given)

    async def update(self, key: str, data: str, seconds: int) -> None:
        await self._run("UPDATE sessions SET data = ?, expires_at = ? WHERE token_hash = ?", data, now_ms() + seconds * 1000, key)

    async def delete(self, key: str) -> None:
        await self._run("DELETE FROM sessions WHERE token_hash = ?", key)

    async def note_uses(self, uses: Mapping[str, Use]) -> None:
        rows = [(key, use.user_id, use.agent, use.address, use.at) for key, use in sorted(uses.items())]
        for start in range(0, len(rows), NOTED_AT_ONCE):
            statement = self._note.over(rows[start : start + NOTED_AT_ONCE])
            await fetch(self._database, statement.sql, *statement.params)

    async def of_user(self, user_id: int) -> dict[str, Use]:
        sql = "SELECT token_hash, agent, address, used_at, expires_at FROM sessions WHERE user_id = ?"
        now = now_ms()
        found = {key: Use(user_id, agent, address, at) for key, agent, address, at, until in await self._run(sql, user_id) if until > now}
        return _latest_first(found)

    async def sweep(self) -> None:
        """Removes what has expired."""
        await self._run("DELETE FROM sessions WHERE expires_at <= ?", now_ms())


class RedisSessions:
    """Each session is a key of its own; beside them somebody's sessions are listed in a hash, whose entries may outlive them."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._loads: BatchedReads[str, bytes] = BatchedReads(self._load_many)

    async def load(self, key: str) -> str | None:
        data = await self._loads.get(key)
        return data.decode() if data else None

    async def _load_many(self, keys: list[str]) -> dict[str, bytes]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.get(f"aiochat:session:{key}")
            return {key: data for key, data in zip(keys, await pipeline.execute(), strict=True) if isinstance(data, bytes)}

    async def create(self, key: str, data: str, seconds: int, use: Use | None = None) -> None:
        # Listed before it is there: a session that nobody could find might outlive a change of the password.
        await self.note_uses({key: use} if use else {})
        await self._redis.set(f"aiochat:session:{key}", data, ex=seconds)

    async def update(self, key: str, data: str, seconds: int) -> None:
        await self._redis.set(f"aiochat:session:{key}", data, ex=seconds, xx=True)

    async def delete(self, key: str) -> None:
        await self._redis.delete(f"aiochat:session:{key}")

    async def note_uses(self, uses: Mapping[str, Use]) -> None:
        if not uses:
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, use in uses.items():
                pipeline.hset(_list_of(use.user_id), key, json.dumps(asdict(use)))
                pipeline.expire(_list_of(use.user_id), SIGNED_IN_SECONDS)
            await pipeline.execute()

    async def of_user(self, user_id: int) -> dict[str, Use]:
        await self._list_older()
        listed = await self._redis.hgetall(_list_of(user_id))
        uses = {_name(key): Use(**json.loads(use)) for key, use in listed.items()}
        if not uses:
            return {}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in uses:
                pipeline.exists(f"aiochat:session:{key}")
            there = dict(zip(uses, await pipeline.execute(), strict=True))
        if gone := [key for key in uses if not there[key]]:
            await self._redis.hdel(_list_of(user_id), *gone)
        return _latest_first({key: use for key, use in uses.items() if there[key]})

    async def _list_older(self) -> None:
        """Lists, once for all, the sessions of the time before there were lists."""
        if await self._redis.exists(_ALL_LISTED):
            return
        keys = [key async for key in self._redis.scan_iter("aiochat:session:*", count=1000)]
        for start in range(0, len(keys), 1000):
            part = keys[start : start + 1000]
            for key, data in zip(part, await self._redis.mget(part), strict=True):
                user_id = json.loads(data or "{}").get("session", {}).get(USER_ID)
                if user_id is not None:
                    name = _name(key).removeprefix("aiochat:session:")
                    await self._redis.hsetnx(_list_of(user_id), name, json.dumps(asdict(Use(user_id, "", "", None))))
                    await self._redis.expire(_list_of(user_id), SIGNED_IN_SECONDS)
        await self._redis.set(_ALL_LISTED, 1)


_ALL_LISTED = "aiochat:sessions-listed"


def _name(key: bytes | str) -> str:
    return key.decode() if isinstance(key, bytes) else key


def _list_of(user_id: int) -> str:
    return f"aiochat:sessions-of:{user_id}"


CONFIRM: "web.RequestKey[Callable[[], Awaitable[bool]]]" = web.RequestKey("confirm")
"""Asked once a new session has been stored: may it be? Whoever ends all sessions of somebody may have looked a moment before."""


def session_store(database: AioDatabase, redis: "Redis | None") -> SessionStore:
    """Where the site keeps its sessions."""
    return RedisSessions(redis) if redis is not None else DatabaseSessions(database)


class TokenStorage(AbstractStorage):
    """aiohttp-session's storage over a SessionStore. A session's identity is the hash under which it is kept."""

    def __init__(self, store: SessionStore, *, secure: bool) -> None:
        # __Host- binds the cookie to this host, over TLS: RFC 6265bis, 4.1.3.2.
        name = "__Host-session" if secure else "session"
        super().__init__(cookie_name=name, max_age=SIGNED_IN_SECONDS, secure=secure, httponly=True, samesite="Lax")
        self.store = store
        self._uses: dict[str, Use] = {}
        self._noted: dict[str, float] = {}

    async def load_session(self, request: web.Request) -> Session:
        token = self.load_cookie(request)
        if not token or len(token) > 100 or not token.isascii():
            return await self.new_session()
        key = hash_token(token)
        data = await self.store.load(key)
        if data is None:
            return await self.new_session()
        session = Session(key, data=json.loads(data), new=False, max_age=self.max_age)
        if USER_ID in session:
            self._note_use(key, request, session[USER_ID])
        return session

    def _note_use(self, key: str, request: web.Request, user_id: int) -> None:
        now = time.monotonic()
        if now - self._noted.get(key, -USE_SECONDS) < USE_SECONDS:
            return
        if len(self._noted) >= KEPT_USES:
            self._noted.clear()
        self._noted[key] = now
        self._uses[key] = use_of(request, user_id)

    async def store_uses(self) -> None:
        """Stores what was noted since the last time. When that can't be done now it is no loss: they will be used again."""
        uses, self._uses = self._uses, {}
        try:
            await self.store.note_uses(uses)
        except Exception as error:
            if not is_away(error) and not isinstance(error, RedisError):
                raise

    async def _keep_storing(self) -> None:
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.store_uses()

    @contextlib.asynccontextmanager
    async def storing_uses(self) -> AsyncIterator[None]:
        """Stores them as long as the block lasts."""
        task = asyncio.create_task(self._keep_storing())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.store_uses()

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        seconds = SIGNED_IN_SECONDS if USER_ID in session else ANONYMOUS_SECONDS
        if session.identity is not None and session.empty:
            await self.store.delete(session.identity)
            self.save_cookie(response, "")
            return
        data = json.dumps(self._get_session_data(session))
        if session.identity is not None:
            await self.store.update(session.identity, data, seconds)
        elif not session.empty:
            token = secrets.token_urlsafe(32)
            use = use_of(request, session[USER_ID]) if USER_ID in session else None
            await self.store.create(hash_token(token), data, seconds, use)
            if CONFIRM in request and not await request[CONFIRM]():
                await self.store.delete(hash_token(token))
                self.save_cookie(response, "")
                return
            if use:
                self._noted[hash_token(token)] = time.monotonic()
            self.save_cookie(response, token, max_age=seconds)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


STORAGE = web.AppKey("session_storage", TokenStorage)
