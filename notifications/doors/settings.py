"""The section of the settings: what comes by which way, when it is quiet, keywords; and the preferences of
the browser."""

from typing import Any

from aiohttp import web

from accounts.doors.settings import PreferenceSettings
from accounts.keys import USER
from accounts.people.profiles import time_zones
from accounts.preferences import NOTIFICATIONS as PREFERENCES
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.mail.queue import MAILS
from helpers.text.translation import current, translate
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.forms import Form, read_form, read_values
from helpers.web.routing import wants_json
from notifications.deciding import KINDS
from notifications.settings import (
    store_keywords,
    store_mail_pause,
    store_quiet,
    store_ways,
    wishes_of,
)
from notifications.words import KINDS as KIND_WORDS
from notifications.words import WAYS as WAY_WORDS

CHANGES = Rule("notice settings", 0.5, 30.0)

PAGE_ADDRESS = "/settings/notifications"


class NotificationSettings(PreferenceSettings):
    """A form says by `form` which of them it is: `ways`, `quiet` or `keywords`. Without it, it is that of the
    browser's preferences."""

    page, names = PAGE_ADDRESS, PREFERENCES

    async def get(self) -> web.Response:
        if wants_json(self.request):
            return web.json_response((await wishes_of(self.request[USER])).as_json())
        return await self._page(Form())

    async def post(self) -> web.Response:
        request = self.request
        form = await read_form(request)
        if "form" not in form:
            return await super().post()
        await charge(request.app[LIMITER], CHANGES, request[USER].id)
        try:
            await self._store(form["form"])
        except ActionError as error:
            if error.field is None or wants_json(request):
                raise
            shown = Form(dict(form), {error.field: translate(error.phrase)})
            return await self._page(shown, error.status)
        if wants_json(request):
            return web.json_response((await wishes_of(request[USER])).as_json())
        await flash(request, current().t("Your settings are saved."), "success")
        raise web.HTTPSeeOther(PAGE_ADDRESS)

    async def _store(self, which: str) -> None:
        request = self.request
        user, form = request[USER], await read_form(request)
        if which == "ways":
            ways = {kind: await read_values(request, kind) for kind in KINDS}
            await store_ways(user, {kind: [way for way in given if way] for kind, given in ways.items()})
        elif which == "quiet":
            fields = (form.get(name, "").strip() for name in ("quiet_from", "quiet_until", "zone"))
            await store_quiet(user, *fields)
            await store_mail_pause(user, form.get("mail_minutes", "").strip())
        elif which == "keywords":
            await store_keywords(request.app[DATABASE], user, form.get("keywords", "").splitlines())
        else:
            raise ActionError("bad_request", "There is no such choice.")

    async def _page(self, form: Form, status: int = 200) -> web.Response:
        request = self.request
        wishes = await wishes_of(request[USER])
        values = {
            **{"quiet_from": wishes.quiet_from, "quiet_until": wishes.quiet_until, "zone": wishes.zone},
            **{"mail_minutes": str(wishes.mail_minutes), "keywords": "\n".join(wishes.keywords)},
        }
        context: dict[str, Any] = {
            **{"wishes": wishes, "form": Form({**values, **form.values}, form.errors)},
            **{"kinds": KIND_WORDS, "ways": WAY_WORDS, "time_zones": time_zones()},
            **{"has_mail": request.app[MAILS].is_on, "can_mail": request[USER].email_verified_at is not None},
        }
        return await render_page("notifications/settings.html", request, context, status=status)
