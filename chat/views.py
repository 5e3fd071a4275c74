"""The chat's pages, its history as JSON, and the room's socket."""

from collections.abc import Iterable
from typing import Any

import aiohttp_jinja2
import msgspec
from aiohttp import web
from aiohttp_session import get_session
from pydantic import BaseModel, field_validator

from accounts.keys import USER
from accounts.models import User
from accounts.people import directory
from chat import history, membership
from chat.commands.registry import allowed
from chat.connection import Connection
from chat.conversations import members_in
from chat.events import OwnRoom
from chat.keys import ATTENDANCE, ENGINE, HEART, message_limits
from chat.members import Entrance, RoomView, open_rooms, own_rooms
from chat.models import Room
from chat.refusal import Refused
from chat.titles import title_of
from helpers.keys import SETTINGS
from helpers.text.translation import Text, current, told
from helpers.web.errors import Refusal
from helpers.web.forms import Form, check_form, read_form
from helpers.web.routing import wants_json
from helpers.websocket.protocol import Upgrade
from weather.keys import WEATHER

PAGE = 50
MAX_NUMBER = 2**53


class NewRoom(BaseModel):
    name: str
    topic: str = ""
    kind: str = "open"

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return _checked(value, membership.room_name_problem(value))

    @field_validator("topic")
    @classmethod
    def _topic(cls, value: str) -> str:
        return _checked(value.strip(), membership.topic_problem(value.strip()))

    @field_validator("kind")
    @classmethod
    def _kind(cls, value: str) -> str:
        return _checked(value, None if value in membership.KINDS else Text("A room is open or closed."))


def _checked(value: str, problem: Text | None) -> str:
    if problem:
        raise ValueError(problem)
    return value


async def entrance(request: web.Request) -> Entrance:
    """The room of the path, and what the user is in it. Raises HTTPNotFound where there is none for them."""
    found = await membership.find_room(request.app[ENGINE], request.match_info["name"], request[USER])
    if found is None:
        raise web.HTTPNotFound
    return found


def no_such_message(room: Room) -> Refusal:
    return Refusal(
        "no_such_message", Text("There is no such message here, or it was cleared away."), 404, (f"/rooms/{room.name}", f"#{room.name}")
    )


class Rooms(web.View):
    """One's own rooms, and by pages the open ones. `q` is a part of their names, `after` the room after which the page begins."""

    async def get(self) -> web.Response:
        return await self._page(Form())

    async def post(self) -> web.Response:
        request = self.request
        data, form = check_form(NewRoom, await read_form(request))
        room = None
        if data is not None:
            try:
                room = await membership.create_room(request.app[ENGINE], request[USER], data.name, data.topic, data.kind)
            except Refused as refused:
                if refused.retry_after:
                    raise web.HTTPServiceUnavailable from None
                form.errors["name"] = told(refused.phrase)
        if room is None:
            return web.json_response({"errors": form.errors}, status=422) if wants_json(request) else await self._page(form, 422)
        if wants_json(request):
            body = {
                "name": room.name,
                "title": room.name,
                "topic": room.topic,
                "kind": room.kind,
                "role": "owner",
                "unread": 0,
                "last_number": 0,
                "read_number": 0,
                "mentions": 0,
            }
            return web.json_response(body, status=201, headers={"Location": f"/rooms/{room.name}"})
        raise web.HTTPSeeOther(f"/rooms/{room.name}")

    async def _page(self, form: Form, status: int = 200) -> web.Response:
        user, query = self.request[USER], self.request.query
        named, after, only_own = query.get("q", "").strip(), query.get("after", ""), query.get("only") == "own"
        if after and membership.room_name_problem(after):
            raise Refusal("bad_request", Text("`after` is the name of a room."))
        own = [] if after else await own_rooms(user, named)
        others, more = ([], False) if only_own else await open_rooms(user, named, after)
        if wants_json(self.request):
            return web.json_response({"rooms": [vars(room) for room in own + others], "more": more})
        context = {"own": own, "others": others, "more": more, "named": named, "after": after, "form": form}
        return aiohttp_jinja2.render_template("chat/rooms.html", self.request, context, status=status)


