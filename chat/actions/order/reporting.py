"""Reporting messages to those who keep order, and answering reports. Both take the room's lock: of two
who answer the same report at once one acts, and the other is told who did."""

import contextlib
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.people.directory import users_by_ids
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from chat.actions.order.deleting import delete_lines
from chat.actions.order.moderation import change, check_reason, require
from chat.actions.order.removing import ban_in, time_out_in
from chat.actions.order.site_powers import ranking_as_site, require_site
from chat.costs import REPORTS
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.reports import (
    context_of,
    in_charge_of,
    open_report,
    reason_of,
    report_by_id,
    reporters_of,
    site_staff,
)
from chat.history.writing.transaction import RoomTransaction
from chat.models import CONVERSATIONS, Report, ReportLine, ReportReason
from chat.requests import new_nonce
from chat.roles import STRANGER, Permission
from helpers.errors import charge
from helpers.security_log import note

ANSWERS = ("dismiss", "delete", "timeout", "ban")
SITE_ANSWERS = (*ANSWERS, "suspend")
"""Of those who run the site. The account is suspended by who calls `answer`."""

DONE, DISMISSED = "done", "dismissed"
"""What reporters are told of."""


@dataclass(frozen=True)
class Answer:
    """What becomes of a report. `seconds` is how long a timeout or a ban lasts, None for good;
    `deletes`: the message goes as well."""

    name: str
    seconds: int | None = None
    deletes: bool = False


async def report(engine: Engine, room_id: int, person: Person, number: int, reason: str) -> bool:
    """Reports a post of another. Returns False where this person has an open report of it, which has
    the new reason then. Raises ActionError."""
    check_reason(reason)
    await charge(engine.limiter, REPORTS, person.id)
    is_new = True

    async def apply(room: RoomTransaction) -> Receipt:
        nonlocal is_new
        standing = await require(room, person, Permission.REPORT)
        line = await room.post(number, standing)
        if line.is_deleted:
            raise ActionError("deleted", "That message has been deleted.")
        if line.author_id == person.id:
            raise ActionError("refused", "This message is your own: you can delete it.")
        earlier = await reason_of(room.room_id, number, person.id)
        is_open = await open_report(room.room_id, number)
        if earlier is not None and (is_open is None or is_open.id != earlier.report_id):
            raise ActionError("answered", "You have reported this message, and it has been looked at.")
        is_new = earlier is None
        if earlier is None:
            await put_report(room, line, person.id, reason, is_open)
        elif reason:
            is_theirs = (ReportReason.report_id == earlier.report_id) & (ReportReason.user_id == person.id)
            await ReportReason.update(reason=reason).where(is_theirs).aio_execute()
        return Receipt("", room.last_seq)

    await change(engine, room_id, person, new_nonce(), apply)
    if is_new:
        engine.unread.note_standings({*await in_charge_of(room_id), *await site_staff()})
        note("report", "ok", who=person.name, whence="room", room=room_id)
    return is_new


async def put_report(
    room: RoomTransaction, line: Line, reporter_id: int, reason: str, found: Report | None
) -> None:
    """Stores that somebody reports the post, in its open report, or in a new one with the lines around
    the post as they are now. Nothing is refused after this."""
    number = line.number or 0
    if found is None:
        row = {"room_id": room.room_id, "number": number, "author_id": line.author_id, "at": room.at}
        [found] = await Report.insert(row).returning(Report).aio_execute()
        lines = await context_of(room.room_id, number, room.cleared_number)
        await ReportLine.insert_many([{**one, "report_id": found.id} for one in lines]).aio_execute()
    reporter: dict[str, Any] = {"report_id": found.id, "user_id": reporter_id, "room_id": room.room_id}
    reporter |= {"number": number, "reason": reason, "at": room.at}
    await ReportReason.insert(reporter).on_conflict_ignore().aio_execute()


