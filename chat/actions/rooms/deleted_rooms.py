"""Deleting rooms, and restoring them for as long as that is possible. A deleted room is of another
kind and has no members, so that it is gone through every door; its names stay its own."""

from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from accounts.models import User
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission, site_may
from chat.actions.order.moderation import because, change, check_reason, numbered, require
from chat.actions.order.site_powers import called, require_site
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.invitations import guests_in
from chat.history.names import names_of
from chat.history.writing.acts import record_act
from chat.history.writing.transaction import UNDO_SECONDS, RoomTransaction
from chat.models import (
    CONVERSATIONS,
    DELETED_KIND,
    DeletedRoom,
    FormerMember,
    Invitation,
    Member,
    Room,
    RoomName,
)
from chat.requests import new_nonce
from chat.roles import Permission, Role
from helpers.security_log import note

RESTORE_SECONDS = UNDO_SECONDS
"""For so long a deleted room can be restored."""

MAX_LISTED = 50

_KEPT = ("user_id", "role", "read_number", "times_back", "joined_at", "first_seq", "hidden_number")
_OF_MEMBER = (Member.user, *(getattr(Member, name) for name in _KEPT[1:]))
_OF_FORMER = tuple(getattr(FormerMember, name) for name in _KEPT)


@dataclass(frozen=True)
class DeletedView:
    """A deleted room in a list. `deleted_by` is who deleted it, the times are in milliseconds since
    1970."""

    id: int
    name: str
    title: str
    kind: str
    deleted_by: str
    deleted_at: int
    due_at: int


