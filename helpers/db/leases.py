"""Claims of one process to a task that any process may do. A claim that isn't renewed runs out."""

import secrets
import time

import peewee

from helpers.clock import now_ms
from helpers.db.base import Base


class Lease(Base):
    """Who has a task, until when."""

    name = peewee.TextField(primary_key=True)
    holder = peewee.TextField()
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "leases"


RENEWED_AFTER = 1 / 3
"""The part of its time after which a claim is renewed. Tasks look for work more than once a second, and
an idle site would write as often."""


class Claim:
    """This process's claim to the task `name`, for `seconds` at a time."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._token = secrets.token_hex(8)
        self._renew_at = 0.0

    async def hold(self) -> bool:
        """Claims the task or renews the claim, which then lasts for two thirds of its time at least.
        Returns False while another process has it."""
        began = time.monotonic()
        if began < self._renew_at:
            return True
        now = now_ms()
        row = {"name": self._name, "holder": self._token, "until": now + int(self._seconds * 1000)}
        # A claim of so much later was made by a clock that was ahead, and would hold for as long.
        is_free = (
            (Lease.until <= now)
            | (Lease.until > now + int(2 * self._seconds * 1000))
            | (Lease.holder == self._token)
        )
        if await Lease.update(row).where(Lease.name == self._name, is_free).aio_execute():
            self._renew_at = began + RENEWED_AFTER * self._seconds
            return True
        if await Lease.select(Lease.name).where(Lease.name == self._name).tuples().aio_execute():
            return False
        await Lease.insert(row).on_conflict_ignore().aio_execute()
        return await self.hold()

    async def release(self) -> None:
        self._renew_at = 0.0
        await Lease.update(until=0).where(Lease.name == self._name, Lease.holder == self._token).aio_execute()
