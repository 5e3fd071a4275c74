"""The sidebar of every page of somebody signed in: their rooms and conversations, and what waits for them."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.shown_names import load_names
from chat.delivery.statuses import status_of
from chat.events import Presence
from chat.history.room_lists import RoomView, own_rooms
from chat.history.waiting import Waiting
from chat.keys import ENGINE
from chat.waiting_views import InvitationView
from helpers.db.database import is_unavailable


@dataclass(frozen=True)
class Sidebar:
    rooms: list[RoomView]
    waiting: Waiting
    status: Presence
    """One's own."""


_SIDEBAR = web.RequestKey("sidebar", Sidebar)


async def sidebar_of(request: web.Request, user: User) -> Sidebar:
    """What the sidebar shows, read once for a request."""
    if _SIDEBAR not in request:
        engine = request.app[ENGINE]
        await engine.read_marks.store_for({user.id})
        waiting = (await engine.waiting.of([user.id]))[user.id]
        request[_SIDEBAR] = Sidebar(await own_rooms(user), waiting, await status_of(user))
    return request[_SIDEBAR]


async def load_their_names(rooms: list[RoomView], invitations: list[InvitationView]) -> None:
    """Looks up how those are shown with whom the conversations are, and who invites."""
    titles = [room.title for room in rooms if room.is_conversation]
    await load_names(
        [name for title in titles for name in title.split(", ")] + [one.inviter for one in invitations]
    )


async def sidebar(request: web.Request) -> dict[str, Any]:
    """For a page: the sidebar, where somebody is signed in."""
    user = request.get(USER)
    if user is None or user.waits_since is not None:
        return {}
    try:
        found = await sidebar_of(request, user)
        await load_their_names(found.rooms, found.waiting.invitations)
    except Exception as error:
        if not is_unavailable(error):
            raise
        # This may be the page that reports that the database is unavailable.
        return {}
    return {"sidebar": found}
