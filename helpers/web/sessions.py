"""Server-side sessions, in the database or in Redis. The store only has the hash of a token, so a
copy of it can't be used to sign in."""

import asyncio
import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web
from aiohttp_session import AbstractStorage, Session
from redis.exceptions import RedisError

from helpers.db.database import is_unavailable
from helpers.tasks import cancel_all
from helpers.web.session_stores import SIGNED_IN_SECONDS, USER_ID, SessionInfo, SessionStore, session_info

ANONYMOUS_SECONDS = 2 * 3600
"""A visitor's session only contains the CSRF token."""


USE_SECONDS = 5 * 60
"""The last use of a session is stored at most this often."""

STORE_SECONDS = 10.0
"""All uses within this time are stored with one statement: after a restart all clients reconnect at
once."""

MAX_NOTED_USES = 100_000
"""Sessions whose stored use a process remembers; 100 bytes each."""


CONFIRM_NEW_SESSION: "web.RequestKey[Callable[[], Awaitable[bool]]]" = web.RequestKey("confirm")
"""Called after a new session is stored; False deletes it again. It closes a race: all sessions of
the user may have been ended a moment before."""


class TokenStorage(AbstractStorage):
    """aiohttp-session's storage over a SessionStore. A session's identity is the hash of its
    token."""

    def __init__(self, store: SessionStore, *, secure: bool) -> None:
        # __Host- binds the cookie to this host, over TLS: RFC 6265bis, 4.1.3.2.
        name = "__Host-session" if secure else "session"
        super().__init__(
            cookie_name=name, max_age=SIGNED_IN_SECONDS, secure=secure, httponly=True, samesite="Lax"
        )
        self.store = store
        self._uses: dict[str, SessionInfo] = {}
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
            await asyncio.sleep(STORE_SECONDS)
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

    async def save_session(
        self, request: web.Request, response: web.StreamResponse, session: Session
    ) -> None:
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
            use = session_info(request, session[USER_ID]) if USER_ID in session else None
            await self.store.create(hash_token(token), data, seconds, use)
            if CONFIRM_NEW_SESSION in request and not await request[CONFIRM_NEW_SESSION]():
                await self.store.delete(hash_token(token))
                self.save_cookie(response, "")
                return
            if use:
                self._noted[hash_token(token)] = time.monotonic()
            self.save_cookie(response, token, max_age=seconds)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


STORAGE = web.AppKey("session_storage", TokenStorage)
