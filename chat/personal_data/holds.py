"""Holds: while one stands, nothing of a person or of a room is erased, by whatever is due. What people
delete is hidden at once even so. Those who run the site place and release them.

Messages, what was reported and what a filter held stay where they are. Of all else the database puts
aside what is erased or overwritten (KeptRecord)."""

import time
from collections.abc import Awaitable, Callable
from typing import Literal

from peewee import Tuple
from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from chat.actions.order.site_powers import require_site
from chat.engine import Engine
from chat.errors import ActionError
from chat.history.writing.transaction import UNDO_SECONDS
from chat.models import Clearing, Hold, KeptRecord, Room, Sweep
from chat.models import Message as Row
from helpers.clock import iso, now_ms
from helpers.db.compiled import CompiledSelect
from helpers.text.characters import is_one_line

Kind = Literal["person", "room"]

MAX_REASON = 500

AT_ONCE = 50
"""Records, which may hold pictures, in one transaction."""


_SUBJECTS = CompiledSelect(lambda kind: Hold.select(Hold.subject_id).where(Hold.kind == kind))


async def held_rooms() -> set[int]:
    """The ids of the rooms that are held."""
    return await _held("room")


async def held_people() -> set[int]:
    return await _held("person")


async def _held(kind: Kind) -> set[int]:
    return {subject_id for (subject_id,) in await _SUBJECTS.rows(kind)}


async def holds() -> list[Hold]:
    """All that stand, the latest first."""
    found: list[Hold] = list(await Hold.select().order_by(Hold.at.desc(), Hold.subject_id).aio_execute())
    return found


async def hold_on(kind: Kind, subject_id: int) -> dict[str, str] | None:
    """The hold on a person or a room, for a page: its reason, and since when."""
    found = await Hold.aio_get_or_none(Hold.kind == kind, Hold.subject_id == subject_id)
    return {"reason": found.reason, "since": iso(found.at)} if found else None


async def hold(engine: Engine, by: SiteActor, subject: User | Room, reason: str) -> int:
    """Places a hold, which needs a reason. Returns the number of the act in the site's log. Raises
    ActionError."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > MAX_REASON or not is_one_line(reason):
        raise ActionError("bad_usage", "A hold has a reason: one line of text.")
    kind, name = _named(subject)
    async with engine.database.aio_atomic():
        await require_site(by, SitePermission.SET_SITE)
        row = {"kind": kind, "subject_id": subject.id, "name": name, "reason": reason, "at": now_ms()}
        if not await Hold.insert(row).on_conflict_ignore().returning(Hold.kind).aio_execute():
            raise ActionError("refused", "{name} is held already.", name=name)
        target_id, room_id = _about(subject)
        return await record_site_act("hold", by, target_id=target_id, room_id=room_id, reason=reason)


async def release(engine: Engine, by: SiteActor, subject: User | Room, reason: str = "") -> int:
    """Ends a hold. What is due by then is erased by and by; what was cleared away not before it could
    be undone no more, counted from now."""
    kind, name = _named(subject)
    async with engine.database.aio_atomic():
        await require_site(by, SitePermission.SET_SITE)
        is_theirs = (Hold.kind == kind) & (Hold.subject_id == subject.id)
        if not await Hold.delete().where(is_theirs).aio_execute():
            raise ActionError("refused", "{name} isn’t held.", name=name)
        if isinstance(subject, User):
            await _look_again(subject.id)
        target_id, room_id = _about(subject)
        return await record_site_act("unhold", by, target_id=target_id, room_id=room_id, reason=reason)


async def _look_again(user_id: int) -> None:
    """Has all rooms in which the person wrote looked through for what was kept of them alone."""
    wrote = Row.select(Row.room_id).where(Row.author_id == user_id).distinct()
    rooms = Room.select(Room.id, Room.kept_seq, Room.cleared_seq).where(Room.id.in_(wrote))
    for room_id, kept_seq, cleared_seq in await rooms.tuples().aio_execute():
        if kept_seq:
            row = {"room_id": room_id, "done_seq": 0}
            again = Sweep.insert(row).on_conflict(conflict_target=[Sweep.room_id], update={Sweep.done_seq: 0})
            await again.aio_execute()
        if cleared_seq > kept_seq:
            row = {"room_id": room_id, "before_seq": cleared_seq, "done_seq": 0}
            clearing = Clearing.insert(row, due_at=now_ms() + UNDO_SECONDS * 1000)
            await clearing.on_conflict_ignore().aio_execute()


async def erase_kept_records(database: AioDatabase, step_done: Callable[[float], Awaitable[bool]]) -> None:
    """Erases what was kept for holds that have ended."""
    after: tuple[str, int] = ("", 0)
    columns = (KeptRecord.hold_kind, KeptRecord.subject_id)
    while True:
        query = KeptRecord.select(*columns).where(Tuple(*columns) > after).order_by(*columns).limit(1)
        rows = list(await query.tuples().aio_execute())
        if not rows:
            return
        after = kind, subject_id = rows[0]
        if subject_id in await _held(kind):
            continue
        is_its = (KeptRecord.hold_kind == kind) & (KeptRecord.subject_id == subject_id)
        while True:
            began = time.monotonic()
            query = KeptRecord.select(KeptRecord.id).where(is_its).order_by(KeptRecord.id).limit(AT_ONCE)
            ids = [kept_id for (kept_id,) in await query.tuples().aio_execute()]
            if not ids:
                break
            async with database.aio_atomic():
                await KeptRecord.delete().where(KeptRecord.id.in_(ids)).aio_execute()
            if not await step_done(began):
                return


def _named(subject: User | Room) -> tuple[Kind, str]:
    return ("person", subject.name) if isinstance(subject, User) else ("room", subject.name)


def _about(subject: User | Room) -> tuple[int | None, int | None]:
    """The ids of the person and of the room, for the site's log."""
    return (subject.id, None) if isinstance(subject, User) else (None, subject.id)
