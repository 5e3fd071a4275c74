"""The filters of the whole site."""

from aiohttp import web

from accounts.keys import USER
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from administration.doors.frame import SitePage, render
from chat.actions.filter_rules import adding, change_of_site, removing
from chat.delivery.filters import SITE
from chat.keys import ENGINE
from helpers.errors import ActionError
from helpers.text.translation import translate
from helpers.web.flash import flash
from helpers.web.forms import read_form
from helpers.web.routing import wants_json

HERE = "/admin/filters"


class SiteFilters(SitePage):
    sees = SitePermission.SEE_REPORTS

    async def get(self) -> web.Response:
        rules = self.request.app[ENGINE].filters.of(SITE)[1]
        found = rules.all if rules is not None else ()
        if wants_json(self.request):
            listed = [
                {"filter": one.id, "kind": one.kind, "pattern": one.pattern, "action": one.action}
                for one in found
            ]
            return web.json_response({"filters": listed})
        may_set = site_may(self.request[USER], SitePermission.SET_SITE)
        return render(self.request, "filters.html", "filters", {"filters": found, "may_set": may_set})

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        if not site_may(user, SitePermission.SET_SITE):
            raise ActionError("forbidden", "You may not do this.")
        form = await read_form(request)
        try:
            await self._change(form.get("act", ""), {**form})
        except ActionError as error:
            if wants_json(request) or error.retry_after:
                raise
            await flash(request, translate(error.phrase), "error")
            raise web.HTTPSeeOther(HERE) from None
        if wants_json(request):
            return web.Response(status=204)
        raise web.HTTPSeeOther(HERE)

    async def _change(self, act: str, form: dict[str, str]) -> None:
        app, user = self.request.app, self.request[USER]
        kind, pattern, action, number = (
            form.get(name, "") for name in ("kind", "pattern", "action", "filter")
        )
        if act == "add_filter" and kind != "new":
            put = adding(SITE, user.id, kind, pattern, action)
        elif act == "remove_filter" and number.isascii() and number.isdigit() and len(number) < 16:
            put = removing(SITE, int(number))
        else:
            raise ActionError("bad_request", "`act` is add_filter or remove_filter.")
        await change_of_site(app[ENGINE], SiteActor.of(user), act, put)
