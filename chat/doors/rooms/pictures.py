"""A room's picture, and the form by which it is set."""

from aiohttp import web

from accounts.keys import USER
from accounts.people.pictures import SIZES, make_picture
from chat.actions.rooms.room_pictures import read_picture, set_picture
from chat.doors.rooms.pages import room_access
from chat.drafts import Person
from chat.errors import ActionError
from chat.keys import ENGINE, take_token
from chat.roles import Permission
from helpers import images
from helpers.storage.blobs import keep_all
from helpers.storage.store import STORE
from helpers.text.translation import Text, current, translate
from helpers.web.flash import flash
from helpers.web.headers import IMAGE_POLICY
from helpers.web.requests.forms import read_file
from helpers.web.routing import wants_json
from helpers.web.stored import FOR_EVER, REVALIDATE, stored_answer

MAX_BODY = images.MAX_BYTES + 64 * 1024
"""The file and the rest of the form."""


class RoomPicture(web.View):
    """Serves the picture to who may see the room. `size` is one of SIZES; with its version as `v` it may
    be kept for ever. A form with a file sets it."""

    async def get(self) -> web.Response:
        request = self.request
        room = (await room_access(request)).room
        size = request.query.get("size", "128")
        if size not in map(str, SIZES):
            raise ActionError("bad_request", "`size` is one of {sizes}.", sizes=", ".join(map(str, SIZES)))
        if not room.picture:
            raise web.HTTPNotFound
        lasts = FOR_EVER if request.query.get("v") == str(room.picture) else REVALIDATE
        answer = await stored_answer(
            *(request, f"{room.picture}-{size}"),
            {"Cache-Control": lasts, "Content-Security-Policy": IMAGE_POLICY},
            images.TYPE,
            lambda: read_picture(request.app[STORE], room, int(size)),
        )
        if answer is None:
            raise web.HTTPNotFound
        return answer

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        found = await room_access(request)
        # Before a picture is drawn for nothing; the transaction checks it again.
        if not found.standing.may(Permission.SET_TITLE):
            raise ActionError("forbidden", "You may not do this here.")
        here = f"/rooms/{found.room.name}/settings"
        upload = await read_file(request, "picture")
        try:
            if upload is None or not upload.size:
                raise images.BadPicture(Text("Choose a picture first."))
            made = await make_picture(request.app[images.PICTURES], user.id, upload)
        except images.BadPicture as error:
            text = translate(error.args[0])
            if wants_json(request):
                return web.json_response({"errors": {"picture": text}}, status=422)
            await flash(request, text, "error")
            raise web.HTTPSeeOther(here) from None
        person = Person(user.id, user.name)
        kept = await keep_all(request.app[STORE], made)
        receipt = await set_picture(request.app[ENGINE], found.room.id, person, kept)
        if wants_json(request):
            return web.json_response({"seq": receipt.seq, "act": receipt.act})
        await flash(request, current().t("The picture is saved."), "success")
        raise web.HTTPSeeOther(here)
