"""One post by its number: the page that opens around it, its JSON, its former texts; and the pinned
ones of a room."""

from typing import Any

from aiohttp import web

from chat.doors.room_pages import PAGE, RoomPage, entrance, no_such_message, shown, shown_around
from chat.errors import ActionError
from chat.history import lines, reading
from chat.history.access import RoomAccess
from helpers.clock import iso
from helpers.web.routing import wants_json


def _number(request: web.Request) -> int:
    """That of the path, which the route has seen to be one."""
    return int(request.match_info["number"])


async def _post(request: web.Request) -> tuple[RoomAccess, lines.Line]:
    """The room and the post of the path. Raises HTTPNotFound where there is no room for this
    person, ActionError where no post."""
    found = await entrance(request)
    line = await reading.visible_post(found.room, _number(request))
    if line is None:
        raise no_such_message(found.room)
    return found, line


class Permalink(RoomPage):
    """A post: as a page the room, opened around it; of a deleted one, at what is left of it."""

    async def get(self) -> web.Response:
        if not wants_json(self.request):
            return await super().get()
        _, line = await _post(self.request)
        return web.json_response({"message": shown([line])[0]})

    async def _history(self, found: RoomAccess) -> dict[str, Any]:
        number = _number(self.request)
        around = await reading.page_around(found.room, number, PAGE)
        if around is None:
            raise no_such_message(found.room)
        return shown_around(found.room, around, number)


class Versions(web.View):
    """What a post said before it was edited."""

    async def get(self) -> web.Response:
        found, line = await _post(self.request)
        if line.is_deleted:
            raise ActionError("deleted", "That message has been deleted.")
        former = [
            {"text": text, "at": iso(at)} for text, at in await reading.versions(found.room.id, line.seq)
        ]
        return web.json_response({"versions": former})


class Pins(web.View):
    async def get(self) -> web.Response:
        room = (await entrance(self.request)).room
        return web.json_response({"messages": shown(await reading.pinned(room))})
