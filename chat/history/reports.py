"""Reads reports of messages: the queue of a room, who answers it, and what their reporters are to be
told. Nothing here writes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from peewee import SQL
from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.directory import users_by_ids
from chat.drafts import Person
from chat.history.reading import posts_by_number
from chat.models import FOR_GOOD, HeldPost, Member, Report, ReportLine, ReportReason
from helpers.db.bulk import Bulk
from helpers.db.database import fetch

PAGE = 50
MAX_REASONS = 50
"""Reporters of one message that are listed, the first ones. The others are counted."""

CONTEXT = 3
"""Lines kept on either side of a reported post."""

MAX_CONTEXT_TEXT = 1000
"""Characters kept of a line beside the reported post."""

FOR_SITE = """(
    (SELECT kind FROM rooms WHERE rooms.id = report.room_id) <> 'deleted' AND (
    (SELECT kind FROM rooms WHERE rooms.id = report.room_id) IN ('direct', 'group')
    OR (SELECT is_admin FROM users WHERE users.id = report.author_id)
    OR EXISTS (SELECT 1 FROM members AS author WHERE author.room_id = report.room_id
        AND author.user_id = report.author_id AND author.role >= 2)
    OR NOT EXISTS (SELECT 1 FROM members AS leader WHERE leader.room_id = report.room_id
        AND leader.role >= 2 AND leader.user_id <> report.author_id)))"""
"""SQL over a row `report`: whether those who run the site answer it as well. The report is from a
conversation, about somebody who keeps order in the room, or there is nobody else who does."""

HELD_FOR_SITE = """(
    (SELECT kind FROM rooms WHERE rooms.id = held.room_id) <> 'deleted'
    AND NOT EXISTS (SELECT 1 FROM members AS leader WHERE leader.room_id = held.room_id
        AND leader.role >= 2 AND leader.user_id <> held.author_id))"""
"""The same over a row `held` of the posts that wait: nobody keeps order in its room."""

BY_ITSELF = 0
"""The reporter's id where no person has reported, but a filter."""


@dataclass(frozen=True)
class SnapshotLine:
    """A post as it was when it, or one near it, was reported."""

    number: int
    author: Person
    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Reason:
    """`reporter` is None for a filter."""

    reporter: Person | None
    text: str
    at: int


@dataclass(frozen=True)
class FoundReport:
    """A report with the names of its people. `author` has written the post. `answered_by` is None
    while it is open. `act` is the number of the act that answered it, if there is one."""

    id: int
    room_id: int
    number: int
    author: Person
    at: int
    lines: list[SnapshotLine]
    reasons: list[Reason]
    reporters: int
    answered_at: int | None
    answered_by: Person | None
    answer: str | None
    act: int | None

    @property
    def post(self) -> SnapshotLine | None:
        """The reported post, until its text is erased."""
        return next((line for line in self.lines if line.number == self.number), None)


async def reports_in(
    room_id: int, user_id: int, *, answered: bool, before: int | None = None
) -> tuple[list[FoundReport], bool]:
    """A page of the room's queue, or of what was answered, the latest first; and whether there is
    more. Nobody sees those of their own messages."""
    query = Report.select().where(Report.room_id == room_id, Report.author_id != user_id)
    return await page_of(query, answered=answered, before=before)


async def page_of(query: Any, *, answered: bool, before: int | None) -> tuple[list[FoundReport], bool]:
    """A page of these reports, the latest first, and whether there is more."""
    query = query.where(Report.answered_at.is_null(not answered))
    if before is not None:
        query = query.where(Report.id < before)
    rows = list(await query.order_by(Report.id.desc()).limit(PAGE + 1).aio_execute())
    return await with_people(rows[:PAGE]), len(rows) > PAGE


async def with_people(reports: Collection[Report]) -> list[FoundReport]:
    """The reports with their lines, their reasons, and the names of all of them."""
    ids = [report.id for report in reports]
    if not ids:
        return []
    lines = list(
        await ReportLine.select()
        .where(ReportLine.report_id.in_(ids))
        .order_by(ReportLine.report_id, ReportLine.number)
        .aio_execute()
    )
    reasons = list(
        await ReportReason.select()
        .where(ReportReason.report_id.in_(ids))
        .order_by(ReportReason.report_id, ReportReason.at, ReportReason.user_id)
        .aio_execute()
    )
    people = {report.author_id for report in reports} | {line.author_id for line in lines}
    people |= {report.answered_by for report in reports if report.answered_by is not None}
    people |= {reason.user_id for reason in reasons}
    names = {user_id: user.name for user_id, user in (await users_by_ids(sorted(people))).items()}

    def person(user_id: int) -> Person:
        return Person(user_id, names.get(user_id, "?"))

    found = []
    for report in reports:
        theirs = [one for one in reasons if one.report_id == report.id]
        found.append(
            FoundReport(
                report.id,
                report.room_id,
                report.number,
                person(report.author_id),
                report.at,
                [
                    SnapshotLine(one.number, person(one.author_id), one.kind, one.text, one.at)
                    for one in lines
                    if one.report_id == report.id
                ],
                [
                    Reason(person(one.user_id) if one.user_id != BY_ITSELF else None, one.reason, one.at)
                    for one in theirs[:MAX_REASONS]
                ],
                len(theirs),
                report.answered_at,
                person(report.answered_by) if report.answered_by is not None else None,
                report.answer,
                report.act,
            )
        )
    return found


