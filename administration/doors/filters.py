"""The filters of the whole site."""

from collections.abc import Callable, Mapping

from aiohttp import web

from accounts.keys import USER
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from administration.doors.frame import SitePage, read_act, render
from chat.actions.order.filter_rules import Put, adding, change_of_site, removing
from chat.delivery.filters import SITE
from chat.keys import ENGINE
from helpers.errors import ActionError
from helpers.web.flash import said_on
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
        return await render(self.request, "filters.html", "filters", {"filters": found, "may_set": may_set})

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        if not site_may(user, SitePermission.SET_SITE):
            raise ActionError("forbidden", "You may not do this.")
        async with said_on(request, HERE):
            _, change, form = await read_act(request, ACTS)
            act = await change_of_site(
                request.app[ENGINE], SiteActor.of(user), form["act"], change(user.id, form)
            )
        if wants_json(request):
            return web.json_response({"act": f"S{act}" if act else None})
        raise web.HTTPSeeOther(HERE)


def _added(user_id: int, form: Mapping[str, str]) -> Put:
    kind, pattern, action = (form.get(name, "") for name in ("kind", "pattern", "action"))
    if kind == "new":
        raise ActionError("bad_request", "`kind` is word or host.")
    return adding(SITE, user_id, kind, pattern, action)


def _removed(user_id: int, form: Mapping[str, str]) -> Put:
    number = form.get("filter", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise ActionError("bad_request", "`filter` is the number of a filter.")
    return removing(SITE, int(number))


ACTS: dict[str, Callable[[int, Mapping[str, str]], Put]] = {"add_filter": _added, "remove_filter": _removed}
"""By the form's field `act`."""
