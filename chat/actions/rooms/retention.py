"""For how long a room keeps its messages. chat/personal_data/retention.py erases what is older."""

from collections.abc import Callable
from typing import Any

from chat.actions.order.moderation import change, numbered, require
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.acts import record_act
from chat.history.writing.expiry import set_retention
from chat.history.writing.transaction import RoomTransaction
from chat.models import Room
from chat.roles import Permission

MAX_DAYS = 36_500

GRACE_SECONDS = 24 * 3600
"""What is decided on a page takes effect after this time, in which it can be undone: what is erased
doesn't come back."""


class SiteRetention:
    """For how many days the site keeps messages, in all rooms and conversations, 0 for good; and since
    when that is so, in milliseconds since 1970."""

    def __init__(self) -> None:
        self._read: Callable[[], tuple[int, int]] = lambda: (0, 0)

    def follow(self, read: Callable[[], tuple[int, int]]) -> None:
        """From now on `read` tells it."""
        self._read = read

    @property
    def days(self) -> int:
        return self._read()[0]

    def days_at(self, now: int) -> int:
        """What has taken effect by this time."""
        days, since = self._read()
        return days if since + GRACE_SECONDS * 1000 <= now else 0


SITE_RETENTION = SiteRetention()
"""Of this process."""


def effective_days(own: int | None) -> int | None:
    """For how many days a room keeps its messages that has decided so; None for good. Never for longer
    than the site."""
    site = SITE_RETENTION.days or None
    return min(own, site) if own is not None and site is not None else own or site


async def retention_now(room: RoomTransaction) -> dict[str, Any]:
    """What the room has decided, as an act keeps it."""
    query = Room.select(Room.retention_days, Room.keeps_pinned).where(Room.id == room.room_id)
    [(days, keeps_pinned)] = await query.tuples().aio_execute()
    return {"days": days, "keeps_pinned": bool(keeps_pinned)}


async def keep_for(
    engine: Engine, room_id: int, person: Person, days: int | None, nonce: str, *, keeps_pinned: bool
) -> Receipt:
    """Decides for how many days the room keeps its messages; None for as long as the site. Pinned
    ones stay where it `keeps_pinned`. It takes effect after GRACE_SECONDS."""
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise ActionError("bad_usage", "From 1 to {most} days, please.", most=MAX_DAYS)
    site = SITE_RETENTION.days
    if days is not None and site and days > site:
        raise ActionError(
            "bad_usage", "This site keeps messages for {days} days: a room keeps them no longer.", days=site
        )

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_RETENTION)
        before = await retention_now(room)
        after = {"days": days, "keeps_pinned": keeps_pinned}
        if before == after:
            raise ActionError("refused", "The room is kept so already.")
        receipt = put_retention(room, person, after, nonce)
        return numbered(receipt, await record_act(room, "retention", person, before=before, after=after))

    return await change(engine, room_id, person, nonce, apply)


def put_retention(room: RoomTransaction, person: Person, after: dict[str, Any], nonce: str) -> Receipt:
    """Stores the decision, and records its line: the days, or `off`, and whether pinned ones stay."""
    set_retention(room, after["days"], keeps_pinned=after["keeps_pinned"])
    days = effective_days(after["days"])
    text = f"{days or 'off'}{' pinned' if after['keeps_pinned'] else ''}"
    return room.record("retention", person, text, nonce)
