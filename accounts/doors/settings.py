"""The settings: a page for each section, which stand beside one list. What they change goes to the
doors that are there for programs too, but for the preferences of the browser, which are its own."""

from collections.abc import Iterable

from aiohttp import web

from accounts.doors.profiles import profile_page
from accounts.doors.security import account_page, sessions_page
from accounts.preferences import APPEARANCE, changed, preferences_of, store_preferences
from helpers.errors import ActionError
from helpers.text.translation import current
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.forms import Form, read_form


class Settings(web.View):
    """The list of the sections, and the first of them beside it where there is room."""

    async def get(self) -> web.Response:
        return await profile_page(self.request, Form(), is_index=True)


class ProfileSettings(web.View):
    async def get(self) -> web.Response:
        return await profile_page(self.request, Form())


class AccountSettings(web.View):
    async def get(self) -> web.Response:
        return await account_page(self.request)


class PreferenceSettings(web.View):
    """A form of preferences. What it omits stays."""

    template = ""
    page = ""
    names: Iterable[str] = ()

    async def get(self) -> web.Response:
        return await render_page(self.template, self.request, {})

    async def post(self) -> web.Response:
        request = self.request
        try:
            found = changed(preferences_of(request), self.names, await read_form(request))
        except LookupError:
            raise ActionError("bad_request", "There is no such choice.") from None
        await flash(request, current().t("Your settings are saved."), "success")
        response = web.HTTPSeeOther(self.page)
        store_preferences(request, response, found)
        raise response


class AppearanceSettings(PreferenceSettings):
    template, page, names = "accounts/settings/appearance.html", "/settings/appearance", APPEARANCE


class SessionSettings(web.View):
    async def get(self) -> web.Response:
        return await sessions_page(self.request)


class DataSettings(web.View):
    async def get(self) -> web.Response:
        return await render_page("accounts/settings/data.html", self.request, {})
