"""The page behind a link for a new password."""

from collections.abc import Mapping

from aiohttp import web
from aiohttp_session import new_session
from pydantic import BaseModel, field_validator

from accounts.doors.security import MAX_FIELD
from accounts.people.accounts import BadAccount
from accounts.signin.password_links import DeadLink, owner_of_link, use_link
from accounts.signin.sessions import NEW_PASSWORD, end_all_sessions, sign_out
from helpers.errors import ActionError
from helpers.keys import DATABASE, SETTINGS
from helpers.security_log import note
from helpers.text.translation import Text, translate
from helpers.web import flash
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from helpers.web.requests.forms import Form, check_form, read_form

BACK = ("/accounts/login", Text("Sign in"))
ASK_AGAIN = ("/accounts/forgot", Text("Forgotten password"))


def dead_link(back: tuple[str, Text] = BACK) -> ActionError:
    """For a link of a mail, or of those who run the site, that leads nowhere. `back` is where one goes."""
    return ActionError(
        "dead_link",
        "This link was used already, or is too old. Ask for another one.",
        404,
        back=back,
    )


class NewPassword(BaseModel):
    new_password: str

    @field_validator("new_password")
    @classmethod
    def _checked(cls, value: str) -> str:
        if not value:
            raise ValueError(Text("This is needed."))
        if len(value) > MAX_FIELD:
            raise ValueError(Text("This is too long."))
        return value


class ResetPassword(web.View):
    """Asks for the new password. Who has chosen it signs in with it."""

    async def get(self) -> web.Response:
        return await self._page(Form())

    async def post(self) -> web.Response:
        request, token = self.request, self.request.match_info["token"]
        fields = await self._fields()
        await self._owner()
        data, form = check_form(NewPassword, fields)
        if data is None:
            return await self._page(form, 422)
        app = request.app
        try:
            user = await use_link(app[DATABASE], token, data.new_password, host=app[SETTINGS].host_name)
        except DeadLink:
            raise dead_link(ASK_AGAIN) from None
        except BadAccount as error:
            form.errors.update((field, translate(text)) for field, text in error.errors.items())
            return await self._page(form, 422)
        note("password link", "ok", who=user.name, whence=client_address(request))
        # Whoever was signed in here isn't the one whose password it is, for certain.
        await sign_out(request)
        await end_all_sessions(app, user.id)
        (await new_session(request))[flash.NOTICE] = NEW_PASSWORD
        raise web.HTTPSeeOther("/accounts/login")

    async def _fields(self) -> Mapping[str, str]:
        return await read_form(self.request)

    async def _owner(self) -> str:
        try:
            return (await owner_of_link(self.request.match_info["token"])).called
        except DeadLink:
            raise dead_link(ASK_AGAIN) from None

    async def _page(self, form: Form, status: int = 200) -> web.Response:
        context = {"form": form, "owner": await self._owner()}
        return await render_page("accounts/signin/reset.html", self.request, context, status=status)
