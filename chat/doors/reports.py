"""Reports of messages: reporting one, the queue of a room with its answers, and what became of one's own.
Pages without scripts, and JSON."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.people.directory import users_by_ids
from accounts.people.shown_names import load_names
from chat.actions.order.act_words import label
from chat.actions.order.held_posts import answer_held, held_in, reject_all, withdraw
from chat.actions.order.reporting import ANSWERS, Answer, answer, report, saw_outcome
from chat.doors.rooms.pages import room_access
from chat.drafts import Person
from chat.errors import ActionError
from chat.history.access import RoomAccess
from chat.history.reports import FoundReport, names_in, reports_in
from chat.history.writing.files import names_of, refs_of_held
from chat.keys import ENGINE, take_token
from chat.models import HeldPost
from chat.roles import Permission
from helpers.clock import iso
from helpers.text.durations import parse_duration
from helpers.text.translation import current
from helpers.web.flash import flash, said_on
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json

MAX_DIGITS = 15
WRONG = ("bad_request", "bad_usage", "no_such_report")
"""Refusals of what no page asks for."""


class ReportPost(web.View):
    """Reports the post in the path."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        found = await room_access(request)
        form = await read_form(request)
        number, reason = int(request.match_info["number"]), form.get("reason", "").strip()
        is_new = await report(request.app[ENGINE], found.room.id, Person(user.id, user.name), number, reason)
        text = reported_text(is_new=is_new, is_conversation=found.room.is_conversation)
        if wants_json(request):
            return web.json_response({"number": number, "new": is_new, "text": text})
        await flash(request, text)
        raise web.HTTPSeeOther(f"/rooms/{found.room.name}/{number}")


def reported_text(*, is_new: bool, is_conversation: bool) -> str:
    """What who has reported a message is told, in their language."""
    t = current().t
    if not is_new:
        return t("You have reported this message already. It has your new reason now.")
    if is_conversation:
        return t("Reported. Those who keep order on this site will look at it.")
    return t("Reported. The moderators of this room will look at it.")


class RoomReports(web.View):
    """The queue of a room: its open reports, or with `answered=1` those that were answered, the latest
    first. A form answers one."""

    async def get(self) -> web.Response:
        request, found = self.request, await self._access()
        before, answered = before_in(request), request.query.get("answered") == "1"
        reports, more = await reports_in(found.room.id, request[USER].id, answered=answered, before=before)
        held = await as_listed(await held_in(found.room.id)) if not answered and before is None else []
        if wants_json(request):
            body = {"reports": [as_json(one) for one in reports], "more": more, "held": held}
            return web.json_response(body)
        await load_names(names_in(reports) | {one["author"] for one in held})
        context = {
            "room": found.room,
            "held": held,
            "may": found.standing.permissions,
            "reports": [as_shown(one) for one in reports],
            "answered": answered,
            "before": reports[-1].id if more else None,
        }
        return await render_page("chat/settings/reports.html", request, context)

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        found = await self._access()
        form = await read_form(request)
        person = Person(user.id, user.name)
        here = f"/rooms/{found.room.name}/reports"
        async with said_on(request, here, but=WRONG):
            if "held" in form:
                return await self._answer_held(found, person, form)
            report_id, given = read_answer(form)
            receipt = await answer(request.app[ENGINE], found.room.id, person, report_id, given)
        if wants_json(request):
            return web.json_response({"answer": given.name, "act": receipt.act})
        await flash(request, answered_text(receipt.act))
        raise web.HTTPSeeOther(here)

    async def _answer_held(self, found: RoomAccess, person: Person, form: Any) -> web.Response:
        """Lets a post through that was held, or doesn't."""
        engine = self.request.app[ENGINE]
        if form["held"] == "all" and form.get("answer") == "reject":
            count = await reject_all(engine, found.room.id, person)
            if wants_json(self.request):
                return web.json_response({"answer": "reject", "count": count})
            await flash(self.request, answered_text(None))
            raise web.HTTPSeeOther(f"/rooms/{found.room.name}/reports")
        held, approves = read_held(form)
        receipt = await answer_held(engine, found.room.id, person, held, approves=approves)
        if wants_json(self.request):
            return web.json_response({"answer": form["answer"], "number": receipt.number})
        await flash(self.request, answered_text(None))
        raise web.HTTPSeeOther(f"/rooms/{found.room.name}/reports")

    async def _access(self) -> RoomAccess:
        found = await room_access(self.request)
        if not found.standing.may(Permission.ANSWER_REPORTS):
            raise ActionError("forbidden", "Reports are for the moderators of the room.")
        return found


