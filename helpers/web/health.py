"""Health checks for a supervisor and a load balancer: is the process alive, and is it ready?"""

import asyncio
from collections.abc import Awaitable

from aiohttp import web
from redis.exceptions import RedisError

from helpers.db.database import fetch, is_unavailable
from helpers.keys import DATABASE
from helpers.redis.client import REDIS

HEALTH_PATIENCE = web.AppKey("health_patience", float)
"""How long a database or Redis may take, in seconds."""

NEVER_KEPT = {"Cache-Control": "no-store"}


class Live(web.View):
    """`/livez`: the process responds."""

    async def get(self) -> web.Response:
        return web.json_response({"alive": True}, headers=NEVER_KEPT)


class Ready(web.View):
    """`/readyz`: the database and Redis respond. Otherwise 503, and which of them doesn't."""

    async def get(self) -> web.Response:
        app = self.request.app
        redis = app[REDIS]
        checks = {"database": self._works(fetch(app[DATABASE], "SELECT 1"))}
        if redis is not None:
            checks["redis"] = self._works(redis.ping())
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
            if is_unavailable(error) or isinstance(error, RedisError):
                return False
            raise