class RoomPage(web.View):
    async def get(self) -> web.Response:
        found = await entrance(self.request)
        user = self.request[USER]
        rooms = await own_rooms(user)
        state = await self._state(found, user, rooms)
        context = {"room": found.room, "rooms": rooms, "state": state, "has_weather": WEATHER in self.request.app}
        return aiohttp_jinja2.render_template("chat/room.html", self.request, context)

    async def _state(self, found: Entrance, user: User, rooms: list[RoomView]) -> dict[str, Any]:
        """What the page begins with. Its socket goes on after `last_seq`, so nothing is missed between the two."""
        room, standing = found.room, found.standing
        members = [view.shown() for view in await members_in(self.request.app[ENGINE], room)]
        shown = await self._history(found)
        return {
            "room": {"name": room.name, "topic": room.topic, "kind": room.kind, "title": await title_of(room, user.id)},
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
            "commands": [msgspec.to_builtins(command.explain(current())) for command in allowed(self.request.app[ENGINE], standing)],
        }

    async def _history(self, found: Entrance) -> dict[str, Any]:
        """The lines that it shows first, and whether there are more before and after them: the latest, or where there are more
        unread ones than these, those around the first of them."""
        room, read = found.room, _read_number(found)
        latest = await history.page(room, PAGE)
        first = next((line.number for line in latest.lines if line.number), room.posts)
        if latest.more and first > read + 1 and (around := await history.page_around(room, read + 1, PAGE)):
            return shown_around(room, around)
        return {
            "messages": shown(latest.lines),
            "more": latest.more,
            "newer": False,
            "around": None,
            "last_seq": max(room.last_seq, latest.lines[-1].seq if latest.lines else 0),
        }


async def _pictures(user: User, members: list[dict[str, Any]], messages: list[dict[str, Any]], rooms: list[RoomView]) -> dict[str, int]:
    """The versions of the pictures of all whom the page shows, but for members, who have theirs with them."""
    known = {member["name"] for member in members}
    others = {line["author"] for line in messages if "number" in line} | {view.title for view in rooms if view.kind == "direct"}
    asked = sorted(others - known)
    return {**await directory.pictures_of(asked), **({user.name: user.picture} if user.picture else {})}


def _read_number(found: Entrance) -> int:
    """Up to which post somebody has read; who isn't a member has nothing unread."""
    return max(found.room.cleared_number, found.room.posts if found.read_number is None else found.read_number)


def shown(lines: Iterable[history.Line]) -> list[dict[str, Any]]:
    """As the events that clients are told."""
    return [msgspec.to_builtins(line.event()) for line in lines]


def shown_around(room: Room, around: history.Around, number: int | None = None) -> dict[str, Any]:
    """What a page begins with that isn't at the end of the room. `number` is the post that was asked for."""
    return {
        "messages": shown(around.lines),
        "more": around.more,
        "newer": around.newer,
        "around": number,
        # What happened since the room was read comes by the socket, though some of it may be in the page already.
        "last_seq": room.last_seq,
    }


class Messages(web.View):
    """The history by pages. `around`, `before` and `after` are numbers of posts, `before_seq` and `after_seq` the exact cursor."""

    async def get(self) -> web.Response:
        room = (await entrance(self.request)).room
        limit = self._number("limit", 1, history.MAX_PAGE) or PAGE
        asked = {
            name: number
            for name in ("around", "before", "after", "before_seq", "after_seq")
            if (number := self._number(name, 0, MAX_NUMBER)) is not None
        }
        if len(asked) > 1:
            raise Refusal("bad_request", Text("Only one of these, please: {names}.", names=", ".join(asked)))
        if "around" in asked:
            return await self._around(room, asked["around"], limit)
        if "before" in asked:
            found = await history.page_before(room, asked["before"], limit)
        elif "after" in asked:
            found = await history.page_after(room, asked["after"], limit)
        else:
            found = await history.page(room, limit, **asked)
        body = {"messages": shown(found.lines), "more": found.more}
        return web.json_response(body)

    async def _around(self, room: Room, number: int, limit: int) -> web.Response:
        found = await history.page_around(room, number, limit)
        if found is None:
            raise no_such_message(room)
        return web.json_response({"messages": shown(found.lines), "more": found.more, "newer": found.newer})

    def _number(self, name: str, least: int, most: int) -> int | None:
        text = self.request.query.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
            raise Refusal(
                "bad_request", Text("`{name}` is a whole number from {least} to {most}.", name=name, least=str(least), most=str(most))
            )
        return int(text)


class Members(web.View):
    async def get(self) -> web.Response:
        room = (await entrance(self.request)).room
        return web.json_response({"members": [view.shown() for view in await members_in(self.request.app[ENGINE], room)]})


class Socket(web.View):
    async def get(self) -> web.StreamResponse:
        request = self.request
        settings = request.app[SETTINGS]
        if request.headers.get("Origin") not in settings.origins and not settings.debug:
            raise web.HTTPForbidden
        room = (await entrance(request)).room
        since = self._since()
        if not web.WebSocketResponse().can_prepare(request):
            raise Refusal("bad_request", Text("This address speaks WebSocket."))
        session = await get_session(request)
        app = request.app
        session_id, language = str(session.identity), current()
        connection = Connection(
            app[ENGINE], app[ATTENDANCE], app[HEART], message_limits(app), request[USER], room, session_id, language, since
        )
        return Upgrade(connection.websocket)

    def _since(self) -> int | None:
        """`since` of the address; -1 where the client's history is of another epoch."""
        text = self.request.query.get("since")
        epoch = self.request.query.get("epoch")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise Refusal("bad_request", Text("`since` is a seq: a whole number from 0."))
        return -1 if epoch and epoch != self.request.app[ENGINE].epoch else int(text)
