"""The pages of newcomers: of who waits for approval, and of who has just come."""

from aiohttp import web
from markupsafe import Markup

from accounts.keys import NEWCOMERS_CHANGED, USER
from accounts.site_settings import NEWCOMERS, NEWCOMERS_HTML, site_settings
from helpers.web.rendering import render_page
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json


async def tell_newcomers_changed(app: web.Application) -> None:
    """After somebody has begun to wait, or waits no more."""
    for changed in app[NEWCOMERS_CHANGED]:
        await changed()


class Waiting(web.View):
    """Says that the account waits; leads on once it doesn't."""

    async def get(self) -> web.Response:
        waits = self.request[USER].waits_since is not None
        if wants_json(self.request):
            return web.json_response({"waiting": waits})
        if not waits:
            raise web.HTTPSeeOther("/rooms")
        return await render_page("accounts/signin/waiting.html", self.request, {})


class Newcomers(web.View):
    """What the site tells whoever has just come, with the way on to `next`."""

    async def get(self) -> web.Response:
        now, target = site_settings(self.request.app), safe_next(self.request.query.get("next", ""), "/rooms")
        if not now[NEWCOMERS]:
            raise web.HTTPSeeOther(target)
        text = Markup(now[NEWCOMERS_HTML])  # noqa: S704 - made by the server of what was typed
        context = {"text": text, "target": target}
        return await render_page("accounts/signin/newcomers.html", self.request, context)
