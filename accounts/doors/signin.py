"""The start page, registration, sign-in and sign-out."""

from collections.abc import Mapping

import aiohttp_jinja2
from aiohttp import web
from pydantic import BaseModel, field_validator

from accounts.doors.telling import send_confirmation, tell_new_device
from accounts.keys import REGISTERED, USER
from accounts.models import User
from accounts.people import accounts, directory, display_names
from accounts.people.mentions import NAMED_PEOPLE
from accounts.signin.known_devices import known_device, remember_device
from accounts.signin.sessions import sign_in, sign_out
from accounts.signin.suspension import suspension_of
from accounts.signin.throttling import throttled_sign_in
from accounts.site_settings import CONTACT, WELCOME, site_settings
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER, SETTINGS
from helpers.limits import Rule
from helpers.security_log import note
from helpers.text.translation import Text, current, translate
from helpers.web.addresses import client_address, client_network
from helpers.web.errors import error_response
from helpers.web.flash import flash
from helpers.web.forms import Form, check_form, read_form
from helpers.web.redirects import safe_next

REGISTRATIONS_AT_ONCE = 200.0
REGISTRATIONS_PER_SECOND = 200 / 3600
REGISTRATIONS = Rule("registrations", REGISTRATIONS_PER_SECOND, REGISTRATIONS_AT_ONCE)
"""Per address: enough for a school or an office behind one address, too few for a script."""

SIGN_INS = Rule("sign-ins", 1 / 60, 30.0)
"""Per account: each is a session, which is kept for a month."""

MAX_FIELD = 500

REGISTRATION_CLOSED = Text("Registration is closed here. Ask the administrator for an account.")


def _closed(request: web.Request) -> Text:
    contact = site_settings(request.app)[CONTACT]
    if contact:
        return Text("Registration is closed here. Ask for an account: {contact}", contact=contact)
    return REGISTRATION_CLOSED


class Credentials(BaseModel):
    username: str
    password: str
    email: str = ""
    next: str = ""

    @field_validator("username", "password", "email")
    @classmethod
    def _not_too_long(cls, value: str) -> str:
        if len(value) > MAX_FIELD:
            raise ValueError(Text("This is too long."))
        return value

    @field_validator("username")
    @classmethod
    def _stripped(cls, value: str) -> str:
        # Keyboards that complete a name add a space after it.
        return value.strip()


class SignIn(Credentials):
    @field_validator("username", "password")
    @classmethod
    def _not_empty(cls, value: str) -> str:
        if not value:
            raise ValueError(Text("This is needed."))
        return value


class Registration(SignIn):
    display_name: str = ""


PROPOSED = Text("This is the handle that we propose. Change it, or take it: it stays yours.")


def _page(request: web.Request, template: str, form: Form, status: int = 200) -> web.Response:
    return aiohttp_jinja2.render_template(template, request, {"form": form}, status=status)


def _empty_form(request: web.Request) -> Form:
    return Form(values={"next": safe_next(request.query.get("next", ""), "")})


def _redirect_after_sign_in(target: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(safe_next(target, "/rooms"))


async def _signed_in(request: web.Request, user: User, target: str) -> web.HTTPSeeOther:
    response = _redirect_after_sign_in(target)
    await remember_device(request, response, user)
    return response


class Register(web.View):
    template = "accounts/register.html"

    async def get(self) -> web.Response:
        if USER in self.request:
            raise _redirect_after_sign_in(self.request.query.get("next", ""))
        if not site_settings(self.request.app).is_open:
            return error_response(self.request, 403, _closed(self.request))
        return self._form(_empty_form(self.request))

    def _form(self, form: Form, status: int = 200) -> web.Response:
        context = {"form": form, "max_display_name": display_names.MAX_LENGTH}
        return aiohttp_jinja2.render_template(self.template, self.request, context, status=status)

    async def post(self) -> web.Response:
        request = self.request
        settings = request.app[SETTINGS]
        if not site_settings(request.app).is_open:
            return error_response(request, 403, _closed(request))
        values = await read_form(request)
        proposed = "" if values.get("username", "").strip() else await _proposed_name(request, values)
        data, form = check_form(Registration, {**values, **({"username": proposed} if proposed else {})})
        if proposed:
            return self._propose(form, data)
        if data is None:
            return self._form(form, 422)
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
            )
        except accounts.BadAccount as error:
            form.errors.update((field, translate(text)) for field, text in error.errors.items())
            return self._form(form, 422)
        request.app[NAMED_PEOPLE].name_changed(user.name)
        await sign_in(request, user)
        note("register", "ok", who=user.name, whence=client_address(request))
        for call in request.app[REGISTERED]:
            await call(user)
        await accounts.note_language(user, current().code)
        await send_confirmation(request, user)
        t = current().t
        welcome = (
            t("Welcome, {name}! You are this site's administrator.", name=user.display_name or user.name)
            if user.is_admin
            else t("Welcome, {name}!", name=user.display_name or user.name)
        )
        await flash(request, welcome, "success")
        raise await _signed_in(request, user, data.next)

    def _propose(self, form: Form, data: Registration | None) -> web.Response:
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
        return self._form(form, 422)


