"""Removing people from a room, keeping them out, and letting them only read."""

from typing import Any

from accounts.models import User
from chat.actions.membership import find_heir, make_owner
from chat.actions.order.moderation import (
    because,
    change,
    change_role,
    check_reason,
    numbered,
    require,
    require_outranking,
)
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, in_the_way
from chat.events import Receipt
from chat.history.invitations import guests_of
from chat.history.writing.acts import record_act
from chat.history.writing.restrictions import ban as put_ban
from chat.history.writing.restrictions import banned_until, lift_ban, timeout_until
from chat.history.writing.restrictions import time_out as put_timeout
from chat.history.writing.transaction import RoomTransaction
from chat.models import FOR_GOOD, Member
from chat.requests import new_nonce
from chat.roles import STRANGER, Permission, Role
from helpers.security_log import note
from helpers.text.durations import show_duration
from helpers.text.translation import Text

KEPT = ("joined_at", "read_number", "times_back", "first_seq", "hidden_number")
"""Columns of a membership, besides the role, that come back by an undo."""

KICK_SECONDS = 600
"""For so long nobody comes back who was removed from a room."""


async def kick(engine: Engine, room_id: int, person: Person, user: User, reason: str, nonce: str) -> Receipt:
    """Ends a membership for at least KICK_SECONDS, or until a moderator invites the person. Their
    connections to the room close, in every process, when the event arrives there. Their own
    invitations to it end. An owner is succeeded as by `leave`."""
    check_reason(reason)
    target = Person(user.id, user.name)
    guests: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal guests
        await require_outranking(room, person, Permission.KILL, user)
        guests = await guests_of(target.id, room_id)
        until = room.at + KICK_SECONDS * 1000
        text = f"{person.name} removed {target.name} from the room{because(reason)}"
        # Who is banned for longer stays so.
        until = max(until, await banned_until(room, target.id))
        receipt, before = await _remove(room, person, target, until, "killed", text, nonce)
        act = await record_act(
            room,
            "kick",
            person,
            target=target,
            reason=reason,
            before=before,
            after={"banned_until": until},
            until=until,
        )
        return numbered(receipt, act)

    receipt = await change(engine, room_id, person, nonce, apply)
    engine.unread.note_standings(guests)
    note("kill", "ok", who=person.name, whence="room", room=room_id, target=target.name)
    return receipt


async def ban(
    engine: Engine,
    room_id: int,
    person: Person,
    user: User,
    seconds: int | None,
    reason: str,
    nonce: str,
) -> Receipt:
    """Ends a membership, if there is one, and keeps the person out for so many seconds, or for
    good."""
    check_reason(reason)
    guests: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal guests
        receipt, guests = await ban_in(room, person, user, seconds, reason, nonce)
        return receipt

    receipt = await change(engine, room_id, person, nonce, apply)
    engine.unread.note_standings(guests)
    note("ban", "ok", who=person.name, whence="room", room=room_id, target=user.name)
    return receipt


async def ban_in(
    room: RoomTransaction, person: Person, user: User, seconds: int | None, reason: str, nonce: str
) -> tuple[Receipt, list[int]]:
    """The same inside a transaction. Returns the ids of those whose invitations may have changed as
    well."""
    target = Person(user.id, user.name)
    standing = await require_outranking(room, person, Permission.BAN, user, outside=True)
    guests = [*await guests_of(target.id, room.room_id), target.id]
    until = FOR_GOOD if seconds is None else room.at + seconds * 1000
    if not standing.is_member and await banned_until(room, target.id) == until:
        raise ActionError("refused", "{name} is banned already.", name=user.called)
    how_long = "" if seconds is None else f" for {show_duration(seconds)}"
    text = f"{person.name} banned {target.name}{how_long}{because(reason)}"
    receipt, before = await _remove(room, person, target, until, "banned", text, nonce)
    act = await record_act(
        room,
        "ban",
        person,
        target=target,
        reason=reason,
        before=before,
        after={"banned_until": until},
        until=None if seconds is None else until,
    )
    return numbered(receipt, act), guests


async def unban(engine: Engine, room_id: int, person: Person, user: User, reason: str, nonce: str) -> Receipt:
    """Lets somebody come back who was removed or banned."""
    check_reason(reason)
    target = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.BAN)
        until = await banned_until(room, target.id)
        if not until:
            raise ActionError("refused", "{name} isn’t banned.", name=user.called)
        lift_ban(room, target.id)
        text = f"{person.name} lets {target.name} come back{because(reason)}"
        receipt = room.record("unbanned", person, text, nonce, target=target)
        act = await record_act(
            room,
            "unban",
            person,
            target=target,
            reason=reason,
            before={"banned_until": until},
            after={"banned_until": 0},
        )
        return numbered(receipt, act)

    receipt = await change(engine, room_id, person, nonce, apply)
    note("unban", "ok", who=person.name, whence="room", room=room_id, target=target.name)
    return receipt


