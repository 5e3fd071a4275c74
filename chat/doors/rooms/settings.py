"""A room's settings: what it is called, how it is kept, who is kept out. Each form is one act."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import user_by_name
from accounts.people.shown_names import load_names
from accounts.site_settings import site_settings
from chat.actions import membership, room_requests
from chat.actions.order import filter_rules, moderation, raids, removing
from chat.actions.order.act_words import label
from chat.actions.rooms import deleted_rooms, modes, retention, room_pictures, rooms
from chat.delivery.filters import Rules
from chat.doors.rooms.pages import room_access
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.access import RoomAccess
from chat.history.invite_links import links_to_room
from chat.history.kept_out import Restricted, banned_from, timed_out_in
from chat.history.room_people import MAX_SEARCHED, RoomMember, members_named, reasons_for
from chat.keys import ENGINE, take_token
from chat.models import CONVERSATIONS
from chat.requests import clean_text, new_nonce
from chat.roles import RIGHTS, ROLE_WORDS, Permission, Role, Standing
from helpers.clock import iso, now_ms
from helpers.text.durations import parse_duration, show_duration
from helpers.text.translation import current
from helpers.web.flash import flash, said_on
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_form
from helpers.web.routing import wants_json

PAUSES = (0, 5, 10, 30, 60, 5 * 60, 15 * 60, 3600)
"""Seconds of slow mode that the page offers."""

Form = Mapping[str, str]
Act = Callable[[Engine, int, Person, Form], Awaitable[Receipt]]


class RoomSettings(web.View):
    async def get(self) -> web.Response:
        return await self._page(await self._access())

    async def post(self) -> web.Response:
        request = self.request
        take_token(request, request[USER].id)
        found = await self._access()
        form = await read_form(request)
        act = ACTS.get(form.get("act", ""))
        if act is None:
            raise ActionError("bad_request", "`act` is one of these: {names}.", names=", ".join(ACTS))
        person = Person(request[USER].id, request[USER].name)
        async with said_on(request, self._address(found)):
            receipt = await act(request.app[ENGINE], found.room.id, person, form)
        if wants_json(request):
            return web.json_response({"seq": receipt.seq, "act": receipt.act})
        if form["act"] in ("leave", "delete_room"):
            raise web.HTTPSeeOther("/rooms")
        if form["act"] == "raid":
            number = label(receipt.act)
            await flash(request, current().t("The raid is ended by {act}. The log can undo it.", act=number))
        raise web.HTTPSeeOther(self._address(found))

    def _address(self, found: RoomAccess) -> str:
        return f"/rooms/{found.room.name}/settings"

    async def _access(self) -> RoomAccess:
        found = await room_access(self.request)
        if not found.standing.is_member or found.room.kind in CONVERSATIONS:
            raise ActionError("not_a_member", "The settings are for the members of the room.")
        return found

    async def _page(self, found: RoomAccess) -> web.Response:
        room, standing, at = found.room, found.standing, now_ms()
        keeps_order = standing.may(Permission.BAN)
        banned = await banned_from(room.id, at) if keeps_order else []
        timed_out = await timed_out_in(room.id, at) if keeps_order else []
        members = await self._members(found)
        asks = standing.may_invite and not room.is_open
        links = await links_to_room(room.id) if standing.may(Permission.KILL) else []
        named = [name for link in links for name in (link.maker, *link.people)]
        names = [
            *named,
            *(one.name for one in (*banned, *timed_out)),
            *(one["name"] for one in members["shown"]),
        ]
        await load_names(names)
        whys = await reasons_for(room.id, ("ban", "kick"), [one.name for one in banned])
        why_quiet = await reasons_for(room.id, ("timeout",), [one.name for one in timed_out])
        pauses = sorted({*PAUSES, room.slow_seconds})
        context = {
            "room": room,
            "may": standing.permissions,
            "role": standing.title,
            "kept_days": retention.effective_days(room.retention_days),
            "site_days": retention.SITE_RETENTION.days,
            "heir": await membership.next_in_line(room.id, self.request[USER].id),
            "site_previews": site_settings(self.request.app).has_previews,
            "locked": room.posting > Role.MEMBER,
            "by_owners": room.posting is Role.OWNER,
            "rights": {right: modes.who_may(room.modes, right) for right in RIGHTS},
            "roles": list(ROLE_WORDS),
            "have_usual": modes.HAVE_USUAL,
            "pauses": [(show_duration(seconds) if seconds else "off", seconds) for seconds in pauses],
            "filters": (engine_rules.all if (engine_rules := _rules_of(self.request, room.id)) else ()),
            "held_of_new": engine_rules.held_posts_of_new if engine_rules else 0,
            "banned": [_as_shown(one, whys) for one in banned],
            "timed_out": [_as_shown(one, why_quiet) for one in timed_out],
            "members": members,
            "links": links,
            "asking": await room_requests.asking(room.id, self.request[USER]) if asks else [],
        }
        return await render_page("chat/settings/room_settings.html", self.request, context)

    async def _members(self, found: RoomAccess) -> dict[str, Any]:
        """The members of whom the query's `q` speaks, each with what one may do about them."""
        named = self.request.query.get("q", "")[:MAX_SEARCHED]
        members, more = await members_named(found.room.id, found.room.kind, named)
        shown = [
            {"name": one.name, "role": one.standing.title, "acts": self._acts_on(one, found.standing)}
            for one in members
        ]
        return {"named": named, "shown": shown, "more": more}

    def _acts_on(self, one: RoomMember, own: Standing) -> list[tuple[str, str]]:
        if one.id == self.request[USER].id or not own.outranks(one.standing):
            return []
        t = current().t
        found = []
        if own.may(Permission.GRANT) and one.standing.role is Role.MEMBER:
            found.append(("mod", t("Make a moderator")))
        if own.may(Permission.GRANT) and one.standing.role is Role.MODERATOR:
            found.append(("unmod", t("Make a member")))
        if own.may(Permission.KILL):
            found.append(("kick", t("Remove")))
        return found


