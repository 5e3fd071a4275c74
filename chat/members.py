"""Reading who is in a room, and which rooms someone is in. Nothing here writes."""

from dataclasses import dataclass

from peewee import JOIN

from accounts.models import User
from chat.models import Member, Room
from chat.roles import Role, Standing

MAX_MEMBERS = 1000
MAX_ROOMS = 1000


@dataclass(frozen=True)
class MemberView:
    name: str
    role: str
    present: bool


@dataclass(frozen=True)
class RoomView:
    """A room as somebody sees it in a list; `role` is None where they are no member."""

    name: str
    topic: str
    kind: str
    role: str | None
    unread: int


async def members_of(room_id: int) -> list[MemberView]:
    """The members by role and name, at most MAX_MEMBERS."""
    rows = await (
        Member.select(User.name, Member.role, Member.present, User.is_admin)
        .join(User, on=(User.id == Member.user))
        .where(Member.room == room_id)
        .order_by(Member.role.desc(), User.name_key)
        .limit(MAX_MEMBERS)
        .tuples()
        .aio_execute()
    )
    return [
        MemberView(name, Standing(Role(role), is_admin=bool(is_admin)).title or "", bool(present)) for name, role, present, is_admin in rows
    ]


async def rooms_of(user: User, *, own_only: bool = False) -> list[RoomView]:
    """One's own rooms, those with unread posts first, and then the open ones, at most MAX_ROOMS of each."""
    columns = (Room.name, Room.topic, Room.kind, Member.role, Room.posts, Room.cleared_number, Member.read_number)
    own = await (
        Room.select(*columns)
        .join(Member, on=((Member.room == Room.id) & (Member.user == user.id)))
        .order_by(Room.slug)
        .limit(MAX_ROOMS)
        .tuples()
        .aio_execute()
    )
    views = [_view(row, user) for row in own]
    views.sort(key=lambda view: view.unread == 0)
    if own_only:
        return views
    others = await (
        Room.select(*columns)
        .join(Member, JOIN.LEFT_OUTER, on=((Member.room == Room.id) & (Member.user == user.id)))
        .where(Room.kind == "open", Member.user.is_null())
        .order_by(Room.slug)
        .limit(MAX_ROOMS)
        .tuples()
        .aio_execute()
    )
    return views + [_view(row, user) for row in others]


def _view(row: tuple[str, str, str, int | None, int, int, int | None], user: User) -> RoomView:
    name, topic, kind, role, posts, cleared_number, read_number = row
    if role is None:
        return RoomView(name, topic, kind, None, 0)
    seen = max(cleared_number, read_number or 0)
    return RoomView(name, topic, kind, Standing(Role(role), is_admin=user.is_admin).title, max(0, posts - seen))
