"""Who may do what to whom, checked inside the transaction of an act; topics, roles, and clearing the
history."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from accounts.models import User
from chat.actions.membership import topic_problem
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, barred, blocked
from chat.events import Receipt
from chat.history.writing.acts import record_act
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.requests import new_nonce
from chat.roles import Permission, Role, Standing
from helpers.security_log import note

MAX_REASON = 200


async def change(
    engine: Engine,
    room_id: int,
    person: Person,
    nonce: str,
    apply: Callable[[RoomTransaction], Awaitable[Receipt]],
) -> Receipt:
    return await engine.journal.change(Change(room_id, person, nonce, apply))


async def require(room: RoomTransaction, person: Person, permission: Permission) -> Standing:
    """The person's standing. Raises ActionError where it lacks the permission, or something stands
    in its way now."""
    standing = await room.standing(person.id)
    if not standing.is_member:
        raise ActionError("not_a_member", "You are not a member of this room.")
    if not standing.may(permission):
        raise blocked() if standing.is_blocked else ActionError("forbidden", "You may not do this here.")
    if bar := standing.bar(permission, room.at):
        raise barred(bar, standing.timeout_until - room.at)
    return standing


async def require_outranking(
    room: RoomTransaction, person: Person, permission: Permission, target: User, *, outside: bool = False
) -> Standing:
    """The target's standing. Raises ActionError where `person` lacks the permission or doesn't
    outrank the target, and where the target is no member, unless they may be `outside`."""
    own = await require(room, person, permission)
    standing = await room.standing(target.id)
    if not standing.is_member and not outside:
        raise ActionError("no_such_user", "{name} is not a member of this room.", name=target.called)
    is_ours = standing.is_member or not target.is_admin or own.rank is Role.ADMIN
    if not own.outranks(standing) or not is_ours or target.id == person.id:
        raise ActionError(
            "forbidden",
            "You may not do this to {name}: nobody acts on an equal or higher role.",
            name=target.called,
        )
    return standing


def check_reason(reason: str) -> str:
    if len(reason) > MAX_REASON:
        raise ActionError("bad_usage", "A reason holds at most {most} characters.", most=MAX_REASON)
    return reason


def because(reason: str) -> str:
    """The end of a service line that tells the reason."""
    return f": {reason}" if reason else ""


def numbered(receipt: Receipt, act: int) -> Receipt:
    """The receipt with the number of the act, by which it can be undone."""
    return msgspec.structs.replace(receipt, act=act)


def cleared_up_to(room: RoomTransaction) -> dict[str, int]:
    """How far the history is hidden, as an act keeps it."""
    return {"cleared_seq": room.cleared_seq, "cleared_number": room.cleared_number}


async def clear(engine: Engine, room_id: int, person: Person, reason: str, nonce: str) -> Receipt:
    """Hides the history for everybody. After UNDO_SECONDS the hidden lines lose their texts; their
    nonces stay used."""
    check_reason(reason)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.CLEAR)
        before = cleared_up_to(room)
        room.clear()
        text = f"{person.name} cleared the history{because(reason)}"
        receipt = room.record("cleared", person, text, nonce)
        after = cleared_up_to(room)
        return numbered(
            receipt, await record_act(room, "clear", person, reason=reason, before=before, after=after)
        )

    receipt = await change(engine, room_id, person, nonce, apply)
    note("clear", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def set_topic(engine: Engine, room_id: int, person: Person, topic: str, nonce: str) -> Receipt:
    problem = topic_problem(topic)
    if problem:
        raise ActionError("bad_usage", problem)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_TOPIC)
        before = room.topic
        room.set_topic(topic)
        receipt = room.record("topic", person, topic, nonce)
        act = await record_act(room, "topic", person, before={"topic": before}, after={"topic": topic})
        return numbered(receipt, act)

    return await change(engine, room_id, person, nonce, apply)


async def grant(engine: Engine, room_id: int, person: Person, user: User, role: Role, nonce: str) -> Receipt:
    """Makes a member a moderator, or a moderator a member."""

    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require_outranking(room, person, Permission.GRANT, user)
        if standing.role == role:
            if role == Role.MODERATOR:
                raise ActionError("refused", "{name} is a moderator already.", name=user.called)
            raise ActionError("refused", "{name} is a member already.", name=user.called)
        target = Person(user.id, user.name)
        receipt = change_role(room, person, target, standing, role, nonce)
        before, after = {"role": standing.role}, {"role": role}
        return numbered(
            receipt, await record_act(room, "role", person, target=target, before=before, after=after)
        )

    receipt = await change(engine, room_id, person, nonce, apply)
    note("role", "ok", who=person.name, whence="room", room=room_id, target=user.name, role=role.name.lower())
    return receipt


async def hand_over(engine: Engine, room_id: int, person: Person, user: User, nonce: str) -> Receipt:
    """Makes another member the owner. Who was it becomes a moderator."""
    target = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        own = await require(room, person, Permission.HAND_OVER)
        standing = await room.standing(target.id)
        if not standing.is_member:
            raise ActionError("no_such_user", "{name} is not a member of this room.", name=user.called)
        if standing.role == Role.OWNER:
            raise ActionError("refused", "{name} is the owner already.", name=user.called)
        former = await room.owner()
        receipt = change_role(room, person, target, standing, Role.OWNER, nonce)
        before = {"role": standing.role, "owner": former.id if former else None}
        if former is not None:
            theirs = own if former.id == person.id else await room.standing(former.id)
            change_role(room, person, former, theirs, Role.MODERATOR, new_nonce())
        act = await record_act(
            room, "owner", person, target=target, before=before, after={"role": Role.OWNER}
        )
        return numbered(receipt, act)

    receipt = await change(engine, room_id, person, nonce, apply)
    note("role", "ok", who=person.name, whence="room", room=room_id, target=target.name, role="owner")
    return receipt


def change_role(
    room: RoomTransaction, person: Person, target: Person, standing: Standing, role: Role, nonce: str
) -> Receipt:
    """Changes a member's role, of this standing until now, and records a line of it."""
    room.change_member(target.id, replace(standing, role=role))
    text = (
        f"{target.name} is the owner now"
        if role is Role.OWNER
        else f"{person.name} made {target.name} a {role.name.lower()}"
    )
    return room.record("role", person, text, nonce, target=target)
