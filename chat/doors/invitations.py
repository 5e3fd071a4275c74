"""Answers to an invitation by name; links by which people are invited; and the page behind a link. Sent
as forms; programs get JSON."""

import io
from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from accounts.doors.registration import look_at, registration_page
from accounts.keys import INVITE_DOOR, USER, FoundInvitation
from accounts.models import User
from accounts.people.directory import user_by_name
from accounts.people.shown_names import load_names
from accounts.people.site_roles import SitePermission, site_may
from accounts.signin.invite_links import DEFAULT_DAYS, MAX_DAYS, MAX_USES, may_invite_to_site
from accounts.site_settings import site_settings
from chat.actions import invitations, invite_links, membership, room_requests
from chat.actions.mailed_invitations import addresses_in, send_invitations
from chat.actions.rooms import rooms
from chat.doors.sidebar import sidebar_of
from chat.drafts import Person
from chat.errors import ActionError
from chat.history.access import RoomAccess
from chat.history.invite_links import links_of
from chat.keys import ENGINE, take_token
from chat.models import CONVERSATIONS, Room
from chat.requests import new_nonce
from chat.room_names import clean_title
from helpers.clock import iso, now_ms
from helpers.keys import SETTINGS
from helpers.mail.queue import MAILS
from helpers.text.translation import current, translate
from helpers.web.flash import flash, is_for_programs, said_on
from helpers.web.rendering import render_page
from helpers.web.requests.forms import Form, read_form, read_values
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json

MAX_NAME = 64
"""Characters of a name that is looked up."""


class _Answer(web.View):
    async def post(self) -> web.StreamResponse:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        found = await request.app[ENGINE].access.find(request.match_info["name"].lower(), user)
        if found is None:
            raise invitations.no_invitation()
        return await self.answer(found.room, user)

    async def answer(self, room: Room, user: User) -> web.StreamResponse:
        raise NotImplementedError


class Accept(_Answer):
    async def answer(self, room: Room, user: User) -> web.StreamResponse:
        await invitations.accept(self.request.app[ENGINE], room, user)
        if wants_json(self.request):
            return web.json_response({"name": room.name})
        raise web.HTTPSeeOther(f"/rooms/{room.name}")


class Decline(_Answer):
    async def answer(self, room: Room, user: User) -> web.StreamResponse:
        await invitations.decline(self.request.app[ENGINE], room, user)
        if wants_json(self.request):
            return web.Response(status=204)
        raise web.HTTPSeeOther("/rooms")


class AskToJoin(web.View):
    """Asks to be let into the closed room in the path, if there is one: the answer is the same."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        await room_requests.ask(request.app[ENGINE], request.match_info["name"], user)
        if wants_json(request):
            return web.json_response({"asked": True}, status=202)
        t = current().t
        await flash(request, t("If there is such a room, those who may invite to it see that you ask."))
        raise web.HTTPSeeOther("/rooms")


class LinkDoor:
    """The InviteDoor of accounts.keys."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    async def _follow(self, code: str, user: User | None = None) -> invite_links.FollowedLink:
        return await invite_links.follow(self._app[ENGINE], site_settings(self._app), code, user)

    async def look(self, code: str, user: User | None = None) -> FoundInvitation:
        found = await self._follow(code, user)
        places = [room.shown for room in found.rooms]
        approves = found.admits and site_may(found.maker, SitePermission.ADMIT)
        return FoundInvitation(code, found.link.id, found.maker, places, found.admits, approves)

    async def enter(self, code: str, user: User) -> str:
        joined = await invite_links.join_by_link(self._app[ENGINE], await self._follow(code, user), user)
        return f"/rooms/{joined[0].name}" if joined else "/rooms"

    async def enter_after_waiting(self, user: User) -> None:
        await invite_links.join_after_waiting(self._app[ENGINE], site_settings(self._app), user)


class Join(web.View):
    """The page of a link. A visitor names themselves or signs in; who is signed in joins by a press."""

    async def get(self) -> web.Response:
        request, code = self.request, self.request.match_info["code"]
        invitation = await look_at(request, code)
        if wants_json(request):
            return web.json_response(_described(invitation))
        if USER not in request:
            return await registration_page(request, Form(), invitation)
        await load_names([invitation.maker.name])
        context = {"invitation": invitation}
        return await render_page("chat/join.html", request, context)

    async def post(self) -> web.Response:
        request, code = self.request, self.request.match_info["code"]
        await look_at(request, code)
        if USER not in request:
            if wants_json(request):
                raise web.HTTPUnauthorized
            raise web.HTTPSeeOther(f"/join/{code}")
        if request[USER].waits_since is not None:
            raise web.HTTPSeeOther("/accounts/waiting")
        take_token(request, request[USER].id)
        target = await request.app[INVITE_DOOR].enter(code, request[USER])
        if wants_json(request):
            return web.json_response({"name": target.removeprefix("/rooms").removeprefix("/") or None})
        raise web.HTTPSeeOther(target)


