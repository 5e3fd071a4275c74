"""How much of a room calls one, on a page without scripts, for programs, and for the page of the room."""

from datetime import UTC, datetime

from aiohttp import web

from accounts.keys import USER
from chat.doors.rooms.pages import room_access
from chat.doors.status import TOMORROW, end_of
from chat.errors import ActionError
from chat.keys import ENGINE, take_token
from helpers.text.durations import parse_duration
from helpers.text.translation import current
from helpers.web.clock import COOKIE, Clock
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_form
from helpers.web.routing import wants_json
from notifications.levels import level_as_json, level_in, set_level
from notifications.words import LEVELS

UTC_CLOCK = Clock(0, "HH")


class RoomLevel(web.View):
    async def get(self) -> web.Response:
        found = await room_access(self.request)
        level, until = await level_in(found.room, self.request[USER].id)
        if wants_json(self.request):
            return web.json_response(level_as_json(level, until))
        context = {"room": found.room, "levels": LEVELS, **level_as_json(level, until)}
        return await render_page("notifications/level.html", self.request, context)

    async def post(self) -> web.Response:
        """`level`, and `lasts`: a duration like `1h`, `tomorrow`, or empty for always."""
        request = self.request
        user = request[USER]
        take_token(request, user.id)
        found = await room_access(request)
        await level_in(found.room, user.id)
        form = await read_form(request)
        lasts = form.get("lasts", "")
        if lasts not in ("", TOMORROW) and parse_duration(lasts) is None:
            raise ActionError("bad_request", "There is no such choice.")
        clock = Clock.read(request.cookies.get(COOKIE, "")) or UTC_CLOCK
        until = end_of(lasts, clock, datetime.now(UTC)) if lasts else None
        await set_level(request.app[ENGINE], found.room, user.id, form.get("level", ""), until)
        if wants_json(request):
            return web.json_response(level_as_json(*await level_in(found.room, user.id)))
        await flash(request, current().t("Your settings are saved."), "success")
        raise web.HTTPSeeOther(f"/rooms/{found.room.name}/notifications")
