"""Leases: who is connected, with a time to live. A crashed process stops renewing its
leases, so they expire. There are no counters, which a crash would leave wrong."""

import asyncio
import itertools
import math
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from redis.asyncio import Redis

from helpers.batching import SingleFlight
from timings import DEFAULT, Timings

AT_ONCE = 500
"""Leases in one command: a command with ten thousand blocked Redis for a sixth of a second."""

Lease = int
"""A user's id. A process holds one lease for all connections of a user."""


class Leases(Protocol):
    async def hold(self, leases: Collection[Lease]) -> None: ...
    async def release(self, leases: Collection[Lease]) -> None: ...
    async def renew(self) -> bool:
        """Prolongs all leases of this process. Call it at the start and periodically.

        Returns True when all who are recorded as online should be compared with the leases: this
        process has just started, another one has ended, or leases were lost."""

    async def held(self, leases: Collection[Lease]) -> set[Lease]:
        """The leases among these that any process holds."""

    async def workers(self) -> int:
        """How many processes there are."""

    async def are_complete(self) -> bool:
        """False while leases of other processes may be missing: Redis has lost those of this process
        and was emptied, so the others have to write theirs again. A lease that `held` didn't find
        before this returned True is held by nobody."""


class LocalLeases:
    """For a single process: its leases end with it."""

    def __init__(self) -> None:
        self._held: set[Lease] = set()
        self._has_begun = False

    async def hold(self, leases: Collection[Lease]) -> None:
        self._held.update(leases)

    async def release(self, leases: Collection[Lease]) -> None:
        self._held.difference_update(leases)

    async def renew(self) -> bool:
        has_begun, self._has_begun = self._has_begun, True
        return not has_begun

    async def held(self, leases: Collection[Lease]) -> set[Lease]:
        return self._held.intersection(leases)

    async def workers(self) -> int:
        return 1

    async def are_complete(self) -> bool:
        return True


class RedisLeases:
    """One Redis set of users' ids for each process. It expires unless the process prolongs it, by
    one command for any number of leases."""

    def __init__(self, redis: "Redis", prefix: str, timings: Timings = DEFAULT) -> None:
        """All keys begin with `prefix`."""
        self._redis = redis
        self._workers_key = f"{prefix}online-workers"
        self._prefix = prefix
        self._lease_ms = round(timings.lease * 1000)
        self._worker = secrets.token_hex(8)
        self._key = self._key_of(self._worker)
        self._held: set[Lease] = set()
        self._unwritten: set[Lease] = set()
        self._is_lost = True
        """Whether Redis has lost leases that `renew` hasn't written again yet."""
        self._complete_at = math.inf
        """By this time every process has renewed its leases, since they were lost."""
        self._compare_after = timings.compare_after
        self._writing = asyncio.Lock()
        self._writes: SingleFlight[None, None] = SingleFlight(lambda _: self._write())

    async def hold(self, leases: Collection[Lease]) -> None:
        self._held.update(leases)
        self._unwritten.update(leases)
        await self._writes.get(None)

    async def release(self, leases: Collection[Lease]) -> None:
        self._held.difference_update(leases)
        self._unwritten.update(leases)
        await self._writes.get(None)

    async def renew(self) -> bool:
        if self._unwritten:
            await self._writes.get(None)
        async with self._writing:
            async with self._redis.pipeline(transaction=False) as pipeline:
                self._prolong(pipeline, self._key)
                pipeline.sadd(self._workers_key, self._worker)
                pipeline.scard(self._key)
                is_key_new, _, is_listed_new, count = await pipeline.execute()
            # Leases that are unwritten again changed during this request.
            has_other_count = not self._unwritten and count != len(self._held) + 1
            is_lost = self._is_lost = bool(self._is_lost or is_key_new or is_listed_new or has_other_count)
            if is_lost:
                await self._rewrite()
                self._is_lost = False
                self._complete_at = time.monotonic() + self._compare_after
        return await self.remove_dead_workers() or is_lost

    async def held(self, leases: Collection[Lease]) -> set[Lease]:
        found = self._held.intersection(leases)
        others = await self._other_workers()
        for group in _slices(lease for lease in leases if lease not in found):
            names = [str(lease) for lease in group]
            async with self._redis.pipeline(transaction=False) as pipeline:
                for worker in others:
                    pipeline.smismember(self._key_of(worker), names)
                for answer in await pipeline.execute():
                    found.update(lease for lease, is_held in zip(group, answer, strict=True) if is_held)
        return found

    async def workers(self) -> int:
        return 1 + len(await self._other_workers())

    async def are_complete(self) -> bool:
        # A write under way may make the key anew, and learns only from its answer that it was gone.
        async with self._writing:
            is_known = not self._is_lost and time.monotonic() >= self._complete_at
            return is_known and bool(await self._redis.exists(self._key))

    async def _write(self) -> None:
        """Writes changed leases, once for all callers that wait. Where it fails, they are written
        next time."""
        async with self._writing:
            unwritten, self._unwritten = self._unwritten, set()
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    self._prolong(pipeline, self._key)
                    pipeline.sadd(self._workers_key, self._worker)
                    for group in _slices(unwritten & self._held):
                        pipeline.sadd(self._key, *map(str, group))
                    for group in _slices(unwritten - self._held):
                        pipeline.srem(self._key, *map(str, group))
                    is_new = (await pipeline.execute())[0]
                self._is_lost = self._is_lost or bool(is_new)
            except BaseException:
                self._unwritten |= unwritten
                raise

    async def _rewrite(self) -> None:
        """Writes all leases after Redis lost them or they expired. The new set replaces the old one
        in one step."""
        new = f"{self._key}:new"
        await self._redis.delete(new)
        for group in _slices(list(self._held)):
            await self._redis.sadd(new, *map(str, group))
        async with self._redis.pipeline(transaction=False) as pipeline:
            self._prolong(pipeline, new)
            await pipeline.execute()
        await self._redis.rename(new, self._key)

    def _key_of(self, worker: str) -> str:
        # The braces keep a process's keys in one slot of a Redis Cluster, so that RENAME works.
        return f"{self._prefix}online:{{{worker}}}"

    def _prolong(self, pipeline: "Redis", key: str) -> None:
        # Redis removes an empty set. The empty member keeps the set, and the set shows that the
        # process is alive.
        pipeline.sadd(key, "")
        pipeline.pexpire(key, self._lease_ms)

    async def _other_workers(self) -> list[str]:
        """All listed workers except this one, including dead ones not yet removed."""
        listed = await self._redis.smembers(self._workers_key)
        workers = [worker.decode() for worker in listed if isinstance(worker, bytes)]
        return [worker for worker in workers if worker != self._worker]

    async def remove_dead_workers(self) -> bool:
        """Removes dead processes from the list. Returns True in the one process that removed
        them."""
        others = await self._other_workers()
        async with self._redis.pipeline(transaction=False) as pipeline:
            for worker in others:
                pipeline.exists(self._key_of(worker))
            dead = [
                worker for worker, lives in zip(others, await pipeline.execute(), strict=True) if not lives
            ]
        return bool(dead and await self._redis.srem(self._workers_key, *dead))


def _slices(leases: Iterable[Lease]) -> Iterator[list[Lease]]:
    rest = iter(leases)
    while group := list(itertools.islice(rest, AT_ONCE)):
        yield group
