"""Presence: records a "went" line some seconds after a person's last connection to a room closes,
and a "came" line for whom a "went" line was wrong."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Sequence

import peewee
from redis.exceptions import RedisError

from accounts.models import User
from chat.actions import membership
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.models import Member
from helpers.db.database import is_unavailable

log = logging.getLogger("aiochat.presence")

Key = tuple[int, Person]
"""A room's id and a person."""

ROWS_AT_ONCE = 1000
"""Rows in one statement of the comparison with the leases."""

OFFLINE_AT_ONCE = 200
"""Offline lines in one commit, about: the commit locks their room."""


class PresenceTracker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._timings = engine.timings
        self._offline_since: dict[Key, float] = {}
        """The time at which each person was last connected here, oldest first."""
        self._returned: dict[Key, None] = {}
        """Those who are connected here but recorded as offline."""
        self._renew_at = 0.0
        self._compare_at = math.inf
        self._is_away = False
        """Whether the leases couldn't be renewed the last time."""

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

    def returned(self, room_id: int, person: Person) -> None:
        """A person who is connected here is recorded as offline. It is corrected when other
        processes can see the lease: until then they may record it again."""
        self._returned[room_id, person] = None

    def _start_grace(self, room_id: int, person: Person) -> None:
        self._offline_since.pop((room_id, person), None)
        self._offline_since[room_id, person] = time.monotonic()

    async def _release(self, room_id: int, user_id: int) -> None:
        # Keep the lease of a person who has reconnected meanwhile.
        if not self._engine.hub.is_connected(room_id, user_id):
            with contextlib.suppress(RedisError, OSError):
                await self._engine.leases.release(room_id, user_id)

    async def run(self) -> None:
        """Renews the leases and records who is offline, until cancelled. While the database or
        Redis is unreachable nobody is recorded as offline."""
        while True:
            try:
                await self._tick()
            except Exception as error:
                if not is_unavailable(error) and not isinstance(error, (RedisError, ActionError)):
                    log.exception("presence failed")
            await asyncio.sleep(self._timings.presence_tick)

    async def _tick(self) -> None:
        now = time.monotonic()
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

    async def _record_due(self) -> None:
        due = []
        for key, since in self._offline_since.items():
            if time.monotonic() - since < self._timings.grace:
                break
            due.append(key)
        for start in range(0, len(due), OFFLINE_AT_ONCE):
            await self._record_offline(due[start : start + OFFLINE_AT_ONCE])

    async def _record_offline(self, keys: list[Key]) -> None:
        """Records that these people are offline, in as few commits as possible. A person for whom
        it fails stays in the list."""
        leases = self._engine.leases
        held = await leases.held([(room_id, person.id) for room_id, person in keys])
        if not await leases.are_complete():
            return
        pending: list[tuple[Key, asyncio.Future[Receipt]]] = []
        since = {key: self._offline_since.get(key) for key in keys}
        for key in keys:
            room_id, person = key
            if since[key] is None:
                continue
            if (room_id, person.id) in held or self._engine.hub.is_connected(room_id, person.id):
                del self._offline_since[key]
            else:
                pending.append((key, await membership.mark_offline(self._engine, room_id, person)))
        failures = await _failures(pending)
        for key, _ in pending:
            if key not in failures and self._offline_since.get(key) == since[key]:
                del self._offline_since[key]
        _raise_any(failures)

    async def _record_returned(self) -> None:
        returned, self._returned = self._returned, {}
        failures = await _failures(
            [(key, await membership.mark_online(self._engine, *key)) for key in returned]
        )
        self._returned |= dict.fromkeys(failures)
        _raise_any(failures)

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


async def _failures(pending: Sequence[tuple[Key, "asyncio.Future[Receipt]"]]) -> dict[Key, BaseException]:
    """Waits for the answers. Returns the errors of those that may go through later; what is refused
    needs no other try."""
    answers = await asyncio.gather(*(answer for _, answer in pending), return_exceptions=True)
    return {
        key: answer
        for (key, _), answer in zip(pending, answers, strict=True)
        if isinstance(answer, BaseException)
        and not (isinstance(answer, ActionError) and answer.retry_after is None)
    }


def _raise_any(failures: dict[Key, BaseException]) -> None:
    for failure in failures.values():
        raise failure
