"""The people of a room as its settings list them: its members, found by name, and why somebody is kept
out of it."""

from collections.abc import Collection
from dataclasses import dataclass

from peewee import fn

from accounts.models import User
from accounts.people.names import DELETED
from chat.models import Act, Member
from chat.roles import Role, Standing
from helpers.text.characters import cleaned

MAX_SHOWN = 50
MAX_SEARCHED = 64
"""Characters."""


@dataclass(frozen=True)
class RoomMember:
    """`standing` is that in a room of this kind."""

    id: int
    name: str
    standing: Standing


async def members_named(room_id: int, kind: str, words: str) -> tuple[list[RoomMember], bool]:
    """Members whose handle or display name holds these words, or all for none, by role: at most
    MAX_SHOWN, and whether there are more."""
    query = (
        Member.select(User.id, User.name, Member.role, User.is_admin)
        .join(User, on=(User.id == Member.user))
        .where(Member.room == room_id, User.name != DELETED)
        .order_by(Member.role.desc(), Member.user)
        .limit(MAX_SHOWN + 1)
    )
    if key := cleaned(words).strip().removeprefix("@").lower()[:MAX_SEARCHED]:
        # SQLite knows capitals of ASCII alone: a display name is found as it is written, too.
        low, typed = fn.LOWER(User.display_name), cleaned(words).strip()
        holds = fn.REPLACE(User.name_key, key, "") != User.name_key
        for column, text in ((low, key), (User.display_name, typed)):
            holds |= fn.REPLACE(column, text, "") != column
        query = query.where(holds)
    rows = await query.tuples().aio_execute()
    found = [
        RoomMember(user_id, name, Standing(Role(role), bool(is_admin), kind))
        for user_id, name, role, is_admin in rows
    ]
    return found[:MAX_SHOWN], len(found) > MAX_SHOWN


async def reasons_for(room_id: int, acts: Collection[str], names: Collection[str]) -> dict[str, str]:
    """By name, the reason of the last of these acts about each of them, where there was one."""
    rows = await (
        Act.select(User.name, Act.reason)
        .join(User, on=(User.id == Act.target_id))
        .where(Act.room_id == room_id, Act.act.in_(list(acts)), User.name.in_(list(names)))
        .order_by(Act.number)
        .tuples()
        .aio_execute()
    )
    return {name: reason for name, reason in rows if reason}
