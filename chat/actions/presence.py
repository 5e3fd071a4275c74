"""Presence: records a "went" line some seconds after a person's last connection to a room
closes."""

import asyncio
import contextlib
import logging
import math
import time

import peewee
from redis.exceptions import RedisError

from accounts.models import User
from chat.actions import membership
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.models import Member
from helpers.db.database import is_unavailable

log = logging.getLogger("aiochat.attendance")

ROWS_AT_ONCE = 1000
"""Rows in one statement of that comparison."""

OFFLINE_AT_ONCE = 200
"""Offline lines in one commit, about: the commit locks their room."""


class PresenceTracker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._timings = engine.timings
        self._offline_since: dict[tuple[int, Person], float] = {}
        """The time at which each person was last connected here, oldest first."""

    async def connected(self, room_id: int, person: Person) -> None:
        self._offline_since.pop((room_id, person), None)
        with contextlib.suppress(RedisError, OSError):
            await self._engine.leases.hold(room_id, person.id)

    def disconnected(self, room_id: int, person: Person) -> None:
        """A connection closed. A person without another one, in any process, is offline after the
        grace period."""
        if not self._engine.hub.is_connected(room_id, person.id):
            self._start_grace(room_id, person)
            self._engine.hub.spawn(self._release(room_id, person.id))

    def _start_grace(self, room_id: int, person: Person) -> None:
        self._offline_since.pop((room_id, person), None)
        self._offline_since[room_id, person] = time.monotonic()

    async def _release(self, room_id: int, user_id: int) -> None:
        # Keep the lease of a person who has reconnected meanwhile.
        if not self._engine.hub.is_connected(room_id, user_id):
            with contextlib.suppress(RedisError, OSError):
                await self._engine.leases.release(room_id, user_id)

    async def run(self) -> None:
        """Renews the leases and records offline lines, until cancelled. While the database or Redis
        is unreachable nobody is recorded as offline."""
        renew_at, compare_at = 0.0, math.inf
        renew_failed = False
        while True:
            try:
                now = time.monotonic()
                if now >= renew_at:
                    renew_at = now + self._timings.renew_leases
                    had_failed, renew_failed = renew_failed, True
                    if await self._engine.leases.renew() or had_failed:
                        compare_at = min(compare_at, now + self._timings.compare_after)
                    renew_failed = False
                if now >= compare_at:
                    await self._compare()
                    compare_at = math.inf
                await self._record_due()
            except Exception as error:
                if not is_unavailable(error) and not isinstance(error, (RedisError, ActionError)):
                    log.exception("presence failed")
            await asyncio.sleep(self._timings.presence_tick)

    async def _record_due(self) -> None:
        due = []
        for key, since in self._offline_since.items():
            if time.monotonic() - since < self._timings.grace:
                break
            due.append(key)
        for start in range(0, len(due), OFFLINE_AT_ONCE):
            await self._record_offline(due[start : start + OFFLINE_AT_ONCE])

    async def _record_offline(self, keys: list[tuple[int, Person]]) -> None:
        """Records that these people are offline, in as few commits as possible. A person for whom
        it fails stays in the list."""
        held = await self._engine.leases.held([(room_id, person.id) for room_id, person in keys])
        pending = []
        for room_id, person in keys:
            since = self._offline_since.get((room_id, person))
            if since is None:
                continue
            if (room_id, person.id) in held or self._engine.hub.is_connected(room_id, person.id):
                del self._offline_since[room_id, person]
            else:
                pending.append(
                    ((room_id, person), since, await membership.mark_offline(self._engine, room_id, person))
                )
        answers = await asyncio.gather(*(answer for _, _, answer in pending), return_exceptions=True)
        failure = None
        for (key, since, _), answer in zip(pending, answers, strict=True):
            if isinstance(answer, BaseException) and not (
                isinstance(answer, ActionError) and answer.retry_after is None
            ):
                failure = answer
            elif self._offline_since.get(key) == since:
                del self._offline_since[key]
        if failure is not None:
            raise failure

    async def _compare(self) -> None:
        """Starts the grace period of all members recorded as present for whom no process holds a
        lease."""
        last = (0, 0)
        while True:
            rows = await (
                Member.select(Member.room, Member.user, User.select(User.name).where(User.id == Member.user))
                .where(Member.present, peewee.Tuple(Member.room, Member.user) > last)
                .order_by(Member.room, Member.user)
                .limit(ROWS_AT_ONCE)
                .tuples()
                .aio_execute()
            )
            if not rows:
                return
            last = rows[-1][:2]
            held = await self._engine.leases.held([(room_id, user_id) for room_id, user_id, _ in rows])
            for room_id, user_id, name in rows:
                person = Person(user_id, name)
                if (room_id, user_id) not in held and (room_id, person) not in self._offline_since:
                    self._start_grace(room_id, person)
