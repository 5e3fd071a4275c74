"""The list of rooms, and creating one."""

from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web
from pydantic import BaseModel, field_validator, model_validator

from accounts.keys import USER
from chat.actions import membership
from chat.actions.rooms import rooms
from chat.actions.rooms.deleted_rooms import deleted_by, deleted_room_named, restore_room
from chat.doors.rooms.pages import online_among
from chat.doors.sidebar import load_their_names, sidebar_of
from chat.drafts import Person
from chat.errors import ActionError
from chat.history.room_lists import open_rooms, own_rooms
from chat.history.waiting import Waiting
from chat.keys import ENGINE, take_token
from chat.models import Room
from chat.requests import new_nonce
from chat.room_names import clean_title, name_problem
from helpers.clock import iso, now_ms
from helpers.text.translation import Text, translate
from helpers.web.flash import said_on
from helpers.web.rendering import render_page
from helpers.web.requests.forms import Form, check_form, read_form
from helpers.web.routing import wants_json


class NewRoom(BaseModel):
    """One of title and name is enough: each is made of the other. A name that can't stand in an
    address is a title."""

    title: str = ""
    name: str = ""
    topic: str = ""
    kind: str = "open"

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return _checked(value, name_problem(value) if value else None)

    @model_validator(mode="before")
    @classmethod
    def _title_or_name(cls, given: Any) -> Any:
        if given.get("title", "").strip():
            return given
        name = given.get("name", "")
        return {**given, "title": name, "name": "" if name_problem(name) else name}

    @field_validator("title")
    @classmethod
    def _title(cls, value: str) -> str:
        return clean_title(value)

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


@dataclass(frozen=True)
class UnsentMessage:
    """A new conversation that couldn't be opened: with whom, and why."""

    names: tuple[str, ...]
    error: str


class Rooms(web.View):
    """The user's invitations, their own rooms, and the open rooms by pages. `q` is a part of the
    rooms' titles or names; the page begins after the room named `after`."""

    async def get(self) -> web.Response:
        return await list_page(self.request, Form())

    async def post(self) -> web.Response:
        request = self.request
        data, form = check_form(NewRoom, await read_form(request))
        called = "name" if form.values.get("name") and not form.values.get("title") else "title"
        if called == "name" and (problem := form.errors.pop("title", None)):
            form.errors.setdefault("name", problem)
        room = None
        if data is not None:
            try:
                room = await rooms.create_room(
                    request.app[ENGINE], request[USER], data.title, data.topic, data.kind, data.name
                )
            except ActionError as error:
                if error.retry_after:
                    raise
                form.errors["name" if error.field == "name" else called] = translate(error.phrase)
        if room is None:
            return (
                web.json_response({"errors": form.errors}, status=422)
                if wants_json(request)
                else await list_page(request, form, status=422)
            )
        if wants_json(request):
            body = {
                "name": room.name,
                "title": room.shown,
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


class Restore(web.View):
    """Brings a deleted room back: for who deleted it, and for the site's administrators."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        room = await deleted_room_named(request.match_info["name"], user)
        if room is None:
            raise web.HTTPNotFound
        async with said_on(request, "/rooms"):
            receipt = await restore_room(
                request.app[ENGINE], room.id, Person(user.id, user.name), new_nonce()
            )
        if wants_json(request):
            return web.json_response({"seq": receipt.seq, "act": receipt.act})
        raise web.HTTPSeeOther(f"/rooms/{room.name}" if await self._is_member(room) else "/rooms")

    async def _is_member(self, room: Room) -> bool:
        return (await self.request.app[ENGINE].access.standing(room.id, self.request[USER])).is_member


async def list_page(
    request: web.Request, form: Form, unsent: UnsentMessage | None = None, status: int = 200
) -> web.Response:
    """The page of rooms, or its JSON. `form` is that of a new room."""
    user, query = request[USER], request.query
    named, after, only_own = (
        query.get("q", "").strip(),
        query.get("after", ""),
        query.get("only") == "own",
    )
    if after and name_problem(after):
        raise ActionError("bad_request", "`after` is the name of a room.")
    engine = request.app[ENGINE]
    if after or named:
        await engine.read_marks.store_for({user.id})
        own = [] if after else await own_rooms(user, named)
        waiting = Waiting([], [], []) if after else (await engine.waiting.of([user.id]))[user.id]
    else:
        listed = await sidebar_of(request, user)
        own, waiting = listed.rooms, listed.waiting
    others, more = ([], False) if only_own else await open_rooms(user, named, after)
    at = now_ms()
    deleted = [] if after or named or only_own else await deleted_by(user.id, at)
    gone = [
        {"name": one.name, "title": one.title, "kind": one.kind, "until": iso(one.due_at)} for one in deleted
    ]
    if wants_json(request):
        body = {
            "rooms": [room.as_json() for room in own + others],
            "more": more,
            **msgspec.to_builtins(waiting._asdict()),
            "online": online_among(request, own),
            **({"deleted": gone} if gone else {}),
        }
        return web.json_response(body)
    await load_their_names(own, waiting.invitations)
    context = {
        "own": own,
        "others": others,
        "more": more,
        "named": named,
        "after": after,
        "form": form,
        "unsent": unsent,
        "deleted": gone,
    }
    context["invitations"] = waiting.invitations
    return await render_page("chat/rooms.html", request, context, status=status)
