"""Presence: records who comes online with their first connection to the site, and some seconds after
the last one closed who is offline. All who come or go at the same time are recorded by one
statement."""

import asyncio
import contextlib
import logging
import math
import time

from redis.exceptions import RedisError

from chat.engine import Engine
from helpers.db.database import is_unavailable

log = logging.getLogger("aiochat.presence")


class PresenceTracker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._timings = engine.timings
        self._offline_since: dict[int, float] = {}
        """The time at which each person was last connected here, oldest first."""
        self._arrived: set[int] = set()
        self._left: set[int] = set()
        """Those whose leases are to be released."""
        self._returned: set[int] = set()
        """Those who are connected here but recorded as offline."""
        self._renew_at = 0.0
        self._compare_at = math.inf
        self._is_away = False
        """Whether the leases couldn't be renewed the last time."""
        self._wake = asyncio.Event()
        engine.presence.on_offline = self._note_offline

    def connected(self, user_id: int) -> None:
        """A connection opened. Nothing is waited for."""
        self._offline_since.pop(user_id, None)
        self._arrived.add(user_id)
        self._wake.set()

    def disconnected(self, user_id: int) -> None:
        """A connection closed. A person without another one, in any process, is offline after the
        grace period."""
        if not self._engine.hub.is_connected(user_id):
            self._start_grace(user_id)
            self._left.add(user_id)
            self._wake.set()

    def _note_offline(self, user_ids: list[int]) -> None:
        """Another process has taken them for gone, or they came as it was recorded. It is corrected
        when the others can see the leases: until then they may record it again."""
        returned = [user_id for user_id in user_ids if self._engine.hub.is_connected(user_id)]
        if returned:
            self._returned.update(returned)
            self._wake.set()

    def _start_grace(self, user_id: int) -> None:
        self._offline_since.pop(user_id, None)
        self._offline_since[user_id] = time.monotonic()

    async def run(self) -> None:
        """Renews the leases and records who comes and goes, until cancelled. While the database or
        Redis is unreachable nobody is recorded as offline."""
        while True:
            self._wake.clear()
            try:
                await self._tick()
            except Exception as error:
                if not is_unavailable(error) and not isinstance(error, RedisError):
                    log.exception("presence failed")
            await asyncio.sleep(self._timings.presence_gather)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.presence_tick):
                    await self._wake.wait()

    async def _tick(self) -> None:
        now = time.monotonic()
        await self._record_arrived()
        if now >= self._renew_at:
            await self._renew(now)
        if self._is_away:
            return
        await self._record_returned()
        if now >= self._compare_at:
            await self._compare()
            self._compare_at = now + self._timings.compare_every
        await self._record_due()

    async def _renew(self, now: float) -> None:
        self._renew_at = now + self._timings.renew_leases
        had_failed, self._is_away = self._is_away, True
        if await self._engine.leases.renew() or had_failed:
            self._compare_at = min(self._compare_at, now + self._timings.compare_after)
        self._is_away = False

    async def _record_arrived(self) -> None:
        """Writes the leases first: who is recorded as online without one would be taken for gone."""
        is_connected = self._engine.hub.is_connected
        left, self._left = self._left, set()
        arrived, self._arrived = self._arrived, set()
        here = {user_id for user_id in arrived if is_connected(user_id)}
        gone = {user_id for user_id in left if not is_connected(user_id)}
        # What can't be written now is written by the next renewal.
        if here:
            with contextlib.suppress(RedisError, OSError):
                await self._engine.leases.hold(here)
        if gone:
            with contextlib.suppress(RedisError, OSError):
                await self._engine.leases.release(gone)
        # Also who has gone meanwhile: a new member may have been told to be online.
        missing = [user_id for user_id in arrived if not self._engine.presence.is_online(user_id)]
        try:
            await self._engine.presence.record(missing, online=True)
        except BaseException:
            self._arrived.update(missing)
            raise

    async def _record_returned(self) -> None:
        returned = {user_id for user_id in self._returned if self._engine.hub.is_connected(user_id)}
        await self._engine.presence.record(returned, online=True)
        self._returned -= returned
        self._returned = {one for one in self._returned if self._engine.hub.is_connected(one)}

    async def _record_due(self) -> None:
        """Records who has been away for the grace time, all by one statement. Where that fails they
        stay in the list."""
        due = {}
        for user_id, since in self._offline_since.items():
            if time.monotonic() - since < self._timings.grace:
                break
            due[user_id] = since
        if not due:
            return
        leases, is_connected = self._engine.leases, self._engine.hub.is_connected
        held = await leases.held(due)
        if not await leases.are_complete():
            return
        still_due = [one for one, since in due.items() if self._offline_since.get(one) == since]
        gone = [one for one in still_due if one not in held and not is_connected(one)]
        await self._engine.presence.record(gone, online=False)
        for user_id in still_due:
            if self._offline_since.get(user_id) == due[user_id]:
                del self._offline_since[user_id]

    async def _compare(self) -> None:
        """Starts the grace period of all who are recorded as online and for whom no process holds a
        lease, and notes who is connected here and isn't recorded."""
        presence, hub = self._engine.presence, self._engine.hub
        online = presence.online_ids
        held = await self._engine.leases.held(online)
        for user_id in online:
            is_missing = user_id not in held and not hub.is_connected(user_id)
            if is_missing and user_id not in self._offline_since:
                self._start_grace(user_id)
        self._returned.update(one for one in hub.connected_ids if not presence.is_online(one))
