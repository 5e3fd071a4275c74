"""Upgrades an HTTP request to a room's WebSocket."""

from aiohttp import web
from aiohttp_session import get_session

from accounts.keys import USER
from chat.doors.room_pages import find_access
from chat.doors.websocket import Connection, Services
from chat.errors import ActionError
from chat.keys import ENGINE
from helpers.keys import SETTINGS
from helpers.text.translation import current
from helpers.web.addresses import client_mark
from helpers.web.languages import set_language_from_query
from helpers.websocket.protocol import Upgrade

SERVICES = web.AppKey("connections", Services)


class Socket(web.View):
    async def get(self) -> web.StreamResponse:
        request = self.request
        set_language_from_query(request)
        settings = request.app[SETTINGS]
        if request.headers.get("Origin") not in settings.origins and not settings.debug:
            raise web.HTTPForbidden
        room = (await find_access(request)).room
        since = self._since()
        if not web.WebSocketResponse().can_prepare(request):
            raise ActionError("bad_request", "This address speaks WebSocket.")
        session = await get_session(request)
        app = request.app
        session_id, language = str(session.identity), current()
        mark = client_mark(request)
        connection = Connection(app[SERVICES], request[USER], room, session_id, mark, language, since)
        return Upgrade(connection.websocket)

    def _since(self) -> int | None:
        """`since` in the address; -1 where the client's history is of another epoch."""
        text = self.request.query.get("since")
        epoch = self.request.query.get("epoch")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise ActionError("bad_request", "`since` is a seq: a whole number from 0.")
        return -1 if epoch and epoch != self.request.app[ENGINE].epoch else int(text)