async def answer(
    engine: Engine,
    room_id: int,
    person: Person,
    report_id: int,
    given: Answer,
    *,
    for_site: bool = False,
) -> Receipt:
    """Answers an open report: by an act of order, or by dismissing it. `for_site`: the person may act
    here without being a member. Raises ActionError, also where somebody has answered it."""
    told: set[int] = set()
    nonce = new_nonce()

    async def apply(room: RoomTransaction) -> Receipt:
        if for_site:
            await require_site(SiteActor(person.id), SitePermission.ANSWER_REPORT)
        with ranking_as_site(room, person) if for_site else contextlib.nullcontext():
            return await _answer(room, person, report_id, given, nonce, told, for_site=for_site)

    receipt = await change(engine, room_id, person, nonce, apply)
    told |= {*await in_charge_of(room_id), *await site_staff(), *await reporters_of(report_id)}
    engine.unread.note_standings(told)
    details: dict[str, str | int] = {"room": room_id, "report": report_id, "answer": given.name}
    note("report_answered", "ok", who=person.name, whence="room", **details)
    return receipt


async def _answer(
    room: RoomTransaction,
    person: Person,
    report_id: int,
    given: Answer,
    nonce: str,
    told: set[int],
    *,
    for_site: bool,
) -> Receipt:
    await require(room, person, Permission.ANSWER_REPORTS)
    found = await report_by_id(room.room_id, report_id)
    if found is None or found.author_id == person.id:
        raise ActionError("no_such_report", "There is no such report.")
    if found.answered_at is not None:
        if (found.answered_by, found.answer) == (person.id, given.name):
            return Receipt(nonce, room.last_seq, act=found.act)
        raise await _answered_already(found)
    receipt = await _act(room, person, found, given, nonce, told)
    answered = {"answered_at": room.at, "answered_by": person.id, "answer": given.name, "act": receipt.act}
    await Report.update(answered).where(Report.id == found.id).aio_execute()
    outcome = DISMISSED if given.name == "dismiss" else DONE
    is_of_it = (ReportReason.report_id == found.id) & (ReportReason.user_id > 0)
    await ReportReason.update(outcome=outcome).where(is_of_it).aio_execute()
    if for_site:
        after = {"report": found.id, "number": found.number, "answer": given.name, "act": receipt.act}
        who, here = SiteActor(person.id), room.room_id
        await record_site_act("report", who, target_id=found.author_id, room_id=here, after=after)
    return receipt


async def _answered_already(found: Report) -> ActionError:
    answered_by = found.answered_by or 0
    who = (await users_by_ids([answered_by])).get(answered_by)
    return ActionError("answered", "{name} has answered this already.", name=who.called if who else "?")


async def _act(
    room: RoomTransaction, person: Person, found: Report, given: Answer, nonce: str, told: set[int]
) -> Receipt:
    """Does what the answer says. What can be refused comes first."""
    receipt = Receipt(nonce, room.last_seq)
    if given.name == "dismiss":
        return receipt
    if given.name in ("timeout", "ban"):
        if room.kind in CONVERSATIONS:
            raise ActionError("refused", "Nobody is timed out or banned in a conversation.")
        user: User | None = (await users_by_ids([found.author_id])).get(found.author_id)
        if user is None or user.left_at is not None:
            raise ActionError("no_such_user", "There is no such account any more.")
        if given.name == "timeout":
            receipt = await time_out_in(room, person, user, given.seconds or 3600, "", nonce)
        else:
            receipt, guests = await ban_in(room, person, user, given.seconds, "", nonce)
            told.update(guests)
    if given.name == "delete" or given.deletes:
        line = await _post_or_none(room, found.number)
        if line is not None and not line.is_deleted:
            deleted = await delete_lines(room, person, [line], new_nonce())
            receipt = receipt if receipt.act else deleted
    return receipt


async def _post_or_none(room: RoomTransaction, number: int) -> Line | None:
    """None where it was cleared away since."""
    try:
        return await room.post(number, STRANGER)
    except ActionError:
        return None


async def saw_outcome(engine: Engine, user_id: int, report_id: int) -> None:
    """The reporter has read what became of their report. Again, or of another's, changes nothing."""
    is_theirs = (ReportReason.report_id == report_id) & (ReportReason.user_id == user_id)
    await ReportReason.update(outcome=None).where(is_theirs).aio_execute()
    engine.unread.note_standings([user_id])