async def time_out(
    engine: Engine, room_id: int, person: Person, user: User, seconds: int, reason: str, nonce: str
) -> Receipt:
    """Lets a member only read for so many seconds, also if they leave and come back."""
    check_reason(reason)

    async def apply(room: RoomTransaction) -> Receipt:
        return await time_out_in(room, person, user, seconds, reason, nonce)

    receipt = await change(engine, room_id, person, nonce, apply)
    note("timeout", "ok", who=person.name, whence="room", room=room_id, target=user.name)
    return receipt


async def time_out_in(
    room: RoomTransaction, person: Person, user: User, seconds: int, reason: str, nonce: str
) -> Receipt:
    """The same inside a transaction."""
    target = Person(user.id, user.name)
    await require_outranking(room, person, Permission.TIME_OUT, user)
    before, until = await timeout_until(room, target.id), room.at + seconds * 1000
    put_timeout(room, target.id, until)
    text = f"{person.name} timed {target.name} out for {show_duration(seconds)}{because(reason)}"
    receipt = room.record("timeout", person, text, nonce, target=target)
    act = await record_act(
        room,
        "timeout",
        person,
        target=target,
        reason=reason,
        until=until,
        before={"timeout_until": before},
        after={"timeout_until": until},
    )
    return numbered(receipt, act)


async def end_timeout(
    engine: Engine, room_id: int, person: Person, user: User, reason: str, nonce: str
) -> Receipt:
    """Lets a member write again before their timeout ends."""
    check_reason(reason)
    target = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        await require_outranking(room, person, Permission.TIME_OUT, user, outside=True)
        before = await timeout_until(room, target.id)
        if not before:
            raise ActionError("refused", "{name} has no timeout.", name=user.called)
        put_timeout(room, target.id, 0)
        text = f"{person.name} lets {target.name} write again{because(reason)}"
        receipt = room.record("untimeout", person, text, nonce, target=target)
        act = await record_act(
            room,
            "untimeout",
            person,
            target=target,
            reason=reason,
            before={"timeout_until": before},
            after={"timeout_until": 0},
        )
        return numbered(receipt, act)

    return await change(engine, room_id, person, nonce, apply)


async def _remove(
    room: RoomTransaction, person: Person, target: Person, until: int, kind: str, text: str, nonce: str
) -> tuple[Receipt, dict[str, Any]]:
    """Ends the target's membership, if there is one, and bans them until then. Returns the receipt
    of the line, and what was before."""
    heir = await find_heir(room, target.id)
    before = {
        "member": await _membership(room, target.id),
        "banned_until": await banned_until(room, target.id),
        "heir": {"id": heir[0].id, "role": heir[1].role} if heir else None,
    }
    room.end_membership(target.id)
    put_ban(room, target.id, until)
    receipt = room.record(kind, person, text, nonce, target=target)
    make_owner(room, heir, person)
    return receipt, before


async def _membership(room: RoomTransaction, user_id: int) -> dict[str, int] | None:
    is_theirs = (Member.room == room.room_id) & (Member.user == user_id)
    rows = await (
        Member.select(Member.role, *(getattr(Member, name) for name in KEPT))
        .where(is_theirs)
        .dicts()
        .aio_execute()
    )
    standing = await room.standing(user_id)
    # The role may have changed in this transaction.
    return {**rows[0], "role": standing.role} if rows and standing.role is not None else None


async def restore(
    room: RoomTransaction, person: Person, target: Person, before: dict[str, Any], nonce: str
) -> Receipt:
    """Undoes `_remove`: brings back the ban of before, and makes the person the member that they
    were. Raises ActionError."""
    member, heir = before["member"], before["heir"]
    if member is not None and (await room.standing(target.id)).is_member:
        raise in_the_way(Text("{name} is a member again.", name=target.name))
    heirs = await room.standing(heir["id"]) if heir else STRANGER
    if heir and heirs.role is not Role.OWNER:
        raise in_the_way(Text("The room has another owner now."))
    if member is not None:
        # Acts of former versions don't have all of them.
        kept = {name: member.get(name, 0) for name in KEPT}
        await room.add_member(target.id, Role(member["role"]), kept=kept)
    if before["banned_until"] > room.at:
        put_ban(room, target.id, before["banned_until"])
    else:
        lift_ban(room, target.id)
    if member is None:
        text = f"{person.name} lets {target.name} come back"
        return room.record("unbanned", person, text, nonce, target=target)
    text = f"{person.name} took {target.name} back into the room"
    receipt = room.record("readmitted", person, text, nonce, target=target)
    if heir:
        name = await User.select(User.name).where(User.id == heir["id"]).aio_scalar()
        change_role(room, person, Person(heir["id"], name), heirs, Role(heir["role"]), new_nonce())
    if member["role"] != Role.MEMBER:
        standing = await room.standing(target.id)
        change_role(room, person, target, standing, Role(member["role"]), new_nonce())
    return receipt
