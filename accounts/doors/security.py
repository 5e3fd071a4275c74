"""Security settings of an account: e-mail address, password, and sessions. Changing the first two
requires the password."""

from collections.abc import Mapping
from typing import TypeVar

from aiohttp import web
from aiohttp_session import get_session
from pydantic import BaseModel, field_validator

from accounts.doors.telling import send_confirmation, tell_email_changed, tell_password_changed
from accounts.keys import USER
from accounts.people import accounts
from accounts.people.passwords import verify_password
from accounts.signin.devices import device_of
from accounts.signin.known_devices import remember_device
from accounts.signin.sessions import end_other_sessions, end_session, renew_session
from accounts.signin.throttling import throttled
from helpers.clock import iso
from helpers.keys import SETTINGS
from helpers.mail.queue import MAILS
from helpers.security_log import note
from helpers.text.translation import Text, current, translate
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from helpers.web.requests.forms import Form, check_form, read_form
from helpers.web.sessions import STORAGE

MAX_FIELD = 500
MAX_SHOWN = 100
"""Sessions in the list, the most recently used first. `Sign out all others` ends the rest too."""

ID_PREFIX_LENGTH = 16
"""Characters of a session's id in its form: enough to be unique among one person's sessions."""


class WithPassword(BaseModel):
    password: str

    @field_validator("password")
    @classmethod
    def _not_empty(cls, value: str) -> str:
        if not value:
            raise ValueError(Text("This is needed."))
        if len(value) > MAX_FIELD:
            raise ValueError(Text("This is too long."))
        return value


class EmailForm(WithPassword):
    email: str = ""

    @field_validator("email")
    @classmethod
    def _not_too_long(cls, value: str) -> str:
        if len(value) > MAX_FIELD:
            raise ValueError(Text("This is too long."))
        return value


class PasswordForm(WithPassword):
    new_password: str


async def _is_password(request: web.Request, password: str) -> bool:
    """Is it the user's password? Failed guesses are slowed down as at sign-in."""
    user = request[USER]

    async def attempt() -> bool | None:
        return await verify_password(user.password_hash, password) or None

    return bool(await throttled(request, f"signed in: {user.id}", attempt))


Fields = TypeVar("Fields", bound=WithPassword)


async def check_with_password(
    request: web.Request, model: type[Fields], given: Mapping[str, str]
) -> tuple[Fields | None, Form, int]:
    """Checks the form as check_form does, and the user's password. Returns None with the HTTP
    status of the page that shows the form again."""
    data, form = check_form(model, given)
    if data is None:
        return None, form, 422
    if not await _is_password(request, data.password):
        note("password question", "failed", who=request[USER].name, whence=client_address(request))
        form.errors["password"] = current().t("That isn't your password.")
        return None, form, 403
    return data, form, 200


async def account_page(
    request: web.Request, *, email: Form | None = None, password: Form | None = None, status: int = 200
) -> web.Response:
    """Renders the settings of the account, with the form that is shown again."""
    context = {
        "email": email or Form({"email": request[USER].address}),
        "password": password or Form(),
        "sends_mail": request.app[MAILS].is_on,
    }
    return await render_page("accounts/settings/account.html", request, context, status=status)


class Email(web.View):
    async def get(self) -> web.Response:
        raise web.HTTPSeeOther("/settings/account")

    async def post(self) -> web.Response:
        request = self.request
        data, form, status = await check_with_password(request, EmailForm, await read_form(request))
        if data is None:
            return await account_page(request, email=form, status=status)
        former = request[USER].address
        try:
            user = await accounts.change_email(request[USER], data.email)
        except accounts.BadAccount as error:
            form.errors.update((field, translate(text)) for field, text in error.errors.items())
            return await account_page(request, email=form, status=422)
        note("e-mail change", "ok", who=request[USER].name, whence=client_address(request))
        if user.address != former:
            await tell_email_changed(request, user, former)
            await send_confirmation(request, user)
        is_asked = request.app[MAILS].is_on and user.address and not user.email_verified_at
        saved = (
            current().t("Your e-mail address is saved. A mail asks you to confirm it.")
            if is_asked
            else current().t("Your e-mail address is saved.")
        )
        await flash(request, saved, "success")
        raise web.HTTPSeeOther("/settings/account")


class Password(web.View):
    async def get(self) -> web.Response:
        raise web.HTTPSeeOther("/settings/account")

    async def post(self) -> web.Response:
        request = self.request
        data, form, status = await check_with_password(request, PasswordForm, await read_form(request))
        if data is None:
            return await account_page(request, password=form, status=status)
        try:
            await accounts.change_password(
                request[USER], data.new_password, host=request.app[SETTINGS].host_name
            )
        except accounts.BadAccount as error:
            form.errors.update((field, translate(text)) for field, text in error.errors.items())
            return await account_page(request, password=form, status=422)
        await end_other_sessions(request)
        await renew_session(request)
        await tell_password_changed(request, request[USER])
        note("password change", "ok", who=request[USER].name, whence=client_address(request))
        await flash(
            request, current().t("Your password is changed. You are signed out everywhere else."), "success"
        )
        response = web.HTTPSeeOther("/settings/account")
        await remember_device(request, response, request[USER])
        raise response


async def sessions_page(request: web.Request) -> web.Response:
    """Renders the person's sessions."""
    storage = request.app[STORAGE]
    await storage.store_uses()
    own = (await get_session(request)).identity
    found = await storage.store.of_user(request[USER].id)
    shown = [key for key in found if key == own] + [key for key in found if key != own]
    sessions = [
        {
            "id": key[:ID_PREFIX_LENGTH],
            "device": device_of(found[key].agent),
            "address": found[key].address,
            "used": iso(at) if (at := found[key].at) else "",
            "is_this": key == own,
        }
        for key in shown[:MAX_SHOWN]
    ]
    context = {"sessions": sessions, "more": len(found) - len(sessions)}
    return await render_page("accounts/settings/sessions.html", request, context)


class Sessions(web.View):
    """The person's sessions. A form with `session` ends that session, one with `all` ends all
    others."""

    async def get(self) -> web.Response:
        raise web.HTTPSeeOther("/settings/sessions")

    async def post(self) -> web.Response:
        request = self.request
        fields = await read_form(request)
        t, n = current().t, current().n
        if "all" in fields:
            count = await end_other_sessions(request)
            note("sessions ended", "ok", who=request[USER].name, whence=client_address(request), count=count)
            await flash(
                request,
                n("{count} other session is signed out.", "{count} other sessions are signed out.", count),
                "success",
            )
            raise web.HTTPSeeOther("/settings/sessions")
        own = (await get_session(request)).identity
        asked = fields.get("session", "")
        found = [
            key
            for key in await request.app[STORAGE].store.of_user(request[USER].id)
            if key[:ID_PREFIX_LENGTH] == asked and key != own
        ]
        for key in found:
            await end_session(request.app, key)
            note("session ended", "ok", who=request[USER].name, whence=client_address(request), id=asked)
        # The session may have ended already; that isn't an error.
        text = t("That session is signed out.") if found else t("That session had ended already.")
        await flash(request, text, "success" if found else "info")
        raise web.HTTPSeeOther("/settings/sessions")
