"""The start page, sign-in and sign-out."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import BaseModel, field_validator

from accounts.doors.telling import tell_new_device
from accounts.keys import USER
from accounts.models import User
from accounts.people import accounts, directory
from accounts.signin.known_devices import known_device, remember_device
from accounts.signin.sessions import sign_in, sign_out
from accounts.signin.suspension import suspension_of
from accounts.signin.throttling import throttled_sign_in
from accounts.site_settings import REGISTRATION, WELCOME, site_settings
from helpers.base_path import base_path
from helpers.errors import charge
from helpers.keys import LIMITER
from helpers.limits import Rule
from helpers.security_log import note
from helpers.text.translation import Text, current, translate
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from helpers.web.requests.forms import Form, check_form, read_form
from helpers.web.requests.redirects import safe_next

SIGN_INS = Rule("sign-ins", 1 / 60, 30.0)
"""Per account: each is a session, which is kept for a month."""

MAX_FIELD = 500

FORGET = "forget"
"""In the address of the start page: what this browser has kept of the site goes."""


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


async def _page(request: web.Request, template: str, form: Form, status: int = 200) -> web.Response:
    return await render_page(template, request, {"form": form}, status=status)


def empty_form(request: web.Request) -> Form:
    return Form(values={"next": safe_next(request.query.get("next", ""), "")})


def redirect_after_sign_in(target: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(safe_next(target, "/rooms"))


async def signed_in(request: web.Request, user: User, target: str) -> web.HTTPSeeOther:
    response = redirect_after_sign_in(target)
    await remember_device(request, response, user)
    return response


class Login(web.View):
    template = "accounts/signin/login.html"

    async def get(self) -> web.Response:
        if USER in self.request:
            raise redirect_after_sign_in(self.request.query.get("next", ""))
        return await _page(self.request, self.template, empty_form(self.request))

    async def post(self) -> web.Response:
        request = self.request
        data, form = check_form(SignIn, await read_form(request))
        if data is None:
            return await _page(request, self.template, form, 422)
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
            return await _page(request, self.template, form, 401)
        if suspension := await suspension_of(user.id):
            note("sign-in", "refused", who=user.name, whence=client_address(request))
            form.errors[""] = translate(suspension.text)
            return await _page(request, self.template, form, 403)
        await charge(request.app[LIMITER], SIGN_INS, user.id)
        await sign_in(request, user)
        note("sign-in", "ok", who=user.name, whence=client_address(request))
        if not device and user.email_verified_at:
            await tell_new_device(request, user, user.language)
        await accounts.note_language(user, current().code)
        raise await signed_in(request, user, data.next)

    async def stale(self) -> web.Response:
        form = older_form(self.request, SignIn, await read_form(self.request))
        return await _page(self.request, self.template, form, 403)


def older_form(request: web.Request, model: type[BaseModel], fields: Mapping[str, str]) -> Form:
    """The form with what was typed, as it was sent from a page that is older than the session. Raises the
    redirect of who has signed in meanwhile, as in another tab."""
    if USER in request:
        raise redirect_after_sign_in(fields.get("next", ""))
    _, form = check_form(model, fields)
    form.errors = {"": current().t("This page was open for long. Please send it once more.")}
    return form


def farewell() -> tuple[str, dict[str, str]]:
    """Where one gets after signing out, and with which headers: what drafts and unsent messages the
    browser keeps is nobody's any more. Where other sites share the host, the page removes the site's own
    alone (static/js/accounts/forget.js)."""
    if base_path():
        return f"/?{FORGET}=1", {}
    return "/", {"Clear-Site-Data": '"storage"'}


class Logout(web.View):
    async def post(self) -> web.Response:
        request = self.request
        await sign_out(request)
        note("sign-out", "ok", who=request[USER].name, whence=client_address(request))
        address, headers = farewell()
        raise web.HTTPSeeOther(address, headers=headers)


class Index(web.View):
    """The start page for visitors. People who are signed in are redirected to the rooms."""

    async def get(self) -> web.Response:
        if USER in self.request:
            raise web.HTTPSeeOther("/rooms")
        is_new = not await accounts.has_any()
        now = site_settings(self.request.app)
        may_begin = is_new and now[REGISTRATION] != "closed"
        context = {"is_new": is_new, "may_begin": may_begin, "welcome": now[WELCOME]}
        context["forgets"] = bool(base_path()) and FORGET in self.request.query
        return await render_page("index.html", self.request, context)