async def delete_room(
    engine: Engine,
    room_id: int,
    person: Person,
    typed: str,
    reason: str,
    nonce: str,
    *,
    by: SiteActor | None = None,
) -> Receipt:
    """Deletes the room for everybody. `typed` is its name, as the person has typed it. `by` is given
    where somebody does it who runs the site, and needn't be a member."""
    check_reason(reason)
    guests: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal guests
        if by is not None:
            await require_site(by, SitePermission.KEEP_ROOMS)
            if room.kind in (*CONVERSATIONS, DELETED_KIND):
                raise ActionError("refused", "This room can’t be deleted.")
        else:
            await require(room, person, Permission.DELETE_ROOM)
        if typed.removeprefix("#").lower() != room.name.lower():
            raise ActionError(
                "bad_usage", "To delete the room for everybody, type its name: {name}", name=room.name
            )
        guests = await guests_in(room_id)
        text = f"{called(person)} deleted the room{because(reason)}"
        receipt = room.record("ended", person, text, nonce)
        act = await record_act(
            room, "delete_room", person, reason=reason, before={"kind": room.kind}, after={}
        )
        row = {"room_id": room_id, "kind": room.kind, "deleted_by": person.id, "deleted_at": room.at}
        row |= {"due_at": room.at + RESTORE_SECONDS * 1000, "act": act, "erasing": False}
        members = Member.select(Member.room, *_OF_MEMBER).where(Member.room == room_id)
        columns = [FormerMember.room_id, *_OF_FORMER]
        room.writes += [
            DeletedRoom.insert(row),
            FormerMember.insert_from(members, columns),
            Member.delete().where(Member.room == room_id),
            Invitation.delete().where(Invitation.room_id == room_id),
        ]
        room.set_kind(DELETED_KIND)
        if by is not None:
            await record_site_act("delete_room", by, room_id=room_id, reason=reason)
        return numbered(receipt, act)

    receipt = await change(engine, room_id, person, nonce, apply)
    await _names_changed(engine, room_id)
    engine.unread.note_standings(guests)
    note("delete_room", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def restore_room(
    engine: Engine,
    room_id: int,
    person: Person,
    nonce: str,
    reason: str = "",
    by: SiteActor | None = None,
) -> Receipt:
    """Brings a deleted room back, with its members and their roles. Who deleted it may, and those who
    run the site; `by` is given where it is done by the shell."""
    check_reason(reason)
    members: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal members
        found = await DeletedRoom.aio_get_or_none(DeletedRoom.room_id == room_id)
        if found is None or room.kind != DELETED_KIND:
            raise ActionError("refused", "This room isn’t deleted.")
        site = by or SiteActor(person.id)
        is_theirs = by is None and found.deleted_by == person.id
        if not is_theirs:
            await require_site(site, SitePermission.KEEP_ROOMS)
        if found.erasing or found.due_at <= room.at:
            days = RESTORE_SECONDS // 86400
            raise ActionError("too_late", "A deleted room can be restored for {days} days.", days=days)
        heir, members = await _remaining(room_id)
        is_here = FormerMember.room_id == room_id
        rows = FormerMember.select(FormerMember.room_id, *_OF_FORMER, SQL("FALSE"))
        exists = User.select(User.id).where(User.left_at.is_null())
        columns = [Member.room, *_OF_MEMBER, Member.present]
        room.set_kind(found.kind)
        text = f"{called(person)} restored the room{because(reason)}"
        receipt = room.record("restored", person, text, nonce)
        if heir is not None:
            room.writes.append(
                FormerMember.update(role=Role.OWNER).where(is_here, FormerMember.user_id == heir.id)
            )
            room.record("role", person, f"{heir.name} is the owner now", new_nonce(), target=heir)
        room.writes += [
            Member.insert_from(rows.where(is_here, FormerMember.user_id.in_(exists)), columns),
            FormerMember.delete().where(is_here),
            DeletedRoom.delete().where(DeletedRoom.room_id == room_id),
        ]
        act = await record_act(room, "restore_room", person, reason=reason, undoes=found.act)
        if not is_theirs:
            await record_site_act("restore_room", site, room_id=room_id, reason=reason)
        return numbered(receipt, act)

    receipt = await change(engine, room_id, person, nonce, apply)
    await _names_changed(engine, room_id)
    engine.unread.note_standings(members)
    note("restore_room", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def _names_changed(engine: Engine, room_id: int) -> None:
    """Texts that name the room are rendered otherwise from now on."""
    for name in await names_of(room_id):
        engine.directory.room_changed(name.lower())


async def _remaining(room_id: int) -> tuple[Person | None, list[int]]:
    """Who becomes the owner, where the owner's account was deleted meanwhile; and the ids of all who
    are members again."""
    query = (
        FormerMember.select(User.id, User.name, FormerMember.role)
        .join(User, on=(User.id == FormerMember.user_id))
        .where(FormerMember.room_id == room_id, User.left_at.is_null())
        .order_by(FormerMember.role.desc(), FormerMember.joined_at, User.id)
    )
    rows = list(await query.tuples().aio_execute())
    heir = Person(*rows[0][:2]) if rows and rows[0][2] != Role.OWNER else None
    return heir, [user_id for user_id, _, _ in rows]


async def deleted_room_named(name: str, user: User) -> Room | None:
    """The deleted room that has, or had, this name, for somebody who may restore it."""
    slug = name.lower()
    had = RoomName.select(RoomName.room).where(RoomName.slug == slug)
    query = Room.select().where(Room.kind == DELETED_KIND, (Room.slug == slug) | Room.id.in_(had))
    for room in await query.aio_execute():
        found = await DeletedRoom.aio_get_or_none(DeletedRoom.room_id == room.id)
        if found is not None and (found.deleted_by == user.id or site_may(user, SitePermission.KEEP_ROOMS)):
            return room  # type: ignore[no-any-return]
    return None


async def deleted_by(user_id: int, at: int) -> list[DeletedView]:
    """The rooms that somebody deleted and may restore, the last one first, at most MAX_LISTED."""
    order = DeletedRoom.deleted_at.desc()
    return await _listed(order, DeletedRoom.deleted_by == user_id, DeletedRoom.due_at > at)


async def all_deleted(at: int, before: int | None = None) -> list[DeletedView]:
    """All rooms that may be restored, for the site's administrators: MAX_LISTED that were deleted
    before this time."""
    earlier = (DeletedRoom.due_at < before + RESTORE_SECONDS * 1000,) if before is not None else ()
    return await _listed(DeletedRoom.due_at.desc(), DeletedRoom.due_at > at, *earlier)


async def _listed(order: Any, *where: Any) -> list[DeletedView]:
    """In the order of an index."""
    name = User.select(User.name).where(User.id == DeletedRoom.deleted_by)
    columns = (
        Room.id,
        Room.name,
        fn.COALESCE(Room.title, Room.name),
        DeletedRoom.kind,
        fn.COALESCE(name, "?"),
    )
    query = (
        DeletedRoom.select(*columns, DeletedRoom.deleted_at, DeletedRoom.due_at)
        .join(Room, on=(Room.id == DeletedRoom.room_id))
        .where(*where, ~DeletedRoom.erasing)
        .order_by(order)
        .limit(MAX_LISTED)
    )
    return [DeletedView(*row) for row in await query.tuples().aio_execute()]
