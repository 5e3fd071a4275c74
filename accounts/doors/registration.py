"""Registration: who may make themselves an account, and the form, which may come with an invitation."""

from collections.abc import Mapping
from enum import Enum, auto
from urllib.parse import quote

from aiohttp import web
from pydantic import field_validator

from accounts.doors.signin import SignIn, empty_form, older_form, redirect_after_sign_in, signed_in
from accounts.doors.telling import send_confirmation
from accounts.doors.waiting import tell_newcomers_changed
from accounts.keys import INVITE_DOOR, REGISTERED, USER, FoundInvitation
from accounts.models import User
from accounts.people import accounts, display_names
from accounts.people.mentions import NAMED_PEOPLE
from accounts.people.shown_names import load_names
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.waiting import begin_to_wait
from accounts.signin.invite_links import LOOKS, able_maker, dead_link, take_use
from accounts.signin.sessions import sign_in
from accounts.site_look import DEFAULT_COLOUR, clean_colour
from accounts.site_settings import (
    COLOUR,
    CONTACT,
    MAX_SITE_NAME,
    NAME,
    NEWCOMERS,
    REGISTRATION,
    SiteSettings,
    site_settings,
    store_setting,
    tell_settings,
)
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER, SETTINGS
from helpers.limits import Rule
from helpers.security_log import note
from helpers.text.characters import is_blank, is_one_line
from helpers.text.translation import Text, current, translate
from helpers.web.errors import error_response
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address, client_network
from helpers.web.requests.forms import Form, check_form, read_form

REGISTRATIONS_AT_ONCE = 200.0
REGISTRATIONS_PER_SECOND = 200 / 3600
REGISTRATIONS = Rule("registrations", REGISTRATIONS_PER_SECOND, REGISTRATIONS_AT_ONCE)
"""Per address: enough for a school or an office behind one address, too few for a script."""


class Admission(Enum):
    """What becomes of somebody who registers."""

    YES = auto()
    WAITS = auto()
    """Until somebody who runs the site lets them in."""
    NO = auto()


def admission(now: SiteSettings, invitation: FoundInvitation | None) -> Admission:
    """How the site takes visitors, but for its first one. Registration that is closed is closed for
    those who were invited too."""
    match now[REGISTRATION]:
        case "open":
            return Admission.YES
        case "invitation":
            return Admission.YES if invitation is not None and invitation.admits else Admission.NO
        case "approval":
            is_approved = invitation is not None and invitation.approves
            return Admission.YES if is_approved else Admission.WAITS
        case _:
            return Admission.NO


async def _admission(now: SiteSettings, invitation: FoundInvitation | None) -> Admission:
    """The same, also for the first visitor of an empty site, whom nobody can invite or let in."""
    found = admission(now, invitation)
    if found is not Admission.YES and now[REGISTRATION] != "closed" and not await accounts.has_any():
        return Admission.YES
    return found


def not_admitted(now: SiteSettings) -> Text:
    """Why there is no form."""
    contact = now[CONTACT]
    if now[REGISTRATION] == "invitation":
        if contact:
            return Text(
                "One comes here by invitation. Ask a member for a link, or: {contact}", contact=contact
            )
        return Text("One comes here by invitation. Ask a member for a link.")
    if contact:
        return Text("Registration is closed here. Ask for an account: {contact}", contact=contact)
    return Text("Registration is closed here. Ask the administrator for an account.")


class Registration(SignIn):
    display_name: str = ""
    invitation: str = ""
    site_name: str = ""
    site_colour: str = ""

    @field_validator("site_name")
    @classmethod
    def _site_name(cls, value: str) -> str:
        value = value.strip()
        if len(value) > MAX_SITE_NAME:
            raise ValueError(Text("This is too long."))
        if value and not (is_one_line(value) and value.isprintable() and not is_blank(value)):
            raise ValueError(Text("One line without control characters, please."))
        return value

    @field_validator("site_colour")
    @classmethod
    def _site_colour(cls, value: str) -> str:
        try:
            return clean_colour(value)
        except ActionError as error:
            raise ValueError(error.phrase) from None


PROPOSED = Text("This is the handle that we propose. Change it, or take it: it stays yours.")


async def look_at(request: web.Request, code: str) -> FoundInvitation:
    """What the link with this code leads to. Raises dead_link, and counts the look."""
    await charge(request.app[LIMITER], LOOKS, client_network(request))
    return await request.app[INVITE_DOOR].look(code, request.get(USER))


async def registration_page(
    request: web.Request, form: Form, invitation: FoundInvitation | None = None, status: int = 200
) -> web.Response:
    """The form, with who invites and where to. Who may not register is told so, and may sign in."""
    now = site_settings(request.app)
    found = await _admission(now, invitation)
    if invitation is not None:
        await load_names([invitation.maker.name])
        form.values.setdefault("next", f"/join/{invitation.code}")
    context = {
        "form": form,
        "max_display_name": display_names.MAX_LENGTH,
        "max_site_name": MAX_SITE_NAME,
        "usual_colour": DEFAULT_COLOUR,
        "invitation": invitation,
        "may_register": found is not Admission.NO,
        "waits": found is Admission.WAITS,
        "why_not": translate(not_admitted(now)),
        "is_first": now[REGISTRATION] != "closed" and not await accounts.has_any(),
    }
    return await render_page("accounts/signin/register.html", request, context, status=status)


