"""How a room is kept: slow, locked, archived, and who may do what in it."""

from dataclasses import fields, replace
from typing import Any

from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from chat.actions.order.moderation import because, change, check_reason, numbered, require
from chat.actions.order.site_powers import require_site
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.acts import record_act
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, DELETED_KIND
from chat.roles import NO_MODES, RIGHTS, ROLE_WORDS, WORD_OF, Modes, Permission, Role
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


async def archive(
    engine: Engine, room_id: int, person: Person, nonce: str, reason: str = "", by: SiteActor | None = None
) -> Receipt:
    """Makes the room read only, and takes it off the lists. `by` is given where somebody does it who
    runs the site, and needn't be a member."""
    return await _set(engine, room_id, person, "archive", nonce, reason, by, is_archived=True)


async def unarchive(
    engine: Engine, room_id: int, person: Person, nonce: str, reason: str = "", by: SiteActor | None = None
) -> Receipt:
    return await _set(engine, room_id, person, "unarchive", nonce, reason, by, is_archived=False)


async def set_right(
    engine: Engine, room_id: int, person: Person, right: str, who: str, nonce: str
) -> Receipt:
    """Chooses who may do what RIGHTS names: a word of ROLE_WORDS, or USUAL where that is a choice.
    Raises ActionError also for words that aren't these."""
    if right not in RIGHTS:
        raise ActionError("bad_usage", "What may be one of these: {names}.", names=", ".join(RIGHTS))
    is_usual = who == USUAL and right in HAVE_USUAL
    if who not in ROLE_WORDS and not is_usual:
        names = ", ".join([*ROLE_WORDS, *((USUAL,) if right in HAVE_USUAL else ())])
        raise ActionError("bad_usage", "Who may be one of these: {names}.", names=names)
    change: dict[str, Any] = {RIGHTS[right]: None if is_usual else ROLE_WORDS[who]}
    return await _set(engine, room_id, person, "rights", nonce, **change)


async def set_past(engine: Engine, room_id: int, person: Person, past: str, nonce: str) -> Receipt:
    """Chooses what those who come from now on read of the history: a word of PASTS."""
    if past not in PASTS:
        raise ActionError("bad_usage", "The history is one of these: {names}.", names=", ".join(PASTS))
    return await _set(engine, room_id, person, "history", nonce, hides_past=PASTS[past])


async def set_previews(engine: Engine, room_id: int, person: Person, on: str, nonce: str) -> Receipt:
    """Chooses whether links in this room are previewed from now on: a word of PREVIEWS."""
    if on not in PREVIEWS:
        raise ActionError("bad_usage", "Previews are one of these: {names}.", names=", ".join(PREVIEWS))
    return await _set(engine, room_id, person, "previews", nonce, hides_previews=PREVIEWS[on])


PREVIEWS = {"on": False, "off": True}

PASTS = {"all": False, "joining": True}
"""What newcomers read: all of the history, or what comes after they have joined."""

USUAL = "usual"
"""What holds where nobody has chosen, for rights where that isn't one role for all rooms."""

HAVE_USUAL = ("invite", "mention")


def who_may(modes: Modes, right: str) -> str:
    """The word for those who may do what RIGHTS names: of ROLE_WORDS, or USUAL."""
    least: Role | None = getattr(modes, RIGHTS[right])
    return USUAL if least is None else WORD_OF[least]


NEEDS = {
    "slow": Permission.SET_MODES,
    "lock": Permission.SET_MODES,
    "unlock": Permission.SET_MODES,
    "archive": Permission.ARCHIVE,
    "unarchive": Permission.ARCHIVE,
    "rights": Permission.SET_RIGHTS,
    "history": Permission.SET_RIGHTS,
    "previews": Permission.SET_MODES,
}
"""By act."""

ALREADY = {
    "slow": Text("The room is kept so already."),
    "lock": Text("The room is locked already."),
    "unlock": Text("The room isn’t locked."),
    "archive": Text("The room is archived already."),
    "unarchive": Text("The room isn’t archived."),
    "rights": Text("The room is kept so already."),
    "history": Text("The room is kept so already."),
    "previews": Text("The room is kept so already."),
}


async def _set(
    engine: Engine,
    room_id: int,
    person: Person,
    act: str,
    nonce: str,
    reason: str = "",
    by: SiteActor | None = None,
    **changes: Any,
) -> Receipt:
    check_reason(reason)

    async def apply(room: RoomTransaction) -> Receipt:
        if by is None:
            await require(room, person, NEEDS[act])
        else:
            await require_site(by, SitePermission.KEEP_ROOMS)
            if room.kind in (*CONVERSATIONS, DELETED_KIND):
                raise ActionError("refused", "This can’t be done to this room.")
        before = room.modes
        after = replace(before, **changes)
        if before.posting is Role.OWNER and after.posting is not before.posting:
            # Owners have chosen it: moderators neither lock such a room nor unlock it.
            await require(room, person, Permission.SET_RIGHTS)
        if after == before:
            already = ALREADY[act]
            raise ActionError("refused", already)
        receipt = put_modes(room, person, after, nonce, reason)
        number = await record_act(
            *(room, act, person), reason=reason, before=as_json(before), after=as_json(after)
        )
        if by is not None:
            await record_site_act(f"{act}_room", by, room_id=room_id, reason=reason)
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
    for right, field in RIGHTS.items():
        if getattr(after, field) != getattr(before, field) and not _is_lock(right, before, after):
            return room.record("rights", person, f"{right} {who_may(after, right)}", nonce)
    if after.posting != before.posting:
        if after.posting > Role.MEMBER:
            return room.record("locked", person, f"{person.name} locked the room{why}", nonce)
        return room.record("unlocked", person, f"{person.name} unlocked the room{why}", nonce)
    if after.hides_past != before.hides_past:
        return room.record("history", person, "joining" if after.hides_past else "all", nonce)
    if after.hides_previews != before.hides_previews:
        return room.record("previews", person, "off" if after.hides_previews else "on", nonce)
    if after.is_archived:
        return room.record("archived", person, f"{person.name} archived the room{why}", nonce)
    return room.record("unarchived", person, f"{person.name} took the room out of the archive{why}", nonce)


def _is_lock(right: str, before: Modes, after: Modes) -> bool:
    return right == "post" and Role.OWNER not in (before.posting, after.posting)


def as_json(modes: Modes) -> dict[str, Any]:
    return {field.name: getattr(modes, field.name) for field in fields(Modes)}


def from_json(value: dict[str, Any]) -> Modes:
    """Acts from before there was a right don't have it."""
    roles: dict[str, Any] = {
        name: Role(value[name]) if value.get(name) is not None else getattr(NO_MODES, name)
        for name in RIGHTS.values()
    }
    rest = {name: value[name] for name in ("slow_seconds", "is_archived")}
    hides = {name: value.get(name, False) for name in ("hides_past", "hides_previews")}
    return replace(NO_MODES, **roles, **rest, **hides)
