"""Rooms: all of them by pages, or those that are found."""

from typing import cast

from aiohttp import web

from accounts.people.shown_names import load_names
from accounts.people.site_roles import SitePermission
from administration.doors.frame import SitePage, render
from administration.doors.queries import MAX_QUERY, cursor, one_of, search_text
from administration.room_lists import State, find_rooms, rooms_before
from helpers.web.routing import wants_json

STATES = ("ownerless", "archived", "deleted")


class Rooms(SitePage):
    """`q` is a part of a name. Without it a page is of those of `state`, from `before` on."""

    sees = SitePermission.SEE_ROOMS

    async def get(self) -> web.Response:
        request = self.request
        asked, before = search_text(request, "q"), cursor(request, "before")
        state = cast(State, one_of(request, "state", STATES))
        following = None
        if asked:
            rooms = await find_rooms(asked)
        else:
            rooms, following = await rooms_before(state, before)
        found = [room.as_json() for room in rooms]
        if wants_json(request):
            return web.json_response({"rooms": found, "next": following})
        await load_names(room.owner for room in rooms if room.owner)
        context = {
            "rooms": found,
            "asked": asked,
            "state": state,
            "next": following,
            "max_query": MAX_QUERY,
        }
        return await render(request, "rooms.html", "rooms", context)
