"""A person, as those who run the site see them, and what can be done about their account. Each form is
one act."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from redis.exceptions import RedisError

from accounts.doors.profiles import tell_of_name
from accounts.doors.waiting import tell_newcomers_changed
from accounts.keys import INVITE_DOOR, REGISTERED, USER
from accounts.models import User
from accounts.people.directory import user_by_name
from accounts.people.mentions import NAMED_PEOPLE
from accounts.people.pictures import stored_bytes as picture_bytes
from accounts.people.shown_names import load_names
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, SiteRole, site_may, site_outranks, site_role_of
from accounts.personal_data.deletion import ACCOUNT_DELETION
from accounts.signin.devices import device_of
from accounts.signin.sessions import end_all_sessions
from accounts.signin.suspension import database_now_ms
from administration import admitting, people_acts
from administration.doors.frame import SitePage, read_act, render, shown_entries
from administration.doors.people import described
from administration.people_lists import rooms_of
from administration.site_log import LogFilter, log_entries
from chat.keys import ENGINE
from chat.personal_data import holds
from chat.personal_data.holds import hold_on
from feed.pictures import used_bytes
from helpers.clock import iso
from helpers.errors import ActionError
from helpers.keys import DATABASE, SETTINGS
from helpers.security_log import note
from helpers.text.characters import one_line
from helpers.text.durations import parse_duration
from helpers.text.translation import current, translate
from helpers.web.flash import flash, is_for_programs
from helpers.web.requests.addresses import client_address
from helpers.web.routing import wants_json
from helpers.web.sessions import STORAGE

log = logging.getLogger("aiochat.administration")

MAX_SESSIONS = 50
MAX_ACTS = 20
PATIENCE_SECONDS = 2.0
"""The answer waits so long for the erasure of a deleted account."""

SUSPENSIONS = ("1h", "1d", "7d", "30d", "for_good")
FOR_GOOD = "for_good"
WAITING = "/admin/people?state=waiting"

Form = Mapping[str, str]


@dataclass(frozen=True)
class Done:
    """What an act did: its number in the log (None where nothing changed), what the page says, and
    what programs get besides."""

    act: int | None
    text: str
    more: Mapping[str, Any] | None = None
    leads_to: str = ""
    """Another page than the person's."""


Act = Callable[[web.Request, User, Form], Awaitable[Done]]


class PersonPage(SitePage):
    sees = SitePermission.SEE_PEOPLE

    async def get(self) -> web.Response:
        return await self._page(await self._person())

    async def post(self) -> web.Response:
        request = self.request
        person = await self._person()
        name, act, form = await read_act(request, ACTS)
        try:
            done = await act(request, person, form)
        except ActionError as error:
            if is_for_programs(request, error) or error.status == 404:
                raise
            return await self._page(person, failed=name, error=error, status=error.status)
        if done.act:
            note(name, "ok", who=request[USER].name, whence=client_address(request), target=person.name)
        if wants_json(request):
            number = f"S{done.act}" if done.act else None
            return web.json_response({"act": number, **(done.more or {})})
        if done.more and "link" in done.more:
            # Shown once, and in no session: nobody finds it later.
            return await self._page(person, link=str(done.more["link"]))
        await flash(request, done.text, "success" if done.act else "info")
        raise web.HTTPSeeOther(done.leads_to or f"/admin/people/{person.name}")

    async def _person(self) -> User:
        person = await user_by_name(self.request.match_info["name"])
        if person is None or person.left_at is not None:
            raise web.HTTPNotFound
        return person

    async def _page(
        self,
        person: User,
        *,
        link: str = "",
        failed: str = "",
        error: ActionError | None = None,
        status: int = 200,
    ) -> web.Response:
        request = self.request
        await request.app[STORAGE].store_uses()
        found = await request.app[STORAGE].store.of_user(person.id)
        acts = await log_entries(LogFilter(target_id=person.id, rooms=False), None, MAX_ACTS)
        rooms = await rooms_of(person)
        facts = {
            **described(person, await database_now_ms()),
            "bytes": await used_bytes(person.id) + await picture_bytes(person.id),
            "sessions": [
                {
                    "device": device_of(use.agent),
                    "address": use.address,
                    "used": iso(use.at) if use.at else None,
                }
                for use in list(found.values())[:MAX_SESSIONS]
            ],
            "session_count": len(found),
            "hold": await hold_on("person", person.id),
            "rooms": [
                {
                    "id": one.id,
                    "name": one.name if one.kind == "open" else None,
                    "title": one.shown,
                    "kind": one.kind,
                }
                for one in rooms
            ],
        }
        if wants_json(request):
            return web.json_response({"person": facts, "acts": [entry.as_json() for entry in acts]})
        await load_names(name for entry in acts for name in (entry.by, entry.whom) if name)
        context = {
            "person": person,
            "facts": facts,
            "acts": shown_entries(acts),
            "can": _acts_for(request[USER], person),
            "roles": [role.name.lower() for role in SiteRole],
            "suspensions": [one for one in SUSPENSIONS if one != FOR_GOOD],
            "link": link,
            "error": translate(error.phrase) if error else "",
            "failed": failed,
        }
        return await render(request, "person.html", "people", context, status)


