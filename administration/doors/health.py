"""The pages that tell how the site is, and what takes how much."""

from aiohttp import web

from accounts.people.shown_names import load_names
from accounts.people.site_roles import SitePermission
from administration.doors.frame import SitePage, render
from administration.health import health, storage
from helpers.text.durations import show_duration
from helpers.web.routing import wants_json


class Health(SitePage):
    sees = SitePermission.SEE_HEALTH

    async def get(self) -> web.Response:
        found = await health(self.request.app)
        if wants_json(self.request):
            return web.json_response(found)
        uptime = show_duration(found["here"]["uptime_seconds"])
        return await render(self.request, "health.html", "health", {"health": found, "uptime": uptime})


class Storage(SitePage):
    sees = SitePermission.SEE_HEALTH

    async def get(self) -> web.Response:
        found = await storage(self.request.app)
        if wants_json(self.request):
            return web.json_response(found)
        await load_names(one["name"] for one in (found["files"] or {}).get("people", ()))
        return await render(self.request, "storage.html", "storage", {"storage": found})
