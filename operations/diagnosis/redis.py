"""Redis: does it answer, take writes, and keep what it is given?"""

import secrets
from collections.abc import AsyncIterator
from typing import Any

from redis.exceptions import RedisError, ResponseError

from helpers.redis.client import open_redis, told
from operations.diagnosis.findings import FAIL, OK, WAIT_SECONDS, WARN, Finding
from settings import Settings


async def look_at_redis(settings: Settings) -> AsyncIterator[Finding]:
    redis = open_redis(settings.redis_url, WAIT_SECONDS)
    if redis is None:
        return
    try:
        memory = await redis.info("memory")
        persistence = await redis.info("persistence")
        server = await redis.info("server")
        saves = await _saves(redis)
        refusal = await _refusal(redis)
    except (RedisError, OSError) as error:
        yield Finding(
            *("Redis", FAIL, told(error), "nothing is served"),
            "start it, and look at AIOCHAT_REDIS_URL",
        )
        return
    finally:
        await redis.aclose()
    yield Finding("Redis", OK, f"version {server['redis_version']}, run {str(server['run_id'])[:12]}")
    yield (
        Finding("Redis's writes", OK, "it takes them")
        if refusal is None
        else Finding(
            *("Redis's writes", FAIL, refusal, "nobody can sign in"),
            "give the address of the primary, or more memory (maxmemory)",
        )
    )
    policy, bound = memory["maxmemory_policy"], memory["maxmemory"]
    yield (
        Finding(
            *("Redis's policy", FAIL, f"{policy}, at {bound:,} bytes", "people are signed out at random"),
            "set maxmemory-policy noeviction",
        )
        if bound and policy != "noeviction"
        else Finding("Redis's policy", OK, policy)
    )
    yield (
        Finding(
            *("Redis's persistence", WARN, "none", "when it restarts, everybody is signed out"),
            "set appendonly yes",
        )
        if not persistence["aof_enabled"] and not saves
        else Finding(
            *("Redis's persistence", FAIL, "its last write to the disk failed"),
            *("when it restarts, everybody is signed out", "look at its log: the disk may be full"),
        )
        if "err" in (persistence.get("rdb_last_bgsave_status"), persistence.get("aof_last_write_status"))
        else Finding("Redis's persistence", OK, "it keeps sessions")
    )


async def _saves(redis: Any) -> str:
    """When Redis writes to its disk, as its setting `save` says; "?" where it doesn't tell everybody."""
    try:
        return str((await redis.config_get("save")).get("save", ""))
    except ResponseError:
        return "?"


async def _refusal(redis: Any) -> str | None:
    """Why it takes no write; a key of its own ends by itself."""
    try:
        await redis.set(f"aiochat:doctor:{secrets.token_hex(8)}", "", ex=1)
    except ResponseError as error:
        return told(error)
    return None


async def look_at_bus(settings: Settings) -> AsyncIterator[Finding]:
    """Where it is another Redis. Of a cluster no single server is asked."""
    if not settings.bus_url or "+cluster:" in settings.bus_url:
        return
    redis = open_redis(settings.bus_url, WAIT_SECONDS)
    if redis is None:
        return
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        yield Finding(
            *("bus", FAIL, told(error), "messages come late to people at other workers"),
            "start it, and look at AIOCHAT_BUS_URL",
        )
    else:
        yield Finding("bus", OK, "it answers")
    finally:
        await redis.aclose()
