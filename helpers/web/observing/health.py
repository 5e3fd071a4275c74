"""Health checks for a supervisor and a load balancer: is the process alive, and is it ready?"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from redis.exceptions import RedisError

from helpers.batching import SingleFlight
from helpers.clock import now_ms
from helpers.db.database import fetch, is_unavailable
from helpers.db.leases import Lease
from helpers.keys import DATABASE, SITE
from helpers.redis.client import REDIS, site_prefix
from helpers.text.characters import one_line
from helpers.web.requests.addresses import client_address

log = logging.getLogger("aiochat.health")

HEALTH_PATIENCE = web.AppKey("health_patience", float)
"""How long a database or Redis may take, in seconds."""

WRITES_SECONDS = 5.0
"""A part that took a write isn't given another one for as long: who asks needs no account."""

FAILED_SECONDS = 1.0
"""Nor one that took none: SQLite waits for other programs meanwhile, and what is read waits with it."""

NEVER_KEPT = {"Cache-Control": "no-store"}

Question = Callable[[], Awaitable[object]]


class Live(web.View):
    """`/livez`: the process responds. With `?seen=1` it says how the request came: a proxy in front may have
    changed it."""

    async def get(self) -> web.Response:
        told: dict[str, Any] = {"alive": True}
        if "seen" in self.request.query:
            given = self.request.headers
            told["seen"] = {
                "upgrade": given.get("Upgrade", "")[:100],
                "client": client_address(self.request)[:100],
                "forwarded": "X-Forwarded-Proto" in given or "Forwarded" in given,
            }
        return web.json_response(told, headers=NEVER_KEPT)


class UnwritableError(Exception):
    """A part took no write."""


class Writing:
    """Tries whether the database and Redis take writes: on a full disk, as a replica or beyond its memory
    each of them still answers what is read. However many ask, one write is under way."""

    def __init__(self) -> None:
        self._known_until: dict[str, float] = {}
        self._failing: set[str] = set()
        self._tries = SingleFlight[str, None](self._try)
        self._questions: dict[str, Question] = {}

    async def works(self, part: str, write: Question) -> None:
        """Raises UnwritableError, if the write fails."""
        if time.monotonic() >= self._known_until.get(part, 0.0):
            self._questions[part] = write
            await self._tries.get(part)
        if part in self._failing:
            raise UnwritableError(part)

    async def _try(self, part: str) -> None:
        if time.monotonic() < self._known_until.get(part, 0.0):
            return
        try:
            await self._questions[part]()
        except Exception as error:
            if part not in self._failing:
                self._failing.add(part)
                log.error("%s takes no writes: %s", part, one_line(error))
            seconds = FAILED_SECONDS
        else:
            if part in self._failing:
                self._failing.discard(part)
                log.warning("%s takes writes again", part)
            seconds = WRITES_SECONDS
        self._known_until[part] = time.monotonic() + seconds


WRITING = web.AppKey("writing", Writing)


async def _write_row() -> None:
    row: dict[str, Any] = {"name": "readiness", "holder": "", "until": now_ms()}
    await Lease.insert(row).on_conflict(conflict_target=[Lease.name], update=row).aio_execute()


class Ready(web.View):
    """`/readyz`: the database and Redis respond and take writes. Otherwise 503, and which of them doesn't."""

    async def get(self) -> web.Response:
        app = self.request.app
        redis = app[REDIS]
        writing = app[WRITING]

        async def database() -> None:
            await fetch(app[DATABASE], "SELECT 1")
            await writing.works("database", _write_row)

        checks = {"database": self._works(database())}
        if redis is not None:

            async def sessions() -> None:
                await redis.ping()
                key = f"{site_prefix(app[SITE])}readiness"
                await writing.works("redis", lambda: redis.set(key, now_ms(), ex=60))

            checks["redis"] = self._works(sessions())
        results = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
        ready = all(results.values())
        return web.json_response(
            {"ready": ready, **results}, status=200 if ready else 503, headers=NEVER_KEPT
        )

    async def _works(self, question: Awaitable[object]) -> bool:
        try:
            async with asyncio.timeout(self.request.app[HEALTH_PATIENCE]):
                await question
            return True
        except Exception as error:
            if is_unavailable(error) or isinstance(error, RedisError | UnwritableError):
                return False
            raise