class SiteReports:
    """The queue of those who run the site, for one of them."""

    def __init__(self, database: AioDatabase) -> None:
        self._database = database
        self._ids = {
            answered: Bulk(
                database,
                f"""
                SELECT report.id FROM {{given}} JOIN reports AS report
                    ON report.answered_at IS {"NOT " if answered else ""}NULL
                WHERE report.author_id <> given.user_id AND report.id < given.before AND {FOR_SITE}
                ORDER BY report.id DESC LIMIT {PAGE + 1}""",  # noqa: S608 - words of our own
                given={"user_id": "bigint", "before": "bigint"},
            )
            for answered in (False, True)
        }

        self._held = Bulk(
            database,
            f"""
            SELECT held.id FROM {{given}} JOIN held_posts AS held ON held.answered_at IS NULL
            WHERE held.author_id <> given.user_id AND {HELD_FOR_SITE}
            ORDER BY held.id LIMIT {PAGE}""",  # noqa: S608 - words of our own
            given={"user_id": "bigint"},
        )

    async def held(self, user_id: int) -> list[HeldPost]:
        """The posts that wait where nobody keeps order, the first first."""
        statement = self._held.bind([(user_id,)])
        ids = [held_id for (held_id,) in await fetch(self._database, statement.sql, *statement.params)]
        query = HeldPost.select().where(HeldPost.id.in_(ids)).order_by(HeldPost.id)
        return list(await query.aio_execute()) if ids else []

    async def page(
        self, user_id: int, *, answered: bool, before: int | None = None
    ) -> tuple[list[FoundReport], bool]:
        """A page of it, or of what was answered, the latest first; and whether there is more."""
        statement = self._ids[answered].bind([(user_id, before or FOR_GOOD)])
        rows = await fetch(self._database, statement.sql, *statement.params)
        ids = [report_id for (report_id,) in rows[:PAGE]]
        query = Report.select().where(Report.id.in_(ids)).order_by(Report.id.desc())
        return await with_people(list(await query.aio_execute()) if ids else []), len(rows) > PAGE


async def site_staff() -> list[int]:
    """The ids of those who run the site."""
    # By two indexes, which hold few.
    return sorted({*await _users_where(User.is_admin), *await _users_where(User.site_role > 0)})


async def _users_where(condition: Any) -> list[int]:
    query = User.select(User.id).where(condition)
    return [user_id for (user_id,) in await query.tuples().aio_execute()]


async def report_by_id(room_id: int, report_id: int) -> Report | None:
    query = Report.select().where(Report.id == report_id, Report.room_id == room_id)
    return next(iter(await query.aio_execute()), None)


async def open_report(room_id: int, number: int) -> Report | None:
    """The open report of this post."""
    # The condition is that of the index reports_open; SQLite compares its words.
    query = Report.select().where(
        Report.room_id == room_id, Report.number == number, SQL("answered_at IS NULL")
    )
    return next(iter(await query.aio_execute()), None)


async def reason_of(room_id: int, number: int, user_id: int) -> ReportReason | None:
    """What this person has reported of this post last."""
    query = ReportReason.select().where(
        ReportReason.user_id == user_id, ReportReason.room_id == room_id, ReportReason.number == number
    )
    return next(iter(await query.order_by(ReportReason.report_id.desc()).limit(1).aio_execute()), None)


async def reporters_of(report_id: int) -> list[int]:
    query = ReportReason.select(ReportReason.user_id).where(
        ReportReason.report_id == report_id, ReportReason.user_id != BY_ITSELF
    )
    return [user_id for (user_id,) in await query.tuples().aio_execute()]


async def context_of(room_id: int, number: int, after: int) -> list[dict[str, Any]]:
    """The rows of ReportLine for a report of this post, as the posts are now. Those up to `after`
    are cleared away."""
    numbers = range(max(number - CONTEXT, after + 1), number + CONTEXT + 1)
    return [
        {
            "number": line.number,
            "room_id": room_id,
            "author_id": line.author_id,
            "kind": line.kind,
            "text": line.text if line.number == number else line.text[:MAX_CONTEXT_TEXT],
            "at": line.at,
        }
        for line in await posts_by_number(room_id, numbers)
        if not line.is_deleted
    ]


async def in_charge_of(room_id: int) -> list[int]:
    """The ids of those who answer the room's reports."""
    is_here = Member.room == room_id
    query = Member.select(Member.user).where(is_here, SQL("role >= 2"))
    found = {user_id for (user_id,) in await query.tuples().aio_execute()}
    administrators = await _users_where(User.is_admin)
    if administrators:
        query = Member.select(Member.user).where(is_here, Member.user.in_(administrators))
        found |= {user_id for (user_id,) in await query.tuples().aio_execute()}
    return sorted(found)


def names_in(reports: Iterable[FoundReport]) -> set[str]:
    """All whom these reports name."""
    found = {report.author.name for report in reports}
    for report in reports:
        found |= {line.author.name for line in report.lines}
        found |= {reason.reporter.name for reason in report.reasons if reason.reporter}
        found |= {report.answered_by.name} if report.answered_by else set()
    return found
