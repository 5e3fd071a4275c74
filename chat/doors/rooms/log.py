"""A room's log of moderation: a page for its members, and JSON."""

from aiohttp import web

from accounts.keys import USER
from accounts.people.shown_names import load_names, person_name
from chat.actions.order.act_words import describe, label
from chat.actions.undo import can_undo, undo
from chat.doors.rooms.pages import room_access
from chat.drafts import Person
from chat.errors import ActionError
from chat.history.access import RoomAccess
from chat.history.writing.acts import RecordedAct, acts, last_act
from chat.keys import ENGINE, take_token
from chat.requests import new_nonce
from chat.roles import Permission
from helpers.clock import iso, now_ms
from helpers.text.translation import current
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_form
from helpers.web.routing import wants_json

PAGE = 50
MAX_DIGITS = 15


class RoomLog(web.View):
    """The latest acts, or those before the one with the number `before`. A form undoes one."""

    async def get(self) -> web.Response:
        found = await self._access()
        room, before = found.room, self._before()
        last = await last_act(room.id) if before is None else before - 1
        entries = await acts(room.id, last - PAGE + 1, last)
        more = last > PAGE
        if wants_json(self.request):
            return web.json_response({"entries": [as_json(act) for act in entries], "more": more})
        await load_names(person.name for act in entries for person in (act.author, act.target) if person)
        at = now_ms()
        context = {
            "room": room,
            "entries": [
                {
                    **as_json(act),
                    "label": label(act.number),
                    "undone_by_label": label(act.undone_by) if act.undone_by else None,
                    "text": in_words(act),
                    "can_undo": can_undo(act, found.standing, at),
                }
                for act in entries
            ],
            "before": entries[-1].number if more else None,
        }
        return await render_page("chat/settings/log.html", self.request, context)

    async def post(self) -> web.Response:
        request = self.request
        take_token(request, request[USER].id)
        found = await self._access()
        form = await read_form(request)
        text = str(form.get("undo", ""))
        if not _is_number(text):
            raise ActionError("bad_request", "`undo` is the number of an act.")
        person = Person(request[USER].id, request[USER].name)
        receipt = await undo(request.app[ENGINE], found.room.id, person, int(text), "", new_nonce())
        if wants_json(request):
            return web.json_response({"number": receipt.act})
        raise web.HTTPSeeOther(f"/rooms/{found.room.name}/log")

    async def _access(self) -> RoomAccess:
        found = await room_access(self.request)
        if not found.standing.may(Permission.READ_LOG):
            raise ActionError("not_a_member", "The log is for the members of the room.")
        return found

    def _before(self) -> int | None:
        text = self.request.query.get("before")
        if text is None:
            return None
        if not _is_number(text):
            raise ActionError("bad_request", "`before` is the number of an act.")
        return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0


def in_words(act: RecordedAct) -> str:
    """The act in the reader's language, by the names that the page has loaded."""
    target = person_name(act.target.name) if act.target else ""
    return describe(act, current(), person_name(act.author.name), target)


def as_json(act: RecordedAct) -> dict[str, object]:
    """The act for programs. `until` is null where it doesn't end by itself."""
    return {
        "number": act.number,
        "act": act.act,
        "by": act.author.name,
        "whom": act.target.name if act.target else None,
        "reason": act.reason,
        "at": iso(act.at),
        "until": iso(act.until) if act.until is not None else None,
        "seq": act.seq,
        "messages": act.after.get("numbers", []),
        "undoes": act.undoes,
        "undone_by": act.undone_by,
    }
