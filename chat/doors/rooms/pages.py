"""The page of a room, and what other doors share with it: access to the room and lines as
events."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web
from yarl import URL

from accounts.keys import USER
from accounts.models import User
from accounts.people import directory
from accounts.people.shown_names import set_names
from accounts.preferences import preferences_of
from accounts.signin.browser_key import signed_in_as
from chat.actions import membership, room_requests
from chat.actions.member_lists import members_in
from chat.doors.rooms.first_rows import first_rows
from chat.doors.sidebar import sidebar_of
from chat.doors.states import own_state, room_state
from chat.errors import ActionError
from chat.events import OwnRoom
from chat.history import lines, reading
from chat.history.access import RoomAccess
from chat.history.names import names_of
from chat.history.room_lists import RoomView
from chat.history.titles import title_of
from chat.keys import COMMANDS, ENGINE
from chat.models import Room
from chat.requests import new_nonce
from chat.room_names import NAME
from chat.waiting_views import InvitationView
from helpers.keys import SETTINGS
from helpers.text.translation import current
from helpers.web.clock import COOKIE as CLOCK
from helpers.web.clock import Clock
from helpers.web.errors import note_refused
from helpers.web.rendering import render_page
from helpers.web.routing import wants_json

PAGE = 50

UTC_CLOCK = Clock(0, "HH")
"""Of those whose clock isn't known. The page doesn't show its times before the scripts run."""

_LISTED = [field for field in OwnRoom.__struct_fields__ if field != "times_back"]
"""What the page keeps of each of the user's rooms."""


async def room_access(request: web.Request) -> RoomAccess:
    """The room in the path and the user's standing in it. Raises HTTPNotFound where there is none
    that the user may see, and ActionError where they were removed and can't come back yet."""
    found = await find_access(request)
    if not found.standing.is_member:
        await membership.require_not_kicked(found.room, request[USER])
    return found


async def find_access(request: web.Request) -> RoomAccess:
    """The same for a door that lets nobody read before they have joined."""
    found = await membership.find_room(request.app[ENGINE], request.match_info["name"], request[USER])
    if found is None:
        raise web.HTTPNotFound
    return found


def no_such_message(room: Room) -> ActionError:
    return ActionError(
        "no_such_message",
        "There is no such message here, or it was cleared away.",
        back=(f"/rooms/{room.name}", f"#{room.shown}"),
    )


