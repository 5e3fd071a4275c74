"""Who holds a connection to a room, as leases with a time to live: whoever crashes stops renewing. Never a counter."""

import asyncio
import secrets
import time
from typing import Protocol

from redis.asyncio import Redis

LEASE_SECONDS = 25.0
RENEW_SECONDS = 8.0

RENEWED_AT_ONCE = 500
"""Leases in one round trip: writing ten thousand at once held everything else up for a sixth of a second."""


class Leases(Protocol):
    """One lease a connection: (room, user, connection)."""

    async def hold(self, room_id: int, user_id: int, connection_id: str) -> None: ...
    async def release(self, room_id: int, user_id: int, connection_id: str) -> None: ...
    async def renew(self) -> None:
        """Prolongs every lease of this process; to be called every RENEW_SECONDS."""

    async def holders(self, room_ids: list[int]) -> dict[int, set[int]]:
        """The users that hold a lease, by room, in all processes."""


class LocalLeases:
    """For one process, whose leases end with it."""

    def __init__(self) -> None:
        self._held: dict[int, set[tuple[int, str]]] = {}

    async def hold(self, room_id: int, user_id: int, connection_id: str) -> None:
        self._held.setdefault(room_id, set()).add((user_id, connection_id))

    async def release(self, room_id: int, user_id: int, connection_id: str) -> None:
        held = self._held.get(room_id, set())
        held.discard((user_id, connection_id))
        if not held:
            self._held.pop(room_id, None)

    async def renew(self) -> None:
        pass

    async def holders(self, room_ids: list[int]) -> dict[int, set[int]]:
        return {room_id: {user_id for user_id, _ in self._held.get(room_id, ())} for room_id in room_ids}


class RedisLeases:
    """A sorted set for each room: `user:worker:connection` with the moment at which the lease ends."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._worker = secrets.token_hex(4)
        self._held: set[tuple[int, str]] = set()
        self._lock = asyncio.Lock()

    async def hold(self, room_id: int, user_id: int, connection_id: str) -> None:
        lease = f"{user_id}:{self._worker}:{connection_id}"
        self._held.add((room_id, lease))
        await self._write([(room_id, lease)])

    async def release(self, room_id: int, user_id: int, connection_id: str) -> None:
        lease = f"{user_id}:{self._worker}:{connection_id}"
        self._held.discard((room_id, lease))
        await self._redis.zrem(_key(room_id), lease)

    async def renew(self) -> None:
        async with self._lock:
            held = sorted(self._held)
            for start in range(0, len(held), RENEWED_AT_ONCE):
                await self._write(held[start : start + RENEWED_AT_ONCE])

    async def _write(self, leases: list[tuple[int, str]]) -> None:
        until = time.time() + LEASE_SECONDS
        by_room: dict[int, dict[str, float]] = {}
        for room_id, lease in leases:
            by_room.setdefault(room_id, {})[lease] = until
        async with self._redis.pipeline(transaction=False) as pipeline:
            for room_id, renewed in by_room.items():
                pipeline.zadd(_key(room_id), renewed)
                pipeline.expire(_key(room_id), int(LEASE_SECONDS * 2))
            await pipeline.execute()

    async def holders(self, room_ids: list[int]) -> dict[int, set[int]]:
        now = time.time()
        async with self._redis.pipeline(transaction=False) as pipeline:
            for room_id in room_ids:
                pipeline.zremrangebyscore(_key(room_id), "-inf", now)
                pipeline.zrange(_key(room_id), 0, -1)
            answers = await pipeline.execute()
        return {room_id: {int(lease.partition(b":")[0]) for lease in found} for room_id, found in zip(room_ids, answers[1::2], strict=True)}


def _key(room_id: int) -> str:
    return f"aiochat:here:{room_id}"
