"""How a room is kept: slow, locked, archived."""

from dataclasses import replace
from typing import Any

from chat.actions.moderation import because, change, check_reason, numbered, require
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.acts import record_act
from chat.history.transaction import RoomTransaction
from chat.roles import Modes, Permission, Role
from helpers.text.durations import show_duration
from helpers.text.translation import Text

MAX_SLOW_SECONDS = 6 * 3600


async def slow(engine: Engine, room_id: int, person: Person, seconds: int, nonce: str) -> Receipt:
    """Has members wait for so many seconds between their posts; 0 ends it. Moderators don't wait."""
    if seconds > MAX_SLOW_SECONDS:
        raise ActionError("bad_usage", "At most {most}, please.", most=show_duration(MAX_SLOW_SECONDS))
    return await _set(engine, room_id, person, "slow", nonce, slow_seconds=seconds)


async def lock(engine: Engine, room_id: int, person: Person, nonce: str, reason: str = "") -> Receipt:
    """Only moderators write from now on."""
    return await _set(engine, room_id, person, "lock", nonce, reason, posting=Role.MODERATOR)


async def unlock(engine: Engine, room_id: int, person: Person, nonce: str) -> Receipt:
    return await _set(engine, room_id, person, "unlock", nonce, posting=Role.MEMBER)


async def archive(engine: Engine, room_id: int, person: Person, nonce: str, reason: str = "") -> Receipt:
    """Makes the room read only, and takes it off the lists."""
    return await _set(engine, room_id, person, "archive", nonce, reason, is_archived=True)


async def unarchive(engine: Engine, room_id: int, person: Person, nonce: str) -> Receipt:
    return await _set(engine, room_id, person, "unarchive", nonce, is_archived=False)


NEEDS = {
    "slow": Permission.SET_MODES,
    "lock": Permission.SET_MODES,
    "unlock": Permission.SET_MODES,
    "archive": Permission.ARCHIVE,
    "unarchive": Permission.ARCHIVE,
}
"""By act."""

ALREADY = {
    "slow": Text("The room is kept so already."),
    "lock": Text("The room is locked already."),
    "unlock": Text("The room isn’t locked."),
    "archive": Text("The room is archived already."),
    "unarchive": Text("The room isn’t archived."),
}


async def _set(
    engine: Engine, room_id: int, person: Person, act: str, nonce: str, reason: str = "", **changes: Any
) -> Receipt:
    check_reason(reason)

    async def apply(room: RoomTransaction) -> Receipt:
        await require(room, person, NEEDS[act])
        before = room.modes
        after = replace(before, **changes)
        if after == before:
            already = ALREADY[act]
            raise ActionError("refused", already)
        receipt = put_modes(room, person, after, nonce, reason)
        number = await record_act(
            *(room, act, person), reason=reason, before=as_json(before), after=as_json(after)
        )
        return numbered(receipt, number)

    return await change(engine, room_id, person, nonce, apply)


def put_modes(room: RoomTransaction, person: Person, after: Modes, nonce: str, reason: str = "") -> Receipt:
    """Changes what differs, of which there must be one, and records its line."""
    before = room.modes
    room.set_modes(after)
    why = because(reason)
    if after.slow_seconds != before.slow_seconds:
        text = show_duration(after.slow_seconds) if after.slow_seconds else "off"
        return room.record("slow", person, text, nonce)
    if after.posting != before.posting:
        if after.posting > Role.MEMBER:
            return room.record("locked", person, f"{person.name} locked the room{why}", nonce)
        return room.record("unlocked", person, f"{person.name} unlocked the room{why}", nonce)
    if after.is_archived:
        return room.record("archived", person, f"{person.name} archived the room{why}", nonce)
    return room.record("unarchived", person, f"{person.name} took the room out of the archive{why}", nonce)


def as_json(modes: Modes) -> dict[str, Any]:
    return {
        "posting": modes.posting,
        "slow_seconds": modes.slow_seconds,
        "is_archived": modes.is_archived,
    }


def from_json(value: dict[str, Any]) -> Modes:
    return Modes(Role(value["posting"]), value["slow_seconds"], value["is_archived"])
