"""Erases deleted rooms for good, once they can't be restored any more: all lines, all that hangs on
them, all that is kept of the room, and last the room itself, whose names are free then."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.erasing import delete_what_hangs_on
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import (
    DELETED_KIND,
    Act,
    Ban,
    Clearing,
    DeletedRoom,
    File,
    Filter,
    FormerMember,
    HeldPost,
    ImportOrigin,
    Invitation,
    InviteLinkRoom,
    LastPost,
    Member,
    PreviewJob,
    PreviewPicture,
    Report,
    ReportLine,
    ReportReason,
    Room,
    RoomName,
    RoomPicture,
    RoomRequest,
    Sweep,
    Timeout,
)
from chat.models import Message as Row
from chat.personal_data.holds import held_people, held_rooms
from chat.requests import new_nonce
from helpers.clock import now_ms

ROOMS_AT_ONCE = 20
LINES_AT_ONCE = 200
"""Lines in one transaction, with all that hangs on them. On SQLite others wait for it."""

ROWS_AT_ONCE = 500

RoomTable = tuple[Any, Any, Any]
"""A table, its column of the room, and the rest of its key."""

ROOM_TABLES: tuple[RoomTable, ...] = (
    (Act, Act.room_id, Act.number),
    (Ban, Ban.room_id, Ban.user_id),
    (Timeout, Timeout.room_id, Timeout.user_id),
    (LastPost, LastPost.room_id, LastPost.user_id),
    (Invitation, Invitation.room_id, Invitation.user_id),
    (RoomRequest, RoomRequest.room_id, RoomRequest.user_id),
    (InviteLinkRoom, InviteLinkRoom.room_id, InviteLinkRoom.link_id),
    (ReportLine, ReportLine.room_id, ReportLine.report_id),
    (ReportReason, ReportReason.room_id, ReportReason.report_id),
    (Report, Report.room_id, Report.id),
    (File, File.room_id, File.id),
    (Filter, Filter.room_id, Filter.id),
    (HeldPost, HeldPost.room_id, HeldPost.id),
    (ImportOrigin, ImportOrigin.room_id, ImportOrigin.origin),
    (Clearing, Clearing.room_id, Clearing.before_seq),
    (PreviewJob, PreviewJob.room_id, PreviewJob.id),
    (PreviewPicture, PreviewPicture.room_id, PreviewPicture.id),
    (RoomPicture, RoomPicture.room_id, RoomPicture.version),
    (Sweep, Sweep.room_id, Sweep.done_seq),
    (Member, Member.room, Member.user),
    (FormerMember, FormerMember.room_id, FormerMember.user_id),
)
"""What else the chat keeps of a room. A test looks for tables that are missing."""

NOBODY = Person(0, "?")

StepDone = Callable[[float], Awaitable[bool]]
"""Called after each transaction with the time when it began. False: another process goes on."""


async def erase_deleted_rooms(engine: Engine, step_done: StepDone, others: Sequence[RoomTable] = ()) -> None:
    """`others` are what other packages keep of rooms; it is erased before the memberships."""
    tables = (*others, *ROOM_TABLES)
    query = DeletedRoom.select(DeletedRoom.room_id, DeletedRoom.erasing)
    query = query.where(DeletedRoom.due_at <= now_ms()).order_by(DeletedRoom.due_at).limit(ROOMS_AT_ONCE)
    held = await held_rooms()
    for room_id, is_erasing in await query.tuples().aio_execute():
        if room_id in held or await _wrote_there(await held_people(), room_id):
            continue
        if not is_erasing and not await _begin(engine, room_id):
            continue
        is_left = True
        while is_left:
            began = time.monotonic()
            async with engine.database.aio_atomic():
                is_left = await _erase_some(room_id, tables)
            if not await step_done(began):
                return


async def _wrote_there(user_ids: set[int], room_id: int) -> bool:
    """Whether one of these people wrote a line in the room."""
    for user_id in user_ids:
        # In the order of the index over authors.
        lines = Row.select(Row.nonce).where(Row.author_id == user_id, Row.room_id == room_id)
        if await lines.order_by(Row.nonce).limit(1).tuples().aio_execute():
            return True
    return False


async def _begin(engine: Engine, room_id: int) -> bool:
    """Decides that the room can't be restored any more: under its lock, by the database's clock."""
    began = False

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal began
        found = await DeletedRoom.aio_get_or_none(DeletedRoom.room_id == room_id)
        began = found is not None and room.kind == DELETED_KIND and found.due_at <= room.at
        if began:
            change = DeletedRoom.update(erasing=True).where(DeletedRoom.room_id == room_id)
            room.amendments.append(change)
        return Receipt("", room.last_seq)

    try:
        await engine.journal.change(Change(room_id, NOBODY, new_nonce(), apply))
    except ActionError as error:
        if error.code != "not_a_member":
            raise
        # There is no such room any more.
        await DeletedRoom.delete().where(DeletedRoom.room_id == room_id).aio_execute()
        return False
    return began


async def _erase_some(room_id: int, tables: Sequence[RoomTable]) -> bool:
    """Erases the next part of the room. Returns whether there may be more."""
    query = Row.select(Row.seq, Row.number, Row.mentions).where(Row.room_id == room_id)
    lines = list(await query.order_by(Row.seq).limit(LINES_AT_ONCE).tuples().aio_execute())
    if lines:
        await delete_what_hangs_on(room_id, lines)
        seqs = [seq for seq, _, _ in lines]
        await Row.delete().where(Row.room_id == room_id, Row.seq.in_(seqs)).aio_execute()
        return True
    for table, room, key in tables:
        keys = table.select(key).where(room == room_id).order_by(key).limit(ROWS_AT_ONCE).tuples()
        found = [value for (value,) in await keys.aio_execute()]
        if found:
            await table.delete().where(room == room_id, key.in_(found)).aio_execute()
            return True
    await RoomName.delete().where(RoomName.room == room_id).aio_execute()
    await DeletedRoom.delete().where(DeletedRoom.room_id == room_id).aio_execute()
    await Room.delete().where(Room.id == room_id).aio_execute()
    return False