class Register(web.View):
    async def get(self) -> web.Response:
        if USER in self.request:
            raise redirect_after_sign_in(self.request.query.get("next", ""))
        now = site_settings(self.request.app)
        if await _admission(now, None) is Admission.NO:
            return await error_response(self.request, 403, not_admitted(now))
        return await registration_page(self.request, empty_form(self.request))

    async def post(self) -> web.Response:
        request = self.request
        settings, now = request.app[SETTINGS], site_settings(request.app)
        values = await read_form(request)
        code = values.get("invitation", "")
        invitation = await look_at(request, code) if code else None
        if await _admission(now, invitation) is Admission.NO:
            return await error_response(request, 403, not_admitted(now))
        proposed = "" if values.get("username", "").strip() else await _proposed_name(request, values)
        data, form = check_form(Registration, {**values, **({"username": proposed} if proposed else {})})
        if proposed:
            return await self._propose(form, data, invitation)
        if data is None:
            return await registration_page(request, form, invitation, 422)
        if wait := await request.app[LIMITER].take(REGISTRATIONS, client_network(request)):
            raise ActionError(
                "rate_limited",
                "Too many accounts have been made from your address. Please try again later.",
                retry_after=int(wait) + 1,
            )
        try:
            user = await accounts.register(
                request.app[DATABASE],
                data.username,
                data.email,
                data.password,
                display_name=data.display_name,
                host=settings.host_name,
                admit=lambda user, is_first: _admit(now, invitation, user, is_first=is_first),
            )
        except accounts.BadAccount as error:
            form.errors.update((field, translate(text)) for field, text in error.errors.items())
            return await registration_page(request, form, invitation, 422)
        request.app[NAMED_PEOPLE].name_changed(user.name)
        await sign_in(request, user)
        note("register", "ok", who=user.name, whence=client_address(request))
        await accounts.note_language(user, current().code)
        await send_confirmation(request, user)
        if user.waits_since is not None:
            await tell_newcomers_changed(request.app)
            raise await signed_in(request, user, "/accounts/waiting")
        for call in request.app[REGISTERED]:
            await call(user)
        target = await self._enter(invitation, user) or data.next
        if user.is_admin:
            # Nobody else begins as one: it is the site's first account.
            await set_up_site(request.app, user, {NAME: data.site_name, COLOUR: data.site_colour})
            target = data.next or "/begin"
        t = current().t
        welcome = (
            t("Welcome, {name}! You are this site's administrator.", name=user.display_name or user.name)
            if user.is_admin
            else t("Welcome, {name}!", name=user.display_name or user.name)
        )
        await flash(request, welcome, "success")
        if now[NEWCOMERS] and not user.is_admin:
            target = f"/welcome?next={quote(target, safe='/')}"
        raise await signed_in(request, user, target)

    async def stale(self) -> web.Response:
        values = await read_form(self.request)
        form, code = older_form(self.request, Registration, values), values.get("invitation", "")
        return await registration_page(
            self.request, form, await look_at(self.request, code) if code else None, 403
        )

    async def _enter(self, invitation: FoundInvitation | None, user: User) -> str:
        """Lets the new person into the rooms of the invitation. The account stands, whatever becomes of
        it."""
        if invitation is None:
            return ""
        try:
            return await self.request.app[INVITE_DOOR].enter(invitation.code, user)
        except ActionError as error:
            await flash(self.request, translate(error.phrase), "error")
            return "/rooms"

    async def _propose(
        self, form: Form, data: Registration | None, invitation: FoundInvitation | None
    ) -> web.Response:
        """The form again, with a handle to agree to, and with what else is wrong in it."""
        if data is not None:
            host = self.request.app[SETTINGS].host_name
            try:
                accounts.new_user(
                    *(data.username, data.email, data.password), display_name=data.display_name, host=host
                )
            except accounts.BadAccount as error:
                form.errors.update((field, translate(text)) for field, text in error.errors.items())
        form.errors["username"] = translate(PROPOSED)
        return await registration_page(self.request, form, invitation, 422)


async def set_up_site(app: web.Application, user: User, values: Mapping[str, str]) -> None:
    """What the first visitor chooses, as on the site's own page."""
    fixed = site_settings(app).fixed
    for name, value in values.items():
        if value and name not in fixed:
            async with app[DATABASE].aio_atomic():
                await store_setting(name, value)
                await record_site_act("site", SiteActor.of(user), before={name: ""}, after={name: value})
    await tell_settings(app)


async def _admit(
    now: SiteSettings,
    invitation: FoundInvitation | None,
    user: User,
    *,
    is_first: bool,
) -> None:
    """Decides in the transaction that makes the account: what the visitor was shown may be over. Of two
    first visitors one is the first; of two who take the last use of a link one gets it."""
    if invitation is not None and (
        await able_maker(invitation.maker.id) is None or not await take_use(invitation.link_id, user.id)
    ):
        raise dead_link()
    found = Admission.YES if is_first else admission(now, invitation)
    if found is Admission.NO:
        raise ActionError("forbidden", "One comes here by invitation. Ask a member for a link.")
    if found is Admission.WAITS:
        await begin_to_wait(user)


PROPOSALS = Rule("proposed-names", 2.0, 60.0)
"""Per address: one for each pause while somebody types their name."""


class ProposedName(web.View):
    """Proposes a handle for how somebody is called, `display_name`; empty where none can be made of
    it."""

    async def get(self) -> web.Response:
        now = site_settings(self.request.app)
        if now[REGISTRATION] == "closed":
            return await error_response(self.request, 403, not_admitted(now))
        return web.json_response({"handle": await _proposed_name(self.request, self.request.query)})


async def _proposed_name(request: web.Request, values: Mapping[str, str]) -> str:
    name = values.get("display_name", "").strip()
    if not name or len(name) > display_names.MAX_LENGTH:
        return ""
    await charge(request.app[LIMITER], PROPOSALS, client_network(request))
    return await accounts.propose_name(name)
