"""Undoing an act of order from what was before it, unless somebody has changed that since. Also what
is undone goes through the journal, and holds from its seq on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from accounts.models import User
from chat.actions.invitations import end_by_undo
from chat.actions.order.deleting import bring_back
from chat.actions.order.filter_rules import undo_in as undo_filters
from chat.actions.order.moderation import change, change_role, check_reason, cleared_up_to, numbered, require
from chat.actions.order.raids import undo_raid
from chat.actions.order.removing import restore
from chat.actions.rooms.modes import as_json, from_json, put_modes
from chat.actions.rooms.retention import put_retention, retention_now
from chat.actions.rooms.room_pictures import undo_picture
from chat.actions.rooms.rooms import put_kind, put_name, put_title, remove_title, tell_directory, title_now
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, in_the_way
from chat.events import Receipt
from chat.history.writing.acts import RecordedAct, act_numbered, record_act
from chat.history.writing.restrictions import ban, banned_until, time_out, timeout_until
from chat.history.writing.transaction import UNDO_SECONDS, RoomTransaction
from chat.models import Clearing, Member
from chat.requests import new_nonce
from chat.roles import STRANGER, Permission, Role, Standing
from helpers.security_log import note
from helpers.text.translation import Text

Undo = Callable[[RoomTransaction, Person, RecordedAct, str], Awaitable[Receipt]]
"""Called with the room, who undoes, the act and the nonce."""


@dataclass(frozen=True)
class Undoing:
    needs: Permission
    """What the act itself needs."""

    apply: Undo


async def undo(engine: Engine, room_id: int, person: Person, number: int, reason: str, nonce: str) -> Receipt:
    """Undoes the room's act with this number. The person needs the act's permission, and a role not
    below that of its author. Undone again by the same person it gives the same receipt."""
    check_reason(reason)
    touched: list[int] = []
    undone = ""

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal touched, undone
        standing = await require(room, person, Permission.UNDO)
        act = await act_numbered(room, number)
        if act is None:
            raise ActionError("no_such_act", "There is no act with this number here.")
        if act.undone_by is not None:
            again = await act_numbered(room, act.undone_by)
            if again is not None and again.author.id == person.id:
                return Receipt(nonce, again.seq, act=again.number)
            raise ActionError("refused", "This has been undone already.")
        undoing = UNDOING.get(act.act)
        if undoing is None:
            raise ActionError("refused", "What was undone isn’t undone again: please do it anew.")
        if room.at - act.at > UNDO_SECONDS * 1000:
            raise ActionError("too_late", "An act can be undone for {days} days.", days=UNDO_SECONDS // 86400)
        await require(room, person, undoing.needs)
        author = await room.standing(act.author.id)
        if (author.rank or 0) > (standing.rank or 0):
            raise ActionError("forbidden", "Who did this has a higher role than you.")
        receipt = await undoing.apply(room, person, act, nonce)
        undone = act.act
        touched = [act.target.id] if act.target else []
        done = await record_act(room, "undo", person, target=act.target, reason=reason, undoes=number)
        return numbered(receipt, done)

    receipt = await change(engine, room_id, person, nonce, apply)
    engine.unread.note_standings(touched)
    if undone in ("kind", "address"):
        await tell_directory(engine, room_id)
    if undone in ("add_filter", "remove_filter", "raid"):
        await engine.filters.changed()
    note("undo", "ok", who=person.name, whence="room", room=room_id, act=number)
    return receipt


async def _removal(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    target = act.on()
    until = await banned_until(room, target.id)
    expected = act.after["banned_until"]
    if until != (expected if expected > room.at else 0):
        raise in_the_way(Text("{name} has been banned or let in again since.", name=target.name))
    return await restore(room, person, target, act.before, nonce)


async def _unban(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    target, until = act.on(), act.before["banned_until"]
    if until <= room.at:
        raise in_the_way(Text("The ban would be over by now."))
    if await banned_until(room, target.id) or (await room.standing(target.id)).is_member:
        raise in_the_way(Text("{name} has been banned or let in again since.", name=target.name))
    ban(room, target.id, until)
    return room.record("banned", person, f"{person.name} banned {target.name}", nonce, target=target)


async def _timeout(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    target, before = act.on(), act.before["timeout_until"]
    expected = act.after["timeout_until"]
    if await timeout_until(room, target.id) != (expected if expected > room.at else 0):
        raise in_the_way(Text("The timeout of {name} has been changed since.", name=target.name))
    if before > room.at:
        time_out(room, target.id, before)
        text = f"{person.name} timed {target.name} out"
        return room.record("timeout", person, text, nonce, target=target)
    time_out(room, target.id, 0)
    text = f"{person.name} lets {target.name} write again"
    return room.record("untimeout", person, text, nonce, target=target)


async def _deletion(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    return await bring_back(room, person, act.after["numbers"], nonce)


async def _clearing(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if cleared_up_to(room) != act.after:
        raise in_the_way(Text("The history has been cleared again since."))
    # What was cleared away stays read.
    is_behind = (Member.room == room.room_id) & (Member.read_number < room.cleared_number)
    room.writes.append(Member.update(read_number=room.cleared_number).where(is_behind))
    is_this = (Clearing.room_id == room.room_id) & (Clearing.before_seq == room.cleared_seq)
    room.writes.append(Clearing.delete().where(is_this))
    # What is older than the room keeps its messages is gone.
    room.cleared_seq = max(act.before["cleared_seq"], room.kept_seq)
    room.cleared_number = max(act.before["cleared_number"], room.kept_number)
    return room.record("uncleared", person, f"{person.name} brought the history back", nonce)


async def _topic(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if room.topic != act.after["topic"]:
        raise in_the_way(Text("The topic has been changed since."))
    room.set_topic(act.before["topic"])
    return room.record("topic", person, act.before["topic"], nonce)


async def _title(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if await title_now(room) != act.after["title"]:
        raise in_the_way(Text("The title has been changed since."))
    before = act.before["title"]
    if before is None:
        return remove_title(room, person, nonce)
    return await put_title(room, person, before, nonce)


async def _address(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if room.name != act.after["name"]:
        raise in_the_way(Text("The address has been changed since."))
    return await put_name(room, person, act.before["name"], nonce)


async def _kind(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if room.kind != act.after["kind"]:
        raise in_the_way(Text("The room has been opened or closed since."))
    return await put_kind(room, person, act.before["kind"], nonce)


async def _modes(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    before, after = act.before, act.after
    changed = {name for name in before if before[name] != after[name]}
    now = as_json(room.modes)
    if any(now[name] != after[name] for name in changed):
        raise in_the_way(Text("The room is kept differently since."))
    return put_modes(room, person, from_json({**now, **{name: before[name] for name in changed}}), nonce)


async def _pinning(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    line = await room.post(act.after["numbers"][0], await room.standing(person.id))
    if line.is_deleted or bool(line.pinned) != (act.act == "pin"):
        raise in_the_way(Text("The message has been changed since."))
    room.amend(line, pinned=not line.pinned)
    return Receipt(nonce, room.last_seq)


async def _role(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    target = act.on()
    standing = await room.standing(target.id)
    if standing.role != act.after["role"]:
        raise in_the_way(Text("The role of {name} has been changed since.", name=target.name))
    former_id = act.before.get("owner")
    if act.act == "owner" and former_id is None:
        raise in_the_way(Text("Before this the room had no owner."))
    theirs = await room.standing(former_id) if former_id is not None else STRANGER
    if former_id is not None and not theirs.is_member:
        raise in_the_way(Text("Who was the owner isn’t a member any more."))
    receipt = change_role(room, person, target, standing, Role(act.before["role"]), nonce)
    if former_id is not None:
        name = await User.select(User.name).where(User.id == former_id).aio_scalar()
        change_role(room, person, Person(former_id, name), theirs, Role.OWNER, new_nonce())
    return receipt


async def _retention(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    if await retention_now(room) != act.after:
        raise in_the_way(Text("For how long messages are kept has been changed since."))
    return put_retention(room, person, act.before, nonce)


async def _invitation(room: RoomTransaction, person: Person, act: RecordedAct, nonce: str) -> Receipt:
    await end_by_undo(room, act.on())
    return Receipt(nonce, room.last_seq)


UNDOING: dict[str, Undoing] = {
    "kick": Undoing(Permission.KILL, _removal),
    "ban": Undoing(Permission.BAN, _removal),
    "unban": Undoing(Permission.BAN, _unban),
    "timeout": Undoing(Permission.TIME_OUT, _timeout),
    "untimeout": Undoing(Permission.TIME_OUT, _timeout),
    "delete": Undoing(Permission.DELETE, _deletion),
    "purge": Undoing(Permission.DELETE, _deletion),
    "clear": Undoing(Permission.CLEAR, _clearing),
    "topic": Undoing(Permission.SET_TOPIC, _topic),
    "picture": Undoing(Permission.SET_TITLE, undo_picture),
    "title": Undoing(Permission.SET_TITLE, _title),
    "address": Undoing(Permission.SET_NAME, _address),
    "slow": Undoing(Permission.SET_MODES, _modes),
    "lock": Undoing(Permission.SET_MODES, _modes),
    "unlock": Undoing(Permission.SET_MODES, _modes),
    "archive": Undoing(Permission.ARCHIVE, _modes),
    "unarchive": Undoing(Permission.ARCHIVE, _modes),
    "kind": Undoing(Permission.SET_RIGHTS, _kind),
    "rights": Undoing(Permission.SET_RIGHTS, _modes),
    "history": Undoing(Permission.SET_RIGHTS, _modes),
    "previews": Undoing(Permission.SET_MODES, _modes),
    "pin": Undoing(Permission.PIN, _pinning),
    "unpin": Undoing(Permission.PIN, _pinning),
    "role": Undoing(Permission.GRANT, _role),
    "owner": Undoing(Permission.HAND_OVER, _role),
    "retention": Undoing(Permission.SET_RETENTION, _retention),
    "invite": Undoing(Permission.KILL, _invitation),
    "add_filter": Undoing(Permission.SET_FILTERS, undo_filters),
    "remove_filter": Undoing(Permission.SET_FILTERS, undo_filters),
    "raid": Undoing(Permission.SET_FILTERS, undo_raid),
}
"""By act. An undo isn't undone: what it undid is done again."""


def can_undo(act: RecordedAct, standing: Standing, at: int) -> bool:
    """Whether somebody of this standing is offered to undo it. It may be refused even so."""
    undoing = UNDOING.get(act.act)
    if undoing is None or act.undone_by is not None or at - act.at > UNDO_SECONDS * 1000:
        return False
    return standing.may(Permission.UNDO) and standing.may(undoing.needs)
