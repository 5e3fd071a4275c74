"""A room, as those who run the site see it, and what they can do about it. Each form is one act."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import user_by_name
from accounts.people.shown_names import load_names
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from administration.doors.frame import SitePage, read_act, render, shown_entries
from administration.people_acts import clean_reason
from administration.room_lists import MAX_MEMBERS, RoomFacts, estimated_bytes, members_of, room_facts
from administration.site_log import LogFilter, log_entries
from chat.actions.rooms import modes
from chat.actions.rooms.deleted_rooms import delete_room, restore_room
from chat.actions.rooms.opening import open_room
from chat.actions.rooms.ownership import give_owner
from chat.drafts import Person
from chat.engine import Engine
from chat.events import Receipt
from chat.keys import ENGINE
from chat.models import Room
from chat.personal_data import holds
from chat.personal_data.holds import hold_on
from chat.requests import new_nonce
from chat.roles import Role
from helpers.errors import ActionError
from helpers.text.translation import current, translate
from helpers.web.flash import flash, is_for_programs
from helpers.web.routing import wants_json

MAX_ACTS = 20

Form = Mapping[str, str]
Act = Callable[[Engine, RoomFacts, User, Form], Awaitable[Receipt]]


class RoomPage(SitePage):
    """The room with this id: the address of a closed one is for its members alone."""

    sees = SitePermission.SEE_ROOMS

    async def get(self) -> web.Response:
        return await self._page(await self._room())

    async def post(self) -> web.Response:
        request = self.request
        room = await self._room()
        name, act, form = await read_act(request, ACTS)
        try:
            receipt = await act(request.app[ENGINE], room, request[USER], form)
        except ActionError as error:
            if is_for_programs(request, error):
                raise
            return await self._page(room, failed=name, error=error, status=error.status)
        if wants_json(request):
            return web.json_response({"seq": receipt.seq, "act": receipt.act})
        await flash(request, current().t("It is done."), "success")
        if name == "open":
            stored = await Room.aio_get_or_none(Room.id == room.id)
            raise web.HTTPSeeOther(f"/rooms/{stored.name}" if stored else "/admin/rooms")
        raise web.HTTPSeeOther(f"/admin/rooms/{room.id}")

    async def _room(self) -> RoomFacts:
        room = await room_facts(int(self.request.match_info["id"]))
        if room is None:
            raise web.HTTPNotFound
        return room

    async def _page(
        self,
        room: RoomFacts,
        *,
        failed: str = "",
        error: ActionError | None = None,
        status: int = 200,
    ) -> web.Response:
        request, user = self.request, self.request[USER]
        members = await members_of(room.id)
        acts = await log_entries(LogFilter(room_id=room.id), None, MAX_ACTS)
        facts: dict[str, Any] = {
            **room.as_json(),
            "bytes": await estimated_bytes(room.id),
            "hold": await hold_on("room", room.id),
            "people": [
                {"name": name, "role": Role(role).name.lower()} for name, role in members[:MAX_MEMBERS]
            ],
        }
        if wants_json(request):
            return web.json_response({"room": facts, "acts": [entry.as_json() for entry in acts]})
        names = [name for name, _ in members]
        await load_names([*names, *(name for one in acts for name in (one.by, one.whom) if name)])
        standing = await request.app[ENGINE].access.standing(room.id, user)
        context = {
            "facts": facts,
            "acts": shown_entries(acts),
            "can": _acts_for(user, room, is_member=standing.is_member, is_held=facts["hold"] is not None),
            "failed": failed,
            "error": translate(error.phrase) if error else "",
        }
        return await render(request, "room.html", "rooms", context, status)


def _acts_for(user: User, room: RoomFacts, *, is_member: bool, is_held: bool) -> set[str]:
    """The acts that the page offers."""
    can = set()
    if site_may(user, SitePermission.KEEP_ROOMS):
        kept = {"owner", "delete", "unarchive" if room.archived_at else "archive"}
        can |= {"restore"} if room.due_at else kept
    is_closed = room.kind == "closed" and not room.due_at
    if site_may(user, SitePermission.OPEN_ROOM) and is_closed and not is_member:
        can.add("open")
    if site_may(user, SitePermission.SET_SITE):
        can.add("unhold" if is_held else "hold")
    return can


def _person(user: User) -> Person:
    return Person(user.id, user.name)


async def _owner(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    name = form.get("user", "").strip()
    heir = await user_by_name(name) if name else None
    if heir is None or heir.left_at is not None:
        raise ActionError("no_such_user", "There is nobody called {name}.", 404, name=name[:64])
    return await give_owner(
        engine, room.id, SiteActor.of(user), heir, new_nonce(), clean_reason(form.get("reason", ""))
    )


async def _archive(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    reason = clean_reason(form.get("reason", ""))
    return await modes.archive(engine, room.id, _person(user), new_nonce(), reason, SiteActor.of(user))


async def _unarchive(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    reason = clean_reason(form.get("reason", ""))
    return await modes.unarchive(engine, room.id, _person(user), new_nonce(), reason, SiteActor.of(user))


async def _delete(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    typed = form.get("confirm", "").strip()
    stored = await Room.aio_get_or_none(Room.id == room.id)
    # A closed room's address isn't known here: its title is typed.
    if stored is None or typed.removeprefix("#").casefold() != room.title.casefold():
        raise ActionError(
            "not_confirmed", "Type the name of the room, to be certain: {name}", 422, name=room.title
        )
    reason = clean_reason(form.get("reason", ""))
    return await delete_room(
        engine, room.id, _person(user), stored.name, reason, new_nonce(), by=SiteActor.of(user)
    )


async def _restore(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    reason = clean_reason(form.get("reason", ""))
    return await restore_room(engine, room.id, _person(user), new_nonce(), reason, SiteActor.of(user))


async def _hold(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    await holds.hold(engine, SiteActor.of(user), await _stored(room), form.get("reason", ""))
    return Receipt("")


async def _unhold(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    reason = clean_reason(form.get("reason", ""))
    await holds.release(engine, SiteActor.of(user), await _stored(room), reason)
    return Receipt("")


async def _stored(room: RoomFacts) -> Room:
    found = await Room.aio_get_or_none(Room.id == room.id)
    if found is None:
        raise web.HTTPNotFound
    return found  # type: ignore[no-any-return]


async def _open(engine: Engine, room: RoomFacts, user: User, form: Form) -> Receipt:
    return await open_room(engine, room.id, user, clean_reason(form.get("reason", "")), new_nonce())


ACTS: dict[str, Act] = {
    "owner": _owner,
    "archive": _archive,
    "unarchive": _unarchive,
    "delete": _delete,
    "restore": _restore,
    "open": _open,
    "hold": _hold,
    "unhold": _unhold,
}
"""By the form's field `act`."""
