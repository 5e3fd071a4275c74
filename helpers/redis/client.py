"""The connection to Redis, where the settings name one."""

from aiohttp import web
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

REDIS: "web.AppKey[Redis | None]" = web.AppKey("redis")

ANSWER_SECONDS = 2.0

CONNECTIONS = 20
"""At most, of this process. redis-py's own pool refuses the 101st who asks at once; with this one
they wait for each other."""


def open_redis(url: str) -> "Redis | None":
    """The pool for `url`, None for none. An answer that takes too long is an error: nobody waits
    for a Redis that hangs."""
    if not url:
        return None
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)
