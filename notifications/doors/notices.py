"""What one was told: a page that works without scripts, and JSON; and why a message called one, or didn't."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.people.shown_names import called_by_names, handles_in, load_names
from chat.doors.posts import visible_post
from chat.errors import ActionError
from chat.keys import ENGINE, take_token
from helpers.keys import DATABASE
from helpers.text.translation import current
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json
from notifications.keys import NOTIFICATIONS
from notifications.models import Notice
from notifications.reading import mark_all_read, mark_read
from notifications.storing import Changed
from notifications.words import RULES, WAYS, notes, rule_in_words, verdict, way_in_words

FAR = 2**62
MAX_DIGITS = 15


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS) or text.startswith("0"):
        raise ActionError("bad_request", "`{name}` is the `cursor` of another page.", name=name)
    return int(text)


class Notices(web.View):
    """The latest, or those after the page whose `cursor` is `before`; with `unread=1` only those that one
    hasn't read."""

    async def get(self) -> web.Response:
        request = self.request
        user, query = request[USER], request.query
        if query.get("unread", "1") != "1":
            raise ActionError("bad_request", "`{name}` is 1, or left out.", name="unread")
        only_unread = "unread" in query
        before = _number("before", query["before"]) if "before" in query else FAR
        # What was read in a room a moment ago is read.
        engine = request.app[ENGINE]
        await engine.read_marks.store_for({user.id})
        found, more = await request.app[NOTIFICATIONS].lists.page(user.id, before, only_unread=only_unread)
        cursor = str(found[-1].id) if more else None
        count = (await engine.waiting.notices([user.id])).get(user.id, 0)
        if wants_json(request):
            notices = [notice.as_json() for notice in found]
            return web.json_response({"notices": notices, "more": more, "cursor": cursor, "unread": count})
        mentioned = set[str]().union(*(handles_in(notice.text) for notice in found))
        names = await load_names({notice.by for notice in found} | mentioned)
        found = [replace(notice, text=called_by_names(notice.text, names)) for notice in found]
        context: dict[str, Any] = {
            **{"notices": found, "cursor": cursor, "only_unread": only_unread, "unread_count": count},
            "rules": RULES,
        }
        return await render_page("notifications/notices.html", request, context)

    async def post(self) -> web.Response:
        """Marks one as read, by its `id`, or all."""
        request = self.request
        user = request[USER]
        take_token(request, user.id)
        form = await read_form(request)
        database = request.app[DATABASE]
        if "id" in form:
            notice_id = _number("id", form["id"])
            own = Notice.select(Notice.id).where(Notice.id == notice_id, Notice.user_id == user.id)
            if not await own.tuples().aio_execute():
                raise ActionError("not_found", "There is no such notice.")
            await mark_read(database, [notice_id])
        else:
            await mark_all_read(database, user.id)
        request.app[NOTIFICATIONS].teller.tell(Changed([user.id]))
        if wants_json(request):
            count = (await request.app[ENGINE].waiting.notices([user.id])).get(user.id, 0)
            return web.json_response({"unread": count})
        raise web.HTTPSeeOther(safe_next(form.get("next", ""), "/notifications"))


class Why(web.View):
    """Only about oneself."""

    async def get(self) -> web.Response:
        request = self.request
        found, _ = await visible_post(request)
        number = int(request.match_info["number"])
        reason = await request.app[NOTIFICATIONS].explainer.explain(found.room, number, request[USER])
        if reason is None:
            raise web.HTTPNotFound
        language = current()
        said = {
            "verdict": verdict(reason, language),
            "rule": rule_in_words(reason, language),
            "ways": [
                {"name": language.translate(WAYS[way.way]), "text": way_in_words(way, reason, language)}
                for way in reason.ways
            ],
            "notes": notes(reason, language),
        }
        if wants_json(request):
            return web.json_response({**reason.as_json(), "text": said})
        context = {"room": found.room, "number": number, "said": said}
        return await render_page("notifications/why.html", request, context)
