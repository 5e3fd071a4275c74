"""What another program shares with the app. The service worker takes it, and keeps it in the browser until
somebody has chosen a room: there it is put into the box, and sent by nobody but them. So whatever another
site posts here changes nothing."""

from aiohttp import web

from helpers.web.rendering import render_page


class Share(web.View):
    """GET: the rooms to choose from. POST comes here only where there is no service worker yet, which the
    page tells."""

    async def get(self) -> web.Response:
        context = {"is_untaken": "untaken" in self.request.query}
        return await render_page("chat/share.html", self.request, context)

    async def post(self) -> web.Response:
        # Nothing of it is read.
        raise web.HTTPSeeOther("/share?untaken=1")