_PERMISSIONS = {
    "suspend": SitePermission.SUSPEND,
    "unsuspend": SitePermission.SUSPEND,
    "end_sessions": SitePermission.END_SESSIONS,
    "rename": SitePermission.RENAME,
    "password_link": SitePermission.MAKE_PASSWORD_LINK,
    "role": SitePermission.SET_ROLE,
    "delete": SitePermission.DELETE_ACCOUNT,
    "hold": SitePermission.SET_SITE,
    "unhold": SitePermission.SET_SITE,
}


def _acts_for(user: User, person: User) -> set[str]:
    """The acts that the page offers."""
    if user.id == person.id:
        return {"step_down"} if site_role_of(user) is SiteRole.ADMINISTRATOR else set()
    if not site_outranks(user, person):
        return set()
    return {name for name, permission in _PERMISSIONS.items() if site_may(user, permission)}


async def _suspend(request: web.Request, person: User, form: Form) -> Done:
    text = form.get("for", "").strip()
    seconds = None if text == FOR_GOOD else parse_duration(text)
    if seconds is None and text != FOR_GOOD:
        raise ActionError(
            "bad_duration",
            "How long is written like 12h or 30d, for a year at most, or is for_good.",
            field="for",
        )
    app = request.app
    act = await people_acts.suspend(
        app[DATABASE], _actor(request), person.id, seconds, form.get("reason", "")
    )
    await close_sessions(app, person.id)
    return Done(act, current().t("{person} is suspended.", person=person.called))


async def _unsuspend(request: web.Request, person: User, form: Form) -> Done:
    act = await people_acts.unsuspend(
        request.app[DATABASE], _actor(request), person.id, form.get("reason", "")
    )
    t = current().t
    if act is None:
        return Done(None, t("{person} isn’t suspended.", person=person.called))
    return Done(act, t("{person} may sign in again.", person=person.called))


async def _end_sessions(request: web.Request, person: User, form: Form) -> Done:
    app = request.app
    act = await people_acts.end_sessions(app[DATABASE], _actor(request), person.id, form.get("reason", ""))
    await close_sessions(app, person.id)
    return Done(act, current().t("{person} is signed out everywhere.", person=person.called))


async def _password_link(request: web.Request, person: User, form: Form) -> Done:
    act, token = await people_acts.make_password_link(
        request.app[DATABASE], _actor(request), person.id, form.get("reason", "")
    )
    link = f"{request.app[SETTINGS].address}/accounts/reset/{token}"
    return Done(act, "", {"link": link})


async def _rename(request: web.Request, person: User, form: Form) -> Done:
    name = form.get("display_name", "")
    act, before = await people_acts.rename(
        request.app[DATABASE], _actor(request), person.id, name, form.get("reason", "")
    )
    if act is None:
        return Done(None, current().t("Nothing changed."))
    await tell_of_name(request.app, before, name.strip())
    return Done(act, current().t("The name is changed."))


