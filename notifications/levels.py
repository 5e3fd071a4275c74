"""How much of a room calls one of its members, and for how long."""

from typing import Any

from chat.engine import Engine
from chat.errors import ActionError
from chat.models import CONVERSATIONS, Member, Room
from helpers.clock import iso, now_ms
from notifications.deciding import ALL, LEVELS, MENTIONS
from notifications.wishes import level_of

LONGEST_MS = 366 * 86400 * 1000


async def level_in(room: Room, user_id: int) -> tuple[str, int | None]:
    """The level that holds at the moment, and when it ends. Raises ActionError for who is no member."""
    query = Member.select(Member.notify, Member.notify_until)
    rows = await query.where(Member.room == room.id, Member.user == user_id).tuples().aio_execute()
    if not rows:
        raise ActionError("not_a_member", "You are not a member of this room.")
    [(notify, until)] = rows
    now = now_ms()
    level = level_of(notify, until, room.kind in CONVERSATIONS, now)
    return level, until if notify and until is not None and until > now else None


async def set_level(engine: Engine, room: Room, user_id: int, level: str, until: int | None) -> None:
    """Raises ActionError for who is no member, and for what is no level."""
    now = now_ms()
    if level not in LEVELS:
        raise ActionError("bad_request", "There is no such choice.")
    if until is not None and not now < until <= now + LONGEST_MS:
        raise ActionError("bad_request", "A level lasts a year at most.")
    usual = ALL if room.kind in CONVERSATIONS else MENTIONS
    values: dict[str, Any] = {"notify": "" if level == usual else level, "notify_at": now}
    values["notify_until"] = until if level != usual else None
    change = Member.update(**values).where(Member.room == room.id, Member.user == user_id)
    if not await change.aio_execute():
        raise ActionError("not_a_member", "You are not a member of this room.")
    engine.unread.note_standings([user_id])


def level_as_json(level: str, until: int | None) -> dict[str, Any]:
    return {"level": level, "until": None if until is None else iso(until)}