class SeenOutcome(web.View):
    """One has read what became of one's report."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        await saw_outcome(request.app[ENGINE], user.id, int(request.match_info["report"]))
        if wants_json(request):
            return web.Response(status=204)
        raise web.HTTPSeeOther("/rooms")


class Withdraw(web.View):
    """The author takes back what waits, or has read that it wasn't let through."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        await withdraw(request.app[ENGINE], user, int(request.match_info["held"]))
        if wants_json(request):
            return web.Response(status=204)
        raise web.HTTPSeeOther(safe_next((await read_form(request)).get("next", ""), "/rooms"))


async def as_listed(found: list[HeldPost]) -> list[dict[str, Any]]:
    """The posts that wait for a moderator. `why` is the rule that held them, empty for a new account,
    `files` the names of their files."""
    names = await users_by_ids(sorted({one.author_id for one in found}))
    return [
        {
            "held": one.id,
            "author": names[one.author_id].name,
            "text": one.text,
            "files": await names_of(refs_of_held(one.files)) if one.files else [],
            "why": one.why,
            "at": iso(one.at),
        }
        for one in found
    ]


def answered_text(act: int | None) -> str:
    """What who has answered a report is told, in their language."""
    if act is None:
        return current().t("Answered.")
    return current().t("Answered by {act}. The log can undo it.", act=label(act))


def read_answer(form: Any, words: Sequence[str] = ANSWERS) -> tuple[int, Answer]:
    """The report and its answer in a form: `answer` is one of these words, `timeout` and what may last
    for good with a duration behind it. Raises ActionError."""
    number = form.get("report", "")
    if not is_number(number):
        raise ActionError("bad_request", "`report` is the number of a report.")
    name, _, duration = form.get("answer", "").partition(" ")
    if name not in words:
        raise ActionError("bad_request", "`answer` is one of these: {names}.", names=", ".join(words))
    seconds = parse_duration(duration) if duration else None
    is_right = (
        seconds is not None and name in ("timeout", "ban", "suspend") if duration else name != "timeout"
    )
    if not is_right:
        raise ActionError("bad_usage", "A duration is written like 10m, 2h, 3d or 1w.")
    return int(number), Answer(name, seconds, form.get("delete", "") == "1")


def read_held(form: Any) -> tuple[int, bool]:
    """The held post in a form, and whether it is let through. Raises ActionError."""
    held, given = form.get("held", ""), form.get("answer", "")
    if not is_number(held) or given not in ("approve", "reject"):
        raise ActionError("bad_request", "`held` is the number of a message, `answer` approve or reject.")
    return int(held), given == "approve"


def before_in(request: web.Request) -> int | None:
    """The report before which a page begins, or None for the first page. Raises ActionError."""
    text = request.query.get("before")
    if text is None:
        return None
    if not is_number(text):
        raise ActionError("bad_request", "`before` is the number of a report.")
    return int(text)


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0


def as_json(report: FoundReport) -> dict[str, Any]:
    """The report for programs. `reporter` is null for a filter."""
    return {
        "report": report.id,
        "number": report.number,
        "author": report.author.name,
        "at": iso(report.at),
        "lines": [
            {
                "number": line.number,
                "author": line.author.name,
                "kind": line.kind,
                "text": line.text,
                "at": iso(line.at),
            }
            for line in report.lines
        ],
        "reasons": [
            {
                "reporter": reason.reporter.name if reason.reporter else None,
                "reason": reason.text,
                "at": iso(reason.at),
            }
            for reason in report.reasons
        ],
        "reporters": report.reporters,
        "answered_at": iso(report.answered_at) if report.answered_at is not None else None,
        "answered_by": report.answered_by.name if report.answered_by else None,
        "answer": report.answer,
        "act": report.act,
    }


def as_shown(report: FoundReport) -> dict[str, Any]:
    """The report for a page."""
    return {**as_json(report), "act_label": label(report.act) if report.act is not None else None}
