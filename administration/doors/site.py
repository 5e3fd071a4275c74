"""What the site is called and says, who may register, and which rooms everybody is in; and the page of
its rules, for everybody."""

from aiohttp import web
from markupsafe import Markup

from accounts.keys import USER
from accounts.people.mentions import NAMED_PEOPLE
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from accounts.site_look import DARK, DEFAULT_COLOUR, LIGHT, palette
from accounts.site_settings import (
    COLOUR,
    DEFAULT_ROOMS,
    LOGO,
    RULES,
    RULES_HTML,
    site_settings,
    tell_settings,
)
from administration import site_changes
from administration.doors.frame import ACTS_RULE, SitePage, render
from administration.site_changes import EDITABLE, WITH_SIGNS, change_site, checked, names_of_rooms
from feed.formatting import render as render_text
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER, SETTINGS
from helpers.markup.markdown import plain_html
from helpers.rendering import RENDERER
from helpers.security_log import note
from helpers.text.translation import current, translate
from helpers.web.flash import flash, is_for_programs
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from helpers.web.requests.forms import read_form
from helpers.web.routing import wants_json
from settings import Settings


class Site(SitePage):
    """Each form sets one value: `act` is its name, `value` what it shall be."""

    sees = SitePermission.SEE_SITE

    async def get(self) -> web.Response:
        return await self._page()

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        if not site_may(user, SitePermission.SET_SITE):
            raise ActionError("forbidden", "You may not do this.")
        await charge(request.app[LIMITER], ACTS_RULE, user.id)
        form = await read_form(request)
        name, text = form.get("act", ""), form.get("value", "")
        if name not in EDITABLE:
            raise ActionError("bad_request", "`act` is one of these: {names}.", names=", ".join(EDITABLE))
        try:
            value = await checked(name, text)
            html = await self._html(value) if name in WITH_SIGNS else None
            act = await change_site(
                *(request.app[DATABASE], site_settings(request.app), SiteActor.of(user)),
                *(name, value, html),
            )
        except ActionError as error:
            if is_for_programs(request, error):
                raise
            return await self._page(name, text, error)
        if act is not None:
            await tell_settings(request.app)
            note("site", "ok", who=user.name, whence=client_address(request), setting=name)
        if wants_json(request):
            return web.json_response({"act": f"S{act}" if act else None})
        t = current().t
        await flash(
            request, t("It is saved.") if act else t("Nothing changed."), "success" if act else "info"
        )
        raise web.HTTPSeeOther("/admin/site")

    async def _html(self, text: str) -> str:
        if not text:
            return ""
        app = self.request.app
        html = await render_text(app[RENDERER], app[NAMED_PEOPLE], self.request[USER].id, text)
        return plain_html(text) if html is None else html

    async def _page(self, failed: str = "", text: str = "", error: ActionError | None = None) -> web.Response:
        request = self.request
        now = site_settings(request.app)
        values = {name: now[name] for name in EDITABLE}
        values[DEFAULT_ROOMS] = " ".join(await names_of_rooms(now.default_rooms))
        if wants_json(request):
            environment = dict(_environment(request.app[SETTINGS]))
            values[LOGO] = now[LOGO]
            told = {"settings": values, "fixed": sorted(now.fixed), "environment": environment}
            return web.json_response(told)
        colour = now[COLOUR] or DEFAULT_COLOUR
        context = {
            "logo": now[LOGO],
            "colour": colour,
            "variants": [palette(colour, theme).accent for theme in (LIGHT, DARK)] if now[COLOUR] else [],
            "values": {**values, **({failed: text} if failed else {})},
            "fixed": now.fixed,
            "failed": failed,
            "error": translate(error.phrase) if error else "",
            "limits": site_changes,
            "environment": _environment(request.app[SETTINGS]),
            "may_set": site_may(request[USER], SitePermission.SET_SITE),
        }
        return await render(request, "site.html", "site", context, error.status if error else 200)


SHOWN = (
    *("public_url", "registration", "retention_days", "previews", "quota", "rate_limits", "trust_proxy"),
    *("gravatar", "connections", "address_connections"),
)
"""Settings of the environment that hold no secret, and say how the site behaves."""


def _environment(settings: Settings) -> list[tuple[str, str]]:
    """What is set there, by the names that it has there."""
    return [
        (f"AIOCHAT_{name.upper()}", str(getattr(settings, name)))
        for name in SHOWN
        if name in settings.model_fields_set
    ]


class Rules(web.View):
    """The rules of the site, for visitors too."""

    async def get(self) -> web.Response:
        now = site_settings(self.request.app)
        if not now[RULES]:
            raise web.HTTPNotFound
        html = Markup(now[RULES_HTML])  # noqa: S704 - made by the server of what was typed
        return await render_page("administration/rules.html", self.request, {"rules": html})
