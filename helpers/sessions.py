"""Sessions on the server, in the database or in Redis. A store sees the token's hash alone, so a copy of it signs nobody in."""

import hashlib
import json
import secrets
from typing import Any, Protocol

from aiohttp import web
from aiohttp_session import AbstractStorage, Session
from peewee_async.databases import AioDatabase
from redis.asyncio import Redis

from helpers.bulk import Bulk
from helpers.clock import now_ms
from helpers.database import fetch, is_sqlite
from helpers.sharing import BatchedReads

ANONYMOUS_SECONDS = 2 * 3600
"""A visitor's session holds a form's token and nothing else."""

SIGNED_IN_SECONDS = 30 * 86400

USER_ID = "user_id"


class SessionStore(Protocol):
    """Where sessions are kept, by the hash of their token."""

    async def load(self, key: str) -> str | None: ...
    async def create(self, key: str, data: str, seconds: int) -> None: ...
    async def update(self, key: str, data: str, seconds: int) -> None:
        """Changes a session that is there. One that was ended meanwhile stays ended."""

    async def delete(self, key: str) -> None: ...


class DatabaseSessions:
    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._mark = "?" if is_sqlite(database) else "%s"
        self._load = Bulk(
            database,
            "SELECT given.key, session.data, session.expires_at FROM {given} JOIN sessions AS session ON session.token_hash = given.key",
            given={"key": "text"},
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

    async def create(self, key: str, data: str, seconds: int) -> None:
        await self._run("INSERT INTO sessions (token_hash, data, expires_at) VALUES (?, ?, ?)", key, data, now_ms() + seconds * 1000)

    async def update(self, key: str, data: str, seconds: int) -> None:
        await self._run("UPDATE sessions SET data = ?, expires_at = ? WHERE token_hash = ?", data, now_ms() + seconds * 1000, key)

    async def delete(self, key: str) -> None:
        await self._run("DELETE FROM sessions WHERE token_hash = ?", key)

    async def sweep(self) -> None:
        """Removes what has expired."""
        await self._run("DELETE FROM sessions WHERE expires_at <= ?", now_ms())


class RedisSessions:
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

    async def create(self, key: str, data: str, seconds: int) -> None:
        await self._redis.set(f"aiochat:session:{key}", data, ex=seconds)

    async def update(self, key: str, data: str, seconds: int) -> None:
        await self._redis.set(f"aiochat:session:{key}", data, ex=seconds, xx=True)

    async def delete(self, key: str) -> None:
        await self._redis.delete(f"aiochat:session:{key}")


class TokenStorage(AbstractStorage):
    """aiohttp-session's storage over a SessionStore. A session's identity is the hash under which it is kept."""

    def __init__(self, store: SessionStore, *, secure: bool) -> None:
        # __Host- binds the cookie to this host, over TLS: RFC 6265bis, 4.1.3.2.
        name = "__Host-session" if secure else "session"
        super().__init__(cookie_name=name, max_age=SIGNED_IN_SECONDS, secure=secure, httponly=True, samesite="Lax")
        self.store = store

    async def load_session(self, request: web.Request) -> Session:
        token = self.load_cookie(request)
        if not token or len(token) > 100 or not token.isascii():
            return await self.new_session()
        key = hash_token(token)
        data = await self.store.load(key)
        if data is None:
            return await self.new_session()
        return Session(key, data=json.loads(data), new=False, max_age=self.max_age)

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
            await self.store.create(hash_token(token), data, seconds)
            self.save_cookie(response, token, max_age=seconds)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


STORAGE = web.AppKey("session_storage", TokenStorage)
