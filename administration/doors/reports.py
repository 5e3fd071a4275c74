"""The reports that those who run the site answer: of conversations, about those who keep order in a
room, and of rooms where nobody does. Of what is closed nothing is shown but what was kept of it."""

from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.people.shown_names import load_names
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from administration.doors.frame import SitePage, render
from administration.doors.person import close_sessions
from administration.people_acts import suspend
from chat.actions.order.held_posts import answer_held
from chat.actions.order.reporting import SITE_ANSWERS, answer
from chat.doors.reports import (
    WRONG,
    answered_text,
    as_json,
    as_listed,
    as_shown,
    before_in,
    read_answer,
    read_held,
)
from chat.drafts import Person
from chat.history.reports import SiteReports, names_in
from chat.keys import ENGINE
from chat.models import HeldPost, Report, Room
from helpers.errors import ActionError
from helpers.keys import DATABASE
from helpers.web.flash import flash, said_on
from helpers.web.requests.forms import read_form
from helpers.web.routing import wants_json

HERE = "/admin/reports"


class SiteQueue(SitePage):
    """The open reports, or with `answered=1` those that were answered, the latest first. A form answers
    one."""

    sees = SitePermission.SEE_REPORTS

    async def get(self) -> web.Response:
        request = self.request
        before, answered = before_in(request), request.query.get("answered") == "1"
        queue = SiteReports(request.app[DATABASE])
        reports, more = await queue.page(request[USER].id, answered=answered, before=before)
        waiting = await queue.held(request[USER].id) if not answered and before is None else []
        rooms = await _rooms({one.room_id for one in reports} | {one.room_id for one in waiting})
        held = [
            {**shown, "room": rooms[one.room_id]}
            for one, shown in zip(waiting, await as_listed(waiting), strict=True)
        ]
        if wants_json(request):
            found = [{**as_json(one), "room": _named(rooms[one.room_id])} for one in reports]
            listed = [{**one, "room": _named(one["room"])} for one in held]
            return web.json_response({"reports": found, "more": more, "held": listed})
        await load_names(names_in(reports) | {one["author"] for one in held})
        context = {
            "held": held,
            "reports": [{**as_shown(one), "room": rooms[one.room_id]} for one in reports],
            "answered": answered,
            "before": reports[-1].id if more else None,
            "may_suspend": site_may(request[USER], SitePermission.SUSPEND),
            "may_answer": site_may(request[USER], SitePermission.ANSWER_REPORT),
        }
        return await render(request, "reports.html", "reports", context)

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        if not site_may(user, SitePermission.ANSWER_REPORT):
            raise ActionError("forbidden", "You may not do this.")
        form = await read_form(request)
        if "held" in form:
            return await self._answer_held(form)
        report_id, given = read_answer(form, SITE_ANSWERS)
        found = next(iter(await Report.select().where(Report.id == report_id).aio_execute()), None)
        if found is None:
            raise ActionError("no_such_report", "There is no such report.")
        async with said_on(request, HERE, but=WRONG):
            if given.name == "suspend" and found.answered_at is None:
                await suspend(request.app[DATABASE], SiteActor.of(user), found.author_id, given.seconds)
                await close_sessions(request.app, found.author_id)
            who = Person(user.id, user.name)
            receipt = await answer(request.app[ENGINE], found.room_id, who, report_id, given, for_site=True)
        if wants_json(request):
            return web.json_response({"answer": given.name, "act": receipt.act})
        await flash(request, answered_text(receipt.act))
        raise web.HTTPSeeOther(HERE)

    async def _answer_held(self, form: Any) -> web.Response:
        request, user = self.request, self.request[USER]
        held_id, approves = read_held(form)
        found = next(iter(await HeldPost.select().where(HeldPost.id == held_id).aio_execute()), None)
        if found is None:
            raise ActionError("no_such_report", "There is no such report.")
        engine, who = request.app[ENGINE], Person(user.id, user.name)
        async with said_on(request, HERE):
            receipt = await answer_held(engine, found.room_id, who, held_id, approves=approves, for_site=True)
        if wants_json(request):
            return web.json_response({"answer": form["answer"], "number": receipt.number})
        await flash(request, answered_text(None))
        raise web.HTTPSeeOther(HERE)


async def _rooms(ids: set[int]) -> dict[int, Room]:
    if not ids:
        return {}
    return {room.id: room for room in await Room.select().where(Room.id.in_(sorted(ids))).aio_execute()}


def _named(room: Room) -> dict[str, Any]:
    """A conversation has no name of its own, and who is in it isn't told here."""
    if room.is_conversation:
        return {"kind": room.kind}
    return {"kind": room.kind, "name": room.name, "title": room.shown}
