"""Comings and goings: when the last connection of somebody is gone for some seconds, the history says that they went."""

import asyncio
import contextlib
import logging
import time

from redis.exceptions import RedisError

from accounts.models import User
from chat import membership
from chat.engine import Engine
from chat.ledger import Person
from chat.models import Member
from chat.presence import RENEW_SECONDS
from chat.refusal import Refused
from helpers.database import is_away

log = logging.getLogger("aiochat.attendance")

GRACE_SECONDS = 10.0
"""Who is back by then was never gone."""

TICK_SECONDS = 1.0

SWEEP_SECONDS = 10.0
"""How often those are looked for whose process crashed. With the lease and the grace they are gone within a minute."""


class Attendance:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gone: dict[tuple[int, Person], float] = {}

    async def arrive(self, room_id: int, person: Person, connection_id: str) -> None:
        self._gone.pop((room_id, person), None)
        with contextlib.suppress(RedisError, OSError):
            await self._engine.leases.hold(room_id, person.id, connection_id)

    def depart(self, room_id: int, person: Person, connection_id: str) -> None:
        """The connection is over. Who has no other, in any process, is gone when the grace is."""
        self._gone[room_id, person] = time.monotonic()
        self._engine.hub.spawn(self._release(room_id, person.id, connection_id))

    async def _release(self, room_id: int, user_id: int, connection_id: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            await self._engine.leases.release(room_id, user_id, connection_id)

    async def run(self) -> None:
        """Renews the leases and tells of the gone, until cancelled. While the database or Redis is away nobody is said to be gone."""
        renewed = swept = time.monotonic()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                now = time.monotonic()
                if now - renewed >= RENEW_SECONDS:
                    renewed = now
                    await self._engine.leases.renew()
                if now - swept >= SWEEP_SECONDS:
                    swept = now
                    await self._sweep()
                await self._tell_of_the_gone()
            except Exception as error:
                if not is_away(error) and not isinstance(error, (RedisError, Refused)):
                    log.exception("attendance failed")

    async def _tell_of_the_gone(self) -> None:
        due = [key for key, since in self._gone.items() if time.monotonic() - since >= GRACE_SECONDS]
        if not due:
            return
        holders = await self._engine.leases.holders(sorted({room_id for room_id, _ in due}))
        for room_id, person in due:
            if person.id not in holders[room_id] and not self._engine.hub.is_connected(room_id, person.id):
                await membership.go(self._engine, room_id, person)
            self._gone.pop((room_id, person), None)

    async def _sweep(self) -> None:
        """Finds those whom the history calls present and who hold no lease. They too have their grace, to come back after a restart."""
        present = await (
            Member.select(Member.room, User.id, User.name)
            .join(User, on=(User.id == Member.user))
            .where(Member.present)
            .tuples()
            .aio_execute()
        )
        if not present:
            return
        holders = await self._engine.leases.holders(sorted({room_id for room_id, _, _ in present}))
        for room_id, user_id, name in present:
            if user_id not in holders[room_id]:
                self._gone.setdefault((room_id, Person(user_id, name)), time.monotonic())
