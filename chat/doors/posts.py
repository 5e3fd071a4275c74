"""A post by its number: the page that opens around it, its JSON, its former texts; and the pinned
posts of a room."""

from typing import Any

from aiohttp import web

from chat.doors.rooms.pages import (
    PAGE,
    RoomPage,
    as_events,
    events_around_post,
    no_such_message,
    room_access,
    shows_past,
)
from chat.errors import ActionError
from chat.history import lines, reading
from chat.history.access import RoomAccess
from helpers.clock import iso
from helpers.web.routing import wants_json


def _number(request: web.Request) -> int:
    """The number in the path. The route only matches digits."""
    return int(request.match_info["number"])


async def visible_post(request: web.Request) -> tuple[RoomAccess, lines.Line]:
    """The room and the post in the path. Raises HTTPNotFound where the user may see no such room,
    ActionError where there is no such post."""
    found = await room_access(request)
    line = await reading.visible_post(found.room, _number(request))
    if line is None:
        raise no_such_message(found.room)
    return found, line


class Permalink(RoomPage):
    """A post: the room's page opened around it, or its JSON. A deleted post shows its
    placeholder."""

    async def get(self) -> web.Response:
        if not wants_json(self.request):
            return await super().get()
        _, line = await visible_post(self.request)
        return web.json_response({"message": as_events([line])[0]})

    async def _history(self, found: RoomAccess) -> dict[str, Any]:
        number = _number(self.request)
        around = await reading.page_around(found.room, number, PAGE, past=shows_past(self.request))
        if around is None:
            raise no_such_message(found.room)
        return events_around_post(found.room, around, number)


class Versions(web.View):
    """The texts of a post before its edits."""

    async def get(self) -> web.Response:
        found, line = await visible_post(self.request)
        if line.is_deleted:
            raise ActionError("deleted", "That message has been deleted.")
        former = [
            {"text": text, "at": iso(at)} for text, at in await reading.versions(found.room.id, line.seq)
        ]
        return web.json_response({"versions": former})


class Pins(web.View):
    async def get(self) -> web.Response:
        room = (await room_access(self.request)).room
        return web.json_response({"messages": as_events(await reading.pinned(room))})
