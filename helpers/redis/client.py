"""The Redis client, if the settings name a server."""

from aiohttp import web
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from helpers.text.characters import one_line

REDIS: "web.AppKey[Redis | None]" = web.AppKey("redis")

ANSWER_SECONDS = 2.0

CONNECTIONS = 20
"""Maximum per process. redis-py's own pool raises an error when all its 100 connections are in use;
with this pool callers wait."""


def site_prefix(site: str) -> str:
    """The beginning of all names of keys and channels of this site: several sites may share one
    Redis, whose channels are the same for all its numbered databases."""
    return f"aiochat:{site}:"


def told(error: Exception) -> str:
    """One line for the administrator."""
    text = one_line(error)
    if "HELLO" in text or text.startswith("Authentication required"):
        return "it wants a password, which the URL lacks: redis://:password@host:6379/0"
    if "NOPERM" in text or "no permissions" in text:
        return f"its user may not do what is needed ({text})"
    return text


def open_redis(url: str, answer_seconds: float = ANSWER_SECONDS) -> "Redis | None":
    """Returns the connection pool for `url`, None for an empty one. A response that takes longer
    than `answer_seconds` is an error, so that nothing waits for a Redis that hangs."""
    if not url:
        return None
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=answer_seconds,
        socket_timeout=answer_seconds,
        socket_connect_timeout=answer_seconds,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)
