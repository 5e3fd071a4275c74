"""All links by which people are invited, with who made each and who came by it. Of closed rooms only the
names are shown, and no addresses."""

from aiohttp import web

from accounts.keys import USER
from accounts.people.shown_names import load_names
from accounts.people.site_roles import SitePermission, site_may
from administration.doors.frame import SitePage, render
from administration.doors.queries import cursor
from chat.history.invite_links import all_links
from helpers.web.routing import wants_json


class Invitations(SitePage):
    """A page of them, the latest first, from the one before the id `before` on."""

    sees = SitePermission.SEE_PEOPLE

    async def get(self) -> web.Response:
        request = self.request
        links, following = await all_links(cursor(request, "before"))
        if wants_json(request):
            told = [{**link.as_json(), "rooms": [room.shown for room in link.rooms]} for link in links]
            return web.json_response({"invitations": told, "next": following})
        await load_names([name for link in links for name in (link.maker, *link.people)])
        context = {
            "links": links,
            "next": following,
            "may_revoke": site_may(request[USER], SitePermission.KEEP_ROOMS),
        }
        return await render(request, "invitations.html", "invitations", context)
