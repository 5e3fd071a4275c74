"""People who registered where accounts wait for approval: they sign in, and see that they wait. Those
who run the site let them in, or decline, which deletes the account."""

from typing import Any

from accounts.models import User
from helpers.clock import now_ms

PAGE = 50


async def begin_to_wait(user: User) -> None:
    """In the transaction that stores the account."""
    user.waits_since = now_ms()
    await User.update(waits_since=user.waits_since).where(User.id == user.id).aio_execute()


def _waits() -> Any:
    return User.waits_since.is_null(False) & User.left_at.is_null()


async def waiting_people() -> list[User]:
    """Those who have waited longest."""
    query = User.select().where(_waits()).order_by(User.waits_since, User.id)
    return list(await query.limit(PAGE).aio_execute())


async def count_waiting() -> int:
    return int(await User.select().where(_waits()).aio_count())
