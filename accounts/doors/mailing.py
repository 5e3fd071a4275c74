"""What sends mail about an account: a forgotten password, and an address that is to be confirmed."""

from aiohttp import web
from pydantic import BaseModel, field_validator

from accounts.doors.password_reset import dead_link
from accounts.doors.telling import asked_from, send_confirmation
from accounts.keys import USER
from accounts.people.directory import login_key
from accounts.signin.email_links import confirm_email, person_of_email_link
from accounts.signin.mails import FOR_ONE, FORGOT
from accounts.signin.password_links import DeadLink
from accounts.site_settings import CONTACT, site_settings
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.mail.queue import MAILS
from helpers.security_log import note
from helpers.text.translation import Text, current
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address, client_network
from helpers.web.requests.forms import Form, check_form, read_form

ASKING = Rule("forgotten-passwords", 1 / 60, 10.0)
"""Per address that asks."""

CONFIRMING = Rule("confirming-mails", 1 / 600, 3.0)
"""Per account."""

MAX_FIELD = 500


ACCOUNT = ("/settings/account", Text("Account"))


class Forgotten(BaseModel):
    login: str

    @field_validator("login")
    @classmethod
    def _checked(cls, value: str) -> str:
        value = value.strip()
        if not value:
            raise ValueError(Text("This is needed."))
        if len(value) > MAX_FIELD:
            raise ValueError(Text("This is too long."))
        return value


class ForgotPassword(web.View):
    """Asks for a name or an address, and says the same whether there is such an account or not."""

    async def get(self) -> web.Response:
        return await self._page(Form())

    async def post(self) -> web.Response:
        request = self.request
        data, form = check_form(Forgotten, await read_form(request))
        if data is None:
            return await self._page(form, 422)
        if not request.app[MAILS].is_on:
            return await self._page(form, 503)
        limiter = request.app[LIMITER]
        await charge(limiter, ASKING, client_network(request))
        # Who is asked for too often gets no further mail, and nobody is told.
        if not await limiter.take(FOR_ONE, login_key(data.login)):
            await request.app[MAILS].put(
                FORGOT, current().code, details={"login": data.login, **asked_from(request)}
            )
        note("password forgotten", "ok", whence=client_address(request))
        return await self._page(form, is_sent=True)

    async def _page(self, form: Form, status: int = 200, *, is_sent: bool = False) -> web.Response:
        app = self.request.app
        context = {"form": form, "is_sent": is_sent, "is_on": app[MAILS].is_on}
        context["contact"] = site_settings(app)[CONTACT]
        return await render_page("accounts/signin/forgot.html", self.request, context, status=status)


class ConfirmEmail(web.View):
    """Behind the link in the mail. A press confirms: programs that look at mails follow links by
    themselves."""

    async def get(self) -> web.Response:
        try:
            user = await person_of_email_link(self.request.match_info["token"])
        except DeadLink:
            raise dead_link() from None
        context = {"owner": user.called, "address": user.address}
        return await render_page("accounts/signin/confirm_email.html", self.request, context)

    async def post(self) -> web.Response:
        request = self.request
        try:
            user = await confirm_email(request.app[DATABASE], request.match_info["token"])
        except DeadLink:
            raise dead_link() from None
        note("e-mail confirmed", "ok", who=user.name, whence=client_address(request))
        await flash(request, current().t("Your e-mail address is confirmed."), "success")
        raise web.HTTPSeeOther("/settings/account" if USER in request else "/accounts/login")


class AskToConfirm(web.View):
    """Sends the link anew."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        if not request.app[MAILS].is_on:
            raise ActionError("no_mail", "This site sends no mail.", 503, back=ACCOUNT)
        await charge(request.app[LIMITER], CONFIRMING, user.id)
        await send_confirmation(request, user)
        await flash(
            request, current().t("A mail is on its way. Please look for it, also among junk mail."), "success"
        )
        raise web.HTTPSeeOther("/settings/account")
