"""Moderation: topics, roles, removing members, clearing the history. Each action checks the
permission inside its transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from accounts.models import User
from chat.actions.membership import find_heir, make_owner, topic_problem
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, blocked
from chat.events import Receipt
from chat.history.invitations import guests_of
from chat.history.journal import Change
from chat.history.transaction import RoomTransaction
from chat.roles import Permission, Role, Standing
from helpers.security_log import note

MAX_REASON = 200

KICK_SECONDS = 600
"""For so long nobody comes back who was removed from a room."""


async def _change(
    engine: Engine,
    room_id: int,
    person: Person,
    nonce: str,
    apply: Callable[[RoomTransaction], Awaitable[Receipt]],
) -> Receipt:
    return await engine.journal.change(Change(room_id, person, nonce, apply))


async def require(room: RoomTransaction, person: Person, permission: Permission) -> Standing:
    """The person's standing. Raises ActionError where it lacks the permission."""
    standing = await room.standing(person.id)
    if not standing.is_member:
        raise ActionError("not_a_member", "You are not a member of this room.")
    if not standing.may(permission):
        raise blocked() if standing.is_blocked else ActionError("forbidden", "You may not do this here.")
    return standing


async def _require_outranking(
    room: RoomTransaction, person: Person, permission: Permission, target: User
) -> Standing:
    """The target's standing. Raises ActionError where `person` lacks the permission or doesn't
    outrank the target."""
    own = await require(room, person, permission)
    standing = await room.standing(target.id)
    if not standing.is_member:
        raise ActionError("no_such_user", "{name} is not a member of this room.", name=target.called)
    if not own.outranks(standing):
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


async def kill(engine: Engine, room_id: int, person: Person, user: User, reason: str, nonce: str) -> Receipt:
    """Ends a membership for at least KICK_SECONDS, or until a moderator invites the person. Their
    connections to the room close, in every process, when the event arrives there. Their own
    invitations to it end. An owner is succeeded as by `leave`."""
    target = Person(user.id, user.name)
    check_reason(reason)
    guests: list[int] = []

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal guests
        await _require_outranking(room, person, Permission.KILL, user)
        heir = await find_heir(room, target.id)
        guests = await guests_of(target.id, room_id)
        room.kick(target.id, room.at + KICK_SECONDS * 1000)
        text = f"{person.name} removed {target.name} from the room" + (f": {reason}" if reason else "")
        receipt = room.record("killed", person, text, nonce, target=target)
        make_owner(room, heir, person)
        return receipt

    receipt = await _change(engine, room_id, person, nonce, apply)
    engine.unread.note_standings(guests)
    note("kill", "ok", who=person.name, whence="room", room=room_id, target=target.name)
    return receipt


async def clear(engine: Engine, room_id: int, person: Person, nonce: str) -> Receipt:
    """Hides the history for everybody. A day later the hidden lines lose their texts; their nonces
    stay used."""

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.CLEAR)
        room.clear()
        return room.record("cleared", person, f"{person.name} cleared the history", nonce)

    receipt = await _change(engine, room_id, person, nonce, apply)
    note("clear", "ok", who=person.name, whence="room", room=room_id)
    return receipt


async def set_topic(engine: Engine, room_id: int, person: Person, topic: str, nonce: str) -> Receipt:
    problem = topic_problem(topic)
    if problem:
        raise ActionError("bad_usage", problem)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, Permission.SET_TOPIC)
        room.set_topic(topic)
        return room.record("topic", person, topic, nonce)

    return await _change(engine, room_id, person, nonce, apply)


async def grant(engine: Engine, room_id: int, person: Person, user: User, role: Role, nonce: str) -> Receipt:
    """Makes a member a moderator, or a moderator a member."""
    target = Person(user.id, user.name)

    async def apply(room: RoomTransaction) -> Receipt:
        standing = await _require_outranking(room, person, Permission.GRANT, user)
        if standing.role == role:
            if role == Role.MODERATOR:
                raise ActionError("refused", "{name} is a moderator already.", name=user.called)
            raise ActionError("refused", "{name} is a member already.", name=user.called)
        room.change_member(target.id, replace(standing, role=role))
        return room.record(
            "role", person, f"{person.name} made {target.name} a {role.name.lower()}", nonce, target=target
        )

    receipt = await _change(engine, room_id, person, nonce, apply)
    note(
        "role", "ok", who=person.name, whence="room", room=room_id, target=target.name, role=role.name.lower()
    )
    return receipt