PROPOSALS = Rule("proposed-names", 2.0, 60.0)
"""Per address: one for each pause while somebody types their name."""


class ProposedName(web.View):
    """Proposes a handle for how somebody is called, `display_name`; empty where none can be made of
    it."""

    async def get(self) -> web.Response:
        if not site_settings(self.request.app).is_open:
            return error_response(self.request, 403, _closed(self.request))
        return web.json_response({"handle": await _proposed_name(self.request, self.request.query)})


async def _proposed_name(request: web.Request, values: Mapping[str, str]) -> str:
    name = values.get("display_name", "").strip()
    if not name or len(name) > display_names.MAX_LENGTH:
        return ""
    await charge(request.app[LIMITER], PROPOSALS, client_network(request))
    return await accounts.propose_name(name)


class Login(web.View):
    template = "accounts/login.html"

    async def get(self) -> web.Response:
        if USER in self.request:
            raise _redirect_after_sign_in(self.request.query.get("next", ""))
        return _page(self.request, self.template, _empty_form(self.request))

    async def post(self) -> web.Response:
        request = self.request
        data, form = check_form(SignIn, await read_form(request))
        if data is None:
            return _page(request, self.template, form, 422)
        username, password = data.username, data.password
        known = await directory.user_by_login(username)
        device = await known_device(request, known)
        user = await throttled_sign_in(
            request,
            directory.guess_key(username, known),
            device,
            lambda: directory.authenticate(username, password),
        )
        if user is None:
            # What isn't an account's name may be a password that was typed into the wrong field.
            note("sign-in", "failed", who=known.name if known else "", whence=client_address(request))
            form.errors[""] = current().t("Name or password is wrong.")
            return _page(request, self.template, form, 401)
        if suspension := await suspension_of(user.id):
            note("sign-in", "refused", who=user.name, whence=client_address(request))
            form.errors[""] = translate(suspension.text)
            return _page(request, self.template, form, 403)
        await charge(request.app[LIMITER], SIGN_INS, user.id)
        await sign_in(request, user)
        note("sign-in", "ok", who=user.name, whence=client_address(request))
        if not device and user.email_verified_at:
            await tell_new_device(request, user, user.language)
        await accounts.note_language(user, current().code)
        raise await _signed_in(request, user, data.next)


class Logout(web.View):
    async def post(self) -> web.Response:
        request = self.request
        await sign_out(request)
        note("sign-out", "ok", who=request[USER].name, whence=client_address(request))
        # What drafts and unsent messages the browser keeps is nobody's any more.
        raise web.HTTPSeeOther("/", headers={"Clear-Site-Data": '"storage"'})


class Index(web.View):
    """The start page for visitors. People who are signed in are redirected to the rooms."""

    async def get(self) -> web.Response:
        if USER in self.request:
            raise web.HTTPSeeOther("/rooms")
        is_new = not await accounts.has_any()
        context = {"is_new": is_new, "welcome": site_settings(self.request.app)[WELCOME]}
        return aiohttp_jinja2.render_template("index.html", self.request, context)