def _described(invitation: FoundInvitation) -> dict[str, Any]:
    return {"by": invitation.maker.name, "rooms": invitation.places}


class Invitations(web.View):
    """One's own links, and the form that makes one: for the rooms `room`, or without any for the
    site. With `user` somebody who is here is invited by name."""

    async def get(self) -> web.Response:
        if wants_json(self.request):
            links = [link.as_json() for link in await links_of(self.request[USER].id)]
            return web.json_response({"invitations": links})
        chosen = self.request.query.getall("room", [])[: invite_links.MAX_ROOMS]
        return await self._page(Form(), [name.lower() for name in chosen])

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        values = await read_form(request)
        names = [name.removeprefix("#") for name in await read_values(request, "room") if name]
        form = Form(values={name: values.get(name, "") for name in ("uses", "days", "address", "user")})
        engine = request.app[ENGINE]
        try:
            if name := form.values["user"].strip():
                return await self._invite(name, await self._rooms(names))
            uses, days = _uses(form.values["uses"]), _days(form.values["days"])
            chosen = await self._rooms(names)
            may_to_site = may_invite_to_site(user, site_settings(request.app))
            if addresses := addresses_in(form.values["address"]):
                return await self._mail(addresses, chosen, days, may_to_site=may_to_site)
            link, code = await invite_links.make_link(
                engine, user, chosen, uses, days, may_to_site=may_to_site
            )
        except ActionError as error:
            if is_for_programs(request, error):
                raise
            form.errors[error.field or ""] = translate(error.phrase)
            return await self._page(form, [name.lower() for name in names], status=error.status)
        url = f"{request.app[SETTINGS].address}/join/{code}"
        made = {"url": url, "code": code, "uses": uses, "expires_at": iso(link.until)}
        if wants_json(request):
            return web.json_response(made, status=201)
        # Shown by this answer alone, since only its hash is kept: no page is loaded that could show it.
        shown = {**made, "qr": qr_code(url), "rooms": [one.room for one in chosen]}
        return await self._page(Form(), [one.room.slug for one in chosen], made=shown, status=201)

    async def _invite(self, name: str, rooms: list[RoomAccess]) -> web.Response:
        """Invites somebody who is here, by name."""
        guest = await user_by_name(name[:MAX_NAME])
        if guest is None:
            raise ActionError(
                "no_such_user", "There is nobody called {name}.", field="user", name=name[:MAX_NAME]
            )
        person = Person(self.request[USER].id, self.request[USER].name)
        try:
            for one in rooms:
                engine = self.request.app[ENGINE]
                await invitations.invite(engine, one.room.id, person, guest, new_nonce())
        except ActionError as error:
            raise error if error.retry_after else error.about("user") from None
        if wants_json(self.request):
            return web.json_response({"invited": guest.name}, status=201)
        note = current().t("{name} is invited.", name=guest.called)
        return await self._page(Form(), [one.room.slug for one in rooms], note=note, status=201)

    async def _mail(
        self, addresses: list[str], rooms: list[RoomAccess], days: int, *, may_to_site: bool
    ) -> web.Response:
        """Invites people by mail, each by a link for one."""
        mails = self.request.app[MAILS]
        if not mails.is_on:
            raise ActionError(
                "no_mail",
                "This site sends no mail. Make a link without an address, and send it yourself.",
                field="address",
            )
        engine, user = self.request.app[ENGINE], self.request[USER]
        links = await send_invitations(engine, mails, user, rooms, addresses, days, may_to_site=may_to_site)
        if wants_json(self.request):
            return web.json_response({"mailed": addresses, "expires_at": iso(links[0].until)}, status=201)
        note = current().n(
            "A mail with an invitation is on its way to {count} address.",
            "Mails with invitations are on their way to {count} addresses.",
            len(addresses),
        )
        return await self._page(Form(), [one.room.slug for one in rooms], note=note, status=201)

    async def _rooms(self, names: list[str]) -> list[RoomAccess]:
        """The rooms of these addresses, each once. Raises ActionError."""
        names = list(dict.fromkeys(name.lower() for name in names))
        if len(names) > invite_links.MAX_ROOMS:
            raise ActionError(
                "too_many", "At most {most} rooms, please.", field="room", most=invite_links.MAX_ROOMS
            )
        found = []
        for name in names:
            room = await membership.find_room(self.request.app[ENGINE], name, self.request[USER])
            if room is None or not room.standing.is_member or room.room.kind in CONVERSATIONS:
                raise ActionError("not_a_member", "You are not a member of {room}.", room=f"#{name[:64]}")
            found.append(room)
        return found

    async def _page(
        self,
        form: Form,
        chosen: list[str],
        *,
        made: dict[str, Any] | None = None,
        note: str = "",
        status: int = 200,
    ) -> web.Response:
        request, user = self.request, self.request[USER]
        engine = request.app[ENGINE]
        reached = []
        for view in (await sidebar_of(request, user)).rooms:
            if view.is_conversation or view.archived:
                continue
            found = await engine.access.find(view.name.lower(), user)
            if found is not None and invite_links.may_lead_to(found.room, found.standing, now_ms()):
                reached.append(found.room)
        links = await links_of(user.id)
        await load_names([name for link in links for name in link.people])
        context = {
            "form": form,
            "made": made,
            "note": note,
            "chosen_room": next((room for room in reached if [room.slug] == chosen), None),
            "rooms": reached,
            "chosen": chosen,
            "links": links,
            "to_site": may_invite_to_site(user, site_settings(request.app)),
            "sends_mail": request.app[MAILS].is_on,
            "default_days": DEFAULT_DAYS,
            "max_days": MAX_DAYS,
            "max_uses": MAX_USES,
        }
        return await render_page("chat/invitations.html", request, context, status=status)


