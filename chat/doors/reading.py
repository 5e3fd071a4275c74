"""The read mark by HTTP: for who has no page of the room open, as a notification."""

from aiohttp import web

from accounts.keys import USER
from chat.doors.rooms.pages import find_access
from chat.errors import ActionError
from chat.keys import ENGINE, take_token
from helpers.web.requests.forms import read_form

MOST_DIGITS = 15


class ReadMark(web.View):
    """All up to the message `number` is read. The mark doesn't go back."""

    async def post(self) -> web.Response:
        request = self.request
        found = await find_access(request)
        if not found.standing.is_member:
            raise web.HTTPForbidden
        number = (await read_form(request)).get("number", "")
        if not (number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS):
            raise ActionError("bad_request", "Which message?")
        take_token(request, request[USER].id)
        await request.app[ENGINE].read_marks.put(found.room.id, request[USER].id, int(number), back=False)
        return web.json_response({"read": int(number)})
