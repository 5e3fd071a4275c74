"""What was said in a room, as a ZIP for whoever owns it; a conversation belongs to all of its members."""

from collections.abc import AsyncIterator

from aiohttp import web

from accounts.doors.downloads import claimed, send_download
from accounts.keys import USER
from chat.doors.rooms.pages import room_access
from chat.errors import ActionError
from chat.exporting.shapes import SHAPES, Export
from chat.history.access import RoomAccess
from chat.history.titles import title_of
from chat.roles import Permission
from helpers.keys import SETTINGS
from helpers.security_log import note
from helpers.storage.store import STORE
from helpers.storage.zipping import zipped
from helpers.web.requests.addresses import client_address


class RoomExport(web.View):
    """`as` is one of SHAPES, `files=0` leaves out the files."""

    async def get(self) -> web.StreamResponse:
        request = self.request
        found = await self._access()
        name = request.query.get("as", "html")
        shape = SHAPES.get(name)
        if shape is None:
            raise ActionError("bad_request", "`as` is one of these: {names}.", names=", ".join(SHAPES))
        back = (f"/rooms/{found.room.name}", f"#{found.room.shown}")
        async with claimed(request, back) as claim:
            export = Export(
                found.room,
                await title_of(found.room, request[USER].id),
                request.app[SETTINGS].address,
                request.app[STORE] if request.query.get("files") != "0" else None,
                folder=f"{found.room.name}/",
                going=self._check_still,
            )
            who, whence = request[USER].name, client_address(request)
            note("room export", "ok", who=who, whence=whence, room=found.room.id)
            whole: AsyncIterator[bytes] = zipped(shape(export))
            return await send_download(request, claim, whole, f"{found.room.name}.zip", "application/zip")

    async def _access(self) -> RoomAccess:
        found = await room_access(self.request)
        if not found.standing.may(Permission.EXPORT):
            raise ActionError("forbidden", "Who owns the room may download it.")
        return found

    async def _check_still(self, _: int) -> None:
        """It takes long, and whoever isn't an owner any more gets no more of it."""
        await self._access()