class Begin(web.View):
    """The last step of who has made a site's first account: its first room, with a link to it. Once
    there is a room it leads to the rooms."""

    async def get(self) -> web.Response:
        await self._check()
        return await self._page(Form())

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        await self._check()
        take_token(request, user.id)
        form = Form(values=dict(await read_form(request)))
        engine = request.app[ENGINE]
        try:
            title = clean_title(form.values.get("title", ""))
            room = await rooms.create_room(engine, user, title, "", "open")
        except (ActionError, ValueError) as error:
            form.errors["title"] = translate(
                error.phrase if isinstance(error, ActionError) else error.args[0]
            )
            return await self._page(form, 422)
        found = await engine.access.find(room.slug, user)
        assert found is not None  # noqa: S101 - it was made just now
        link, code = await invite_links.make_link(engine, user, [found], None, DEFAULT_DAYS)
        url = f"{engine.address}/join/{code}"
        made = {"url": url, "uses": None, "expires_at": iso(link.until), "qr": qr_code(url)}
        return await self._page(Form(), 201, {**made, "rooms": [room]})

    async def _check(self) -> None:
        has_room = await Room.select(Room.id).where(Room.kind.not_in(CONVERSATIONS)).aio_exists()
        if has_room or not self.request[USER].is_admin:
            raise web.HTTPSeeOther("/rooms")

    async def _page(self, form: Form, status: int = 200, made: dict[str, Any] | None = None) -> web.Response:
        context = {"form": form, "made": made}
        return await render_page("chat/begin.html", self.request, context, status=status)


def _number(text: str, most: int, field: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):
        raise ActionError("bad_value", "A number from 1 to {most}, please.", field=field, most=most)
    return int(text)


def _uses(text: str) -> int | None:
    """How many people may come; None for any number."""
    return _number(text, MAX_USES, "uses")


def _days(text: str) -> int:
    return _number(text, MAX_DAYS, "days") or DEFAULT_DAYS


def qr_code(url: str) -> Markup:
    """The address as a picture, for a phone's camera."""
    out = io.BytesIO()
    label = current().t("QR code of the link")
    segno.make(url, error="m", micro=False).save(
        *(out, "svg"), xmldecl=False, svgns=True, omitsize=True, border=2, light="#fff", title=label
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn here of an address of our own


class Revoke(web.View):
    """Ends a link: one's own, any as one who runs the site, and that it leads to the room `room` as
    its moderator. Leads back to `next`."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        form = await read_form(request)
        engine = request.app[ENGINE]
        room = await membership.find_room(engine, form.get("room", ""), user) if form.get("room") else None
        here = safe_next(form.get("next", ""), "/invitations")
        async with said_on(request, here):
            await invite_links.revoke(engine, user, int(request.match_info["link"]), room)
        if wants_json(request):
            return web.Response(status=204)
        await flash(request, current().t("The link leads nowhere any more."))
        raise web.HTTPSeeOther(here)