class RoomPage(web.View):
    async def get(self) -> web.Response:
        user = self.request[USER]
        sidebar = await sidebar_of(self.request, user)
        try:
            found = await room_access(self.request)
        except web.HTTPNotFound:
            if await self._is_invited(sidebar.waiting.invitations):
                raise web.HTTPSeeOther("/rooms") from None
            if wants_json(self.request) or not NAME.fullmatch(self.request.match_info["name"]):
                raise
            # The same whether there is such a room or not.
            note_refused(self.request, 404, "not_found")
            return await render_page("chat/room/closed.html", self.request, {}, status=404)
        if found.room.slug != self.request.match_info["name"].lower():
            # Not for ever: the room may get this name again.
            raise web.HTTPFound(self._address(found.room))
        state = await self._state(found, user, sidebar.rooms, sidebar.waiting.invitations)
        state |= msgspec.to_builtins(sidebar.waiting._asdict())
        clock = Clock.read(self.request.cookies.get(CLOCK, ""))
        context = {
            "room": found.room,
            "asking": await self._asking(found),
            "nonce": new_nonce(),
            "first_rows": first_rows(state, clock or UTC_CLOCK, datetime.now(UTC)),
            "has_clock": clock is not None,
            "state": state,
        }
        return await render_page("chat/room/room.html", self.request, context)

    async def _asking(self, found: RoomAccess) -> int:
        """How many ask to be let in, for who may let them."""
        if found.room.is_open or not found.standing.may_invite:
            return 0
        return await room_requests.count_asking(found.room.id)

    async def _is_invited(self, invitations: list[InvitationView]) -> bool:
        slug = self.request.match_info["name"].lower()
        room = (await self.request.app[ENGINE].access.rooms({slug})).get(slug) if invitations else None
        return room is not None and any(invitation.name == room.name for invitation in invitations)

    def _address(self, room: Room) -> URL:
        """The address of this page by the room's present name."""
        here = self.request.rel_url
        return here.with_path("/".join(["", "rooms", room.name, *here.path.split("/")[3:]]), keep_query=True)

    async def _state(
        self, found: RoomAccess, user: User, rooms: list[RoomView], invitations: list[InvitationView]
    ) -> dict[str, Any]:
        """The page's initial state. Its socket continues after `last_seq`, so no event is missed
        between the two."""
        room, standing = found.room, found.standing
        # Before the members are read: what is newer may be among them, nothing older is.
        online = online_among(self.request, rooms)
        members = [view.as_json() for view in await members_in(self.request.app[ENGINE], room)]
        history = await self._history(found)
        title = await title_of(room, user.id)
        titles = [view.title for view in rooms if view.is_conversation]
        shown = {
            user.name,
            *(name for text in titles + [title] * room.is_conversation for name in text.split(", ")),
            *(one.inviter for one in invitations),
            *_people_in(history["messages"]),
        }
        return {
            "room": msgspec.to_builtins(room_state(room, title)),
            "you": msgspec.to_builtins(own_state(user.name, standing)),
            "key": next(iter(await names_of(room.id)), room.name),
            **history,
            "last_number": room.posts,
            "read_number": _read_number(found),
            "times_back": found.times_back,
            "epoch": self.request.app[ENGINE].epoch,
            "members": members,
            "online": online,
            "past": shows_past(self.request),
            "people": await _others(members, shown),
            # With gravatar on, people without a picture of their own may still have one: the page
            # asks for it.
            "gravatar": self.request.app[SETTINGS].gravatar,
            "rooms": [{field: getattr(view, field) for field in _LISTED} for view in rooms],
            "commands": msgspec.to_builtins(self.request.app[COMMANDS].explain(standing, current())),
            "may": standing.permissions,
            # Under which the browser keeps what it shows without a network.
            "kept": {"person": signed_in_as(self.request.app, user), "room": room.id},
        }

    async def _history(self, found: RoomAccess) -> dict[str, Any]:
        """The lines that the page shows first, and whether there are older and newer ones. These
        are the latest lines, or, where there are more unread posts than that, the lines around the
        first unread post."""
        room, read = found.room, _read_number(found)
        past = shows_past(self.request)
        latest = await reading.page(room, PAGE, past=past)
        first = next((line.number for line in latest.lines if line.number), room.posts)
        if (
            latest.more
            and first > read + 1
            and (around := await reading.page_around(room, read + 1, PAGE, past=past))
        ):
            return events_around_post(room, around)
        return {
            "messages": as_events(latest.lines),
            "more": latest.more,
            "newer": False,
            "around": None,
            "last_seq": max(room.last_seq, latest.lines[-1].seq if latest.lines else 0),
        }


def online_among(request: web.Request, rooms: list[RoomView]) -> dict[str, Any]:
    """Who is online of those with whom the user has one of these conversations of two, as the event
    that tells it."""
    names = [room.title for room in rooms if room.kind == "direct"]
    found: dict[str, Any] = msgspec.to_builtins(request.app[ENGINE].presence.among(names))
    return found


def shows_past(request: web.Request) -> bool:
    """Whether the user wants to see who came and went, which former versions recorded."""
    return preferences_of(request)["past"] == "shown"


def _people_in(messages: list[dict[str, Any]]) -> set[str]:
    """All whom these lines name."""
    found: set[str] = set()
    for line in messages:
        found |= {line["author"], line.get("target") or line["author"]}
        found |= {name for reaction in line.get("reactions") or () for name in reaction["names"]}
        found |= {line["quote"]["author"]} if line.get("quote") else set()
    return found


async def _others(members: list[dict[str, Any]], shown: set[str]) -> list[dict[str, Any]]:
    """The people whom the page shows, except members, whose entries have their own names and
    pictures."""
    names = {member["name"]: member.get("display_name", "") for member in members}
    others = await directory.people_named(sorted(shown - names.keys()))
    set_names(names | {name: person.shown for name, person in others.items()})
    return [person.as_json() for person in others.values()]


def _read_number(found: RoomAccess) -> int:
    """The number of the last post that the user has read. For a person who is no member nothing is
    unread."""
    return max(
        found.room.cleared_number, found.room.posts if found.read_number is None else found.read_number
    )


def as_events(lines: Iterable[lines.Line]) -> list[dict[str, Any]]:
    """The lines as the events that clients get."""
    return [msgspec.to_builtins(line.event()) for line in lines]


def events_around_post(room: Room, around: reading.Around, number: int | None = None) -> dict[str, Any]:
    """The initial lines of a page that isn't at the end of the room. `number` is the post in the
    address."""
    return {
        "messages": as_events(around.lines),
        "more": around.more,
        "newer": around.newer,
        "around": number,
        # The socket sends what happened since the room was read; some of it may be on the page
        # already.
        "last_seq": room.last_seq,
    }
