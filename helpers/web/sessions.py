"""Sessions: those of people who are signed in are on the server, in the database or in Redis. The
store only has the hash of a token, so a copy of it can't be used to sign in. The session of a
visitor is in the cookie: visitors cost nothing."""

import asyncio
import contextlib
import hashlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from aiohttp_session import SESSION_KEY, AbstractStorage, Session, SessionData
from redis.exceptions import RedisError

from helpers.base_path import secure_name
from helpers.db.database import is_unavailable
from helpers.tasks import cancel_all
from helpers.web import csrf, flash
from helpers.web.session_stores import SIGNED_IN_SECONDS, USER_ID, SessionInfo, SessionStore, session_info

ANONYMOUS_SECONDS = 2 * 3600

_VISITOR = re.compile(r"v\.([A-Za-z0-9_-]{43})?\.([a-z_]{1,20})?")
"""The cookie of a visitor: the CSRF token, which forms repeat, and the name of a message. No hash of
a token in the store begins like it."""

USE_SECONDS = 5 * 60
"""The last use of a session is stored at most this often."""

MAX_NOTED_USES = 100_000
"""Sessions whose stored use a process remembers; 100 bytes each."""


CONFIRM_NEW_SESSION: "web.RequestKey[Callable[[], Awaitable[bool]]]" = web.RequestKey("confirm")
"""Called after a new session is stored; False deletes it again. It closes a race: all sessions of
the user may have been ended a moment before."""


RENEWED_TOKEN = web.RequestKey("renewed_token", str)


class TokenStorage(AbstractStorage):
    """aiohttp-session's storage over a SessionStore. A session's identity is the hash of its
    token. Uses are stored each `store_every` seconds, with one statement."""

    def __init__(self, store: SessionStore, *, secure: bool, store_every: float = 10.0) -> None:
        name = secure_name("session") if secure else "session"
        super().__init__(
            cookie_name=name, max_age=SIGNED_IN_SECONDS, secure=secure, httponly=True, samesite="Lax"
        )
        self.store = store
        self._store_every = store_every
        self._uses: dict[str, SessionInfo] = {}
        self._noted: dict[str, float] = {}

    async def load_session(self, request: web.Request) -> Session:
        token = self.load_cookie(request)
        if not token or len(token) > 100 or not token.isascii():
            return await self.new_session()
        if visitor := _VISITOR.fullmatch(token):
            return _visitor_session(*visitor.groups())
        key = hash_token(token)
        data = await self.store.load(key)
        if data is None:
            return await self.new_session()
        session = Session(key, data=json.loads(data), new=False, max_age=self.max_age)
        if USER_ID not in session:
            return await self.new_session()
        self._note_use(key, request, session[USER_ID])
        return session

    async def read(self, key: str) -> dict[str, Any] | None:
        """Returns the values of a session by its id, None if there is no such session."""
        data = await self.store.load(key)
        values: dict[str, Any] | None = json.loads(data).get("session", {}) if data is not None else None
        return values

    def _note_use(self, key: str, request: web.Request, user_id: int) -> None:
        now = time.monotonic()
        if now - self._noted.get(key, -USE_SECONDS) < USE_SECONDS:
            return
        if len(self._noted) >= MAX_NOTED_USES:
            self._noted.clear()
        self._noted[key] = now
        self._uses[key] = session_info(request, user_id)

    async def store_uses(self) -> None:
        """Stores the uses noted since the last call. If the store is unavailable, they are dropped:
        the sessions will be used again."""
        uses, self._uses = self._uses, {}
        try:
            await self.store.note_uses(uses)
        except Exception as error:
            if not is_unavailable(error) and not isinstance(error, RedisError):
                raise

    async def _keep_storing(self) -> None:
        while True:
            await asyncio.sleep(self._store_every)
            await self.store_uses()

    @contextlib.asynccontextmanager
    async def uses_stored(self) -> AsyncIterator[None]:
        """Stores uses periodically while the block runs."""
        task = asyncio.create_task(self._keep_storing())
        try:
            yield
        finally:
            await cancel_all([task])
            await self.store_uses()

    async def renew(self, request: web.Request, values: Mapping[str, Any]) -> str:
        """Replaces the request's session by one with another token, and returns its id. It is
        stored at once; the response has its cookie. The old one must be ended by the caller."""
        token = secrets.token_urlsafe(32)
        key, data = hash_token(token), SessionData(created=int(time.time()), session=dict(values))
        use = session_info(request, values[USER_ID])
        await self.store.create(key, json.dumps(data), SIGNED_IN_SECONDS, use)
        session = Session(key, data=data, new=False, max_age=self.max_age)
        session.changed()
        request[SESSION_KEY] = session
        request[RENEWED_TOKEN] = token
        return key

    async def save_session(
        self, request: web.Request, response: web.StreamResponse, session: Session
    ) -> None:
        if USER_ID not in session:
            if session.identity is not None:
                await self.store.delete(session.identity)
            self._save_visitor(request, response, session)
            return
        data, seconds = json.dumps(self._get_session_data(session)), SIGNED_IN_SECONDS
        if session.identity is not None:
            await self.store.update(session.identity, data, seconds)
            if RENEWED_TOKEN in request:
                self.save_cookie(response, request[RENEWED_TOKEN], max_age=seconds)
            return
        token = secrets.token_urlsafe(32)
        await self.store.create(hash_token(token), data, seconds, session_info(request, session[USER_ID]))
        if CONFIRM_NEW_SESSION in request and not await request[CONFIRM_NEW_SESSION]():
            await self.store.delete(hash_token(token))
            self.save_cookie(response, "")
            return
        self._noted[hash_token(token)] = time.monotonic()
        self.save_cookie(response, token, max_age=seconds)

    def _save_visitor(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        token, notice = session.get(csrf.FIELD, ""), session.get(flash.NOTICE, "")
        if token or notice:
            self.save_cookie(response, f"v.{token}.{notice}", max_age=ANONYMOUS_SECONDS)
        elif self.cookie_name in request.cookies:
            self.save_cookie(response, "")


def _visitor_session(token: str | None, notice: str | None) -> Session:
    values = {name: value for name, value in ((csrf.FIELD, token), (flash.NOTICE, notice)) if value}
    data = SessionData(created=int(time.time()), session=values)
    return Session(None, data=data, new=False, max_age=ANONYMOUS_SECONDS)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


STORAGE = web.AppKey("session_storage", TokenStorage)
