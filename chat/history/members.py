"""Reads the members of a room. Nothing here writes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peewee import fn

from accounts.models import User
from accounts.people.display_names import shown_name
from accounts.people.names import DELETED
from chat.models import Member, SitePresence, Status
from chat.roles import Permission, Role, Standing
from helpers.clock import iso, now_ms
from helpers.db.compiled import CompiledSelect
from helpers.text.characters import isolated

MAX_MEMBERS = 1000

SMALL_ROOM = 20
"""Members of a room in which everybody may mention all of them: as many as a group has."""


@dataclass(frozen=True)
class MemberView:
    name: str
    role: str
    present: bool
    """Whether the member is connected to the site."""
    status: str = ""
    status_text: str = ""
    status_until: str = ""
    picture: int | None = None
    """The version of the member's picture."""
    display_name: str = ""
    """As display_names.shown_name has it."""

    @property
    def called(self) -> str:
        """As User.called."""
        name = self.display_name.split(" @")[0]
        return f"{isolated(name)} @{self.name}" if name else self.name

    def as_json(self) -> dict[str, Any]:
        """The fields for JSON, without empty ones."""
        return {name: value for name, value in vars(self).items() if value != "" and value is not None}


def _members(room_id: Any, most: Any) -> Any:
    """In the order of the index, so that only the rows shown are read. The users are looked up one
    by one, because for a join PostgreSQL reads the whole table. Names and picture are one value,
    because each lookup for each member costs."""
    with_rest = User.name.concat("\n").concat(User.picture.cast("TEXT")).concat("\n").concat(shown_name())
    name, is_admin = (
        User.select(column).where(User.id == Member.user) for column in (with_rest, User.is_admin)
    )
    return (
        Member.select(Member.user, name, Member.role, is_admin, _stored_status(Member.user))
        .where(Member.room == room_id)
        .order_by(Member.role.desc(), Member.user)
        .limit(most)
    )


def _online_members(room_id: Any, most: Any) -> Any:
    """The same of those who are online."""
    return _members(room_id, most).join(
        SitePresence, on=((SitePresence.user_id == Member.user) & SitePresence.online)
    )


_rows = CompiledSelect(_members)
_online_rows = CompiledSelect(_online_members)


async def members_of(room_id: int, is_online: Callable[[int], bool]) -> list[MemberView]:
    """The members by role and name, at most MAX_MEMBERS: of a larger room those who are online
    first."""
    rows = await _rows.rows(room_id, MAX_MEMBERS + 1)
    if len(rows) > MAX_MEMBERS:
        online = {row[0]: row for row in await _online_rows.rows(room_id, MAX_MEMBERS)}
        others = [row for row in rows if row[0] not in online]
        rows = [*online.values(), *others[: MAX_MEMBERS - len(online)]]
    found = [
        (name.split("\n"), Standing(Role(role), is_admin=bool(is_admin)).title, is_online(user_id), status)
        for user_id, name, role, is_admin, status in sorted(rows, key=lambda row: (-row[2], row[1].lower()))
    ]
    return [
        MemberView(
            *(name, title or "", present),
            *_status(status),
            picture=int(picture) or None,
            display_name=shown,
        )
        for (name, picture, shown), title, present, status in found
        # A deleted account that still has to leave the room.
        if name != DELETED
    ]


async def may_mention_groups(room_id: int, standing: Standing) -> bool:
    """Whether a member of this standing may mention all members of the room, or those who are
    online."""
    if not standing.may(Permission.POST):
        return False
    if standing.may(Permission.MENTION_GROUPS):
        return True
    if standing.modes.mentioning is not None:
        return False
    query = Member.select(Member.user).where(Member.room == room_id).limit(SMALL_ROOM + 1)
    return len(await query.tuples().aio_execute()) <= SMALL_ROOM


def _stored_status(user_id: Any) -> Any:
    """A user's status as one value, which `_status` splits: each lookup for each member costs."""
    until = fn.COALESCE(Status.until.cast("TEXT"), "")
    return Status.select(Status.status.concat(" ").concat(until).concat(" ").concat(Status.text)).where(
        Status.user_id == user_id
    )


def _status(stored: str | None) -> tuple[str, str, str]:
    """The status, its text, and the time when it ends; empty strings where there is none or it has
    ended."""
    if not stored:
        return "", "", ""
    status, until, text = stored.split(" ", 2)
    if until and int(until) <= now_ms():
        return "", "", ""
    return status, text, iso(int(until)) if until else ""
