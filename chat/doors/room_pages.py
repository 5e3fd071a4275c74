"""The chat's pages, its history as JSON, and the room's socket."""

from collections.abc import Iterable
from typing import Any

import aiohttp_jinja2
import msgspec
from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people import directory
from chat.actions import membership
from chat.actions.member_lists import members_in
from chat.errors import ActionError
from chat.events import OwnRoom
from chat.history import lines, reading
from chat.history.access import RoomAccess
from chat.history.room_lists import RoomView, own_rooms
from chat.history.titles import title_of
from chat.keys import COMMANDS, ENGINE
from chat.models import Room
from helpers.keys import SETTINGS
from helpers.text.translation import current

PAGE = 50


async def entrance(request: web.Request) -> RoomAccess:
    """The room of the path, and what the user is in it. Raises HTTPNotFound where there is none for
    them."""
    found = await membership.find_room(request.app[ENGINE], request.match_info["name"], request[USER])
    if found is None:
        raise web.HTTPNotFound
    return found


def no_such_message(room: Room) -> ActionError:
    return ActionError(
        "no_such_message",
        "There is no such message here, or it was cleared away.",
        back=(f"/rooms/{room.name}", f"#{room.name}"),
    )


class RoomPage(web.View):
    async def get(self) -> web.Response:
        found = await entrance(self.request)
        user = self.request[USER]
        await self.request.app[ENGINE].read_marks.store_of({user.id})
        rooms = await own_rooms(user)
        state = await self._state(found, user, rooms)
        context = {
            "room": found.room,
            "rooms": rooms,
            "state": state,
        }
        return aiohttp_jinja2.render_template("chat/room.html", self.request, context)

    async def _state(self, found: RoomAccess, user: User, rooms: list[RoomView]) -> dict[str, Any]:
        """What the page begins with. Its socket goes on after `last_seq`, so nothing is missed
        between the two."""
        room, standing = found.room, found.standing
        members = [view.shown() for view in await members_in(self.request.app[ENGINE], room)]
        shown = await self._history(found)
        return {
            "room": {
                "name": room.name,
                "topic": room.topic,
                "kind": room.kind,
                "title": await title_of(room, user.id),
            },
            "you": {"name": user.name, "role": standing.title},
            **shown,
            "last_number": room.posts,
            "read_number": _read_number(found),
            "epoch": self.request.app[ENGINE].epoch,
            "members": members,
            "pictures": await _pictures(user, members, shown["messages"], rooms),
            # Then those without a picture of their own may have one all the same: the page asks.
            "gravatar": self.request.app[SETTINGS].gravatar,
            "rooms": [{field: getattr(view, field) for field in OwnRoom.__struct_fields__} for view in rooms],
            "commands": msgspec.to_builtins(self.request.app[COMMANDS].explain(standing, current())),
            "may": standing.permissions,
        }

    async def _history(self, found: RoomAccess) -> dict[str, Any]:
        """The lines that it shows first, and whether there are more before and after them: the
        latest, or where there are more unread ones than these, those around the first of them."""
        room, read = found.room, _read_number(found)
        latest = await reading.page(room, PAGE)
        first = next((line.number for line in latest.lines if line.number), room.posts)
        if latest.more and first > read + 1 and (around := await reading.page_around(room, read + 1, PAGE)):
            return shown_around(room, around)
        return {
            "messages": shown(latest.lines),
            "more": latest.more,
            "newer": False,
            "around": None,
            "last_seq": max(room.last_seq, latest.lines[-1].seq if latest.lines else 0),
        }


async def _pictures(
    user: User, members: list[dict[str, Any]], messages: list[dict[str, Any]], rooms: list[RoomView]
) -> dict[str, int]:
    """The versions of the pictures of all whom the page shows, but for members, who have theirs
    with them."""
    known = {member["name"] for member in members}
    others = {line["author"] for line in messages if "number" in line} | {
        view.title for view in rooms if view.kind == "direct"
    }
    asked = sorted(others - known)
    return {**await directory.pictures_of(asked), **({user.name: user.picture} if user.picture else {})}


def _read_number(found: RoomAccess) -> int:
    """Up to which post somebody has read; who isn't a member has nothing unread."""
    return max(
        found.room.cleared_number, found.room.posts if found.read_number is None else found.read_number
    )


def shown(lines: Iterable[lines.Line]) -> list[dict[str, Any]]:
    """As the events that clients are told."""
    return [msgspec.to_builtins(line.event()) for line in lines]


def shown_around(room: Room, around: reading.Around, number: int | None = None) -> dict[str, Any]:
    """What a page begins with that isn't at the end of the room. `number` is the post that was
    asked for."""
    return {
        "messages": shown(around.lines),
        "more": around.more,
        "newer": around.newer,
        "around": number,
        # What happened since the room was read comes by the socket, though some of it may be in the
        # page already.
        "last_seq": room.last_seq,
    }