def _rules_of(request: web.Request, room_id: int) -> Rules | None:
    return request.app[ENGINE].filters.of(room_id)[0]


def _as_shown(one: Restricted, whys: Mapping[str, str]) -> dict[str, str | None]:
    until = iso(one.until) if one.until is not None else None
    return {"name": one.name, "until": until, "why": whys.get(one.name)}


async def _title(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await rooms.set_title(engine, room_id, person, form.get("text", ""), new_nonce())


async def _topic(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    text = form.get("text", "").strip()
    topic = clean_text(text) if text else ""
    return await moderation.set_topic(engine, room_id, person, topic, new_nonce())


async def _address(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    name = form.get("text", "").strip().removeprefix("#")
    return await rooms.set_name(engine, room_id, person, name, new_nonce())


async def _slow(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    pause = form.get("pause", "")
    seconds = 0 if pause == "off" else parse_duration(pause)
    if seconds is None:
        raise ActionError("bad_usage", "A pause is written like 30s or 10m, or is off.")
    return await modes.slow(engine, room_id, person, seconds, new_nonce())


async def _lock(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await modes.lock(engine, room_id, person, new_nonce())


async def _unlock(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await modes.unlock(engine, room_id, person, new_nonce())


async def _rights(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    right, who = form.get("what", ""), form.get("who", "")
    return await modes.set_right(engine, room_id, person, right, who, new_nonce())


async def _history(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await modes.set_past(engine, room_id, person, form.get("past", ""), new_nonce())


async def _previews(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await modes.set_previews(engine, room_id, person, form.get("previews", ""), new_nonce())


async def _kind(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await rooms.set_kind(engine, room_id, person, form.get("kind", ""), new_nonce())


async def _archive(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await modes.archive(engine, room_id, person, new_nonce())


async def _unarchive(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await modes.unarchive(engine, room_id, person, new_nonce())


async def _user(form: Form) -> User:
    user = await user_by_name(form.get("user", "").strip().removeprefix("@"))
    if user is None:
        raise ActionError("no_such_user", "There is no such account any more.")
    return user


async def _unban(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await removing.unban(engine, room_id, person, await _user(form), "", new_nonce())


async def _untimeout(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await removing.end_timeout(engine, room_id, person, await _user(form), "", new_nonce())


async def _add_filter(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    kind, pattern, action = (form.get(name, "") for name in ("kind", "pattern", "action"))
    put = filter_rules.adding(room_id, person.id, kind, pattern, action)
    return await filter_rules.change_in_room(engine, room_id, person, "add_filter", put)


async def _remove_filter(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    text = form.get("filter", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ActionError("bad_request", "`filter` is the number of a filter.")
    put = filter_rules.removing(room_id, int(text))
    return await filter_rules.change_in_room(engine, room_id, person, "remove_filter", put)


async def _let_in(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await _answer_request(engine, room_id, person, form, lets_in=True)


async def _turn_away(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await _answer_request(engine, room_id, person, form, lets_in=False)


async def _answer_request(
    engine: Engine, room_id: int, person: Person, form: Form, *, lets_in: bool
) -> Receipt:
    standing = await engine.access.standing_of(room_id, person.id)
    await room_requests.answer(engine, room_id, standing, person, await _user(form), lets_in=lets_in)
    return Receipt("")


async def _raid(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await raids.end_raid(engine, room_id, person, clean_reason(form.get("reason", "")), new_nonce())


async def _remove_picture(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await room_pictures.set_picture(engine, room_id, person, {})


async def _mod(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    user = await _user(form)
    return await moderation.grant(engine, room_id, person, user, Role.MODERATOR, new_nonce())


async def _unmod(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await moderation.grant(engine, room_id, person, await _user(form), Role.MEMBER, new_nonce())


async def _kick(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    return await removing.kick(engine, room_id, person, await _user(form), "", new_nonce())


async def _ban(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    text = form.get("time", "")
    seconds = None if text == "good" else parse_duration(text)
    if seconds is None and text != "good":
        raise ActionError("bad_usage", "A ban’s time is written like 2h or 3d, or is good.")
    user, reason = await _user(form), clean_reason(form.get("reason", ""))
    return await removing.ban(engine, room_id, person, user, seconds, reason, new_nonce())


def clean_reason(text: str) -> str:
    return clean_text(text.strip()) if text.strip() else ""


async def _leave(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    is_sure = form.get("sure") == "yes"
    return await membership.leave(engine, room_id, person, new_nonce(), is_sure=is_sure)


async def _retention(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    text = form.get("days", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ActionError("bad_usage", "From 1 to {most} days, please.", most=retention.MAX_DAYS)
    days, keeps_pinned = int(text) if text else None, form.get("keeps_pinned") == "yes"
    return await retention.keep_for(engine, room_id, person, days, new_nonce(), keeps_pinned=keeps_pinned)


async def _delete_room(engine: Engine, room_id: int, person: Person, form: Form) -> Receipt:
    name = form.get("name", "").strip()
    return await deleted_rooms.delete_room(engine, room_id, person, name, "", new_nonce())


ACTS: dict[str, Act] = {
    "title": _title,
    "topic": _topic,
    "address": _address,
    "slow": _slow,
    "lock": _lock,
    "unlock": _unlock,
    "rights": _rights,
    "history": _history,
    "previews": _previews,
    "kind": _kind,
    "archive": _archive,
    "unarchive": _unarchive,
    "unban": _unban,
    "untimeout": _untimeout,
    "add_filter": _add_filter,
    "remove_filter": _remove_filter,
    "let_in": _let_in,
    "turn_away": _turn_away,
    "remove_picture": _remove_picture,
    "raid": _raid,
    "mod": _mod,
    "unmod": _unmod,
    "kick": _kick,
    "ban": _ban,
    "retention": _retention,
    "leave": _leave,
    "delete_room": _delete_room,
}
"""By the form's field `act`."""