async def _role(request: web.Request, person: User, form: Form) -> Done:
    role = _ROLES.get(form.get("role", ""))
    if role is None:
        raise ActionError("bad_role", "There is no such role.", field="role")
    act = await people_acts.set_role(
        request.app[DATABASE], _actor(request), person.id, role, form.get("reason", "")
    )
    leads_to = "/rooms" if person.id == request[USER].id and role is SiteRole.NONE else ""
    return Done(
        act,
        current().t("The role is changed.") if act else current().t("Nothing changed."),
        leads_to=leads_to,
    )


async def _delete(request: web.Request, person: User, form: Form) -> Done:
    messages = form.get("messages", "")
    if messages not in ("keep", "remove"):
        raise ActionError("bad_request", "Choose one of the two, please.", field="messages")
    if form.get("confirm", "").strip().removeprefix("@").lower() != person.name.lower():
        raise ActionError(
            "not_confirmed",
            "Type the handle of the account, to be certain: {name}",
            field="confirm",
            name=person.name,
        )
    app = request.app
    act = await people_acts.delete_account(
        app[DATABASE],
        _actor(request),
        person.id,
        removes=messages == "remove",
        reason=form.get("reason", ""),
    )
    app[NAMED_PEOPLE].name_changed(person.name)
    await close_sessions(app, person.id)
    await asyncio.wait([app[ACCOUNT_DELETION].run_now(person.id)], timeout=PATIENCE_SECONDS)
    return Done(
        act, current().t("The account {name} is deleted.", name=person.name), leads_to="/admin/people"
    )


async def _admit(request: web.Request, person: User, form: Form) -> Done:
    app = request.app
    act = await admitting.admit(app[DATABASE], _actor(request), person.id)
    if act is not None:
        for call in app[REGISTERED]:
            await call(person)
        await tell_newcomers_changed(app)
        await app[INVITE_DOOR].enter_after_waiting(person)
    return Done(act, current().t("{person} is let in.", person=person.called), leads_to=WAITING)


async def _turn_away(request: web.Request, person: User, form: Form) -> Done:
    app = request.app
    act = await admitting.turn_away(app[DATABASE], _actor(request), person.id)
    app[NAMED_PEOPLE].name_changed(person.name)
    await tell_newcomers_changed(app)
    await close_sessions(app, person.id)
    await asyncio.wait([app[ACCOUNT_DELETION].run_now(person.id)], timeout=PATIENCE_SECONDS)
    return Done(
        act, current().t("{name} is declined, and the account deleted.", name=person.name), None, WAITING
    )


async def _hold(request: web.Request, person: User, form: Form) -> Done:
    act = await holds.hold(request.app[ENGINE], _actor(request), person, form.get("reason", ""))
    return Done(act, current().t("Nothing of {person} is erased from now on.", person=person.called))


async def _unhold(request: web.Request, person: User, form: Form) -> Done:
    reason = people_acts.clean_reason(form.get("reason", ""))
    act = await holds.release(request.app[ENGINE], _actor(request), person, reason)
    return Done(act, current().t("What is due of {person} is erased again.", person=person.called))


async def close_sessions(app: web.Application, user_id: int) -> None:
    """They are none already, by the account's new secret. Where Redis is away, what is open for them
    is closed when it is back."""
    try:
        await end_all_sessions(app, user_id)
    except RedisError as error:
        log.warning("open sessions of account %d can't be closed yet: %s", user_id, one_line(error))


def _actor(request: web.Request) -> SiteActor:
    return SiteActor.of(request[USER])


_ROLES = {role.name.lower(): role for role in SiteRole}

ACTS: dict[str, Act] = {
    "suspend": _suspend,
    "unsuspend": _unsuspend,
    "end_sessions": _end_sessions,
    "password_link": _password_link,
    "rename": _rename,
    "role": _role,
    "delete": _delete,
    "admit": _admit,
    "turn_away": _turn_away,
    "hold": _hold,
    "unhold": _unhold,
}
"""By the form's field `act`."""
