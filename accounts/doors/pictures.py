"""A person's picture, and the forms to upload or remove one's own."""

import zlib

from aiohttp import web

from accounts.doors.profiles import profile_page
from accounts.keys import USER
from accounts.models import User
from accounts.people import directory, pictures
from accounts.people.gravatar import GRAVATAR
from helpers import images
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.storage.blobs import keep_all
from helpers.storage.store import STORE, StorageError
from helpers.text.translation import Text, current, translate
from helpers.web.flash import flash
from helpers.web.headers import IMAGE_POLICY
from helpers.web.requests.forms import Form, read_file
from helpers.web.routing import wants_json
from helpers.web.stored import FOR_EVER, REVALIDATE, known_or, stored_answer

AN_HOUR = "private, max-age=3600"
"""For people without an uploaded picture: the initial, or the picture from Gravatar."""
A_MINUTE = "private, max-age=60"
"""Gravatar hasn't answered yet."""

MAX_BODY = images.MAX_BYTES + 64 * 1024
"""The file and the rest of the form."""


class Picture(web.View):
    """Serves a picture. `size` is one of pictures.SIZES. With its version as `v` an uploaded
    picture is cached for ever."""

    async def get(self) -> web.Response:
        request = self.request
        size = request.query.get("size", "128")
        if size not in map(str, pictures.SIZES):
            raise ActionError(
                "bad_request", "`size` is one of {sizes}.", sizes=", ".join(map(str, pictures.SIZES))
            )
        person = await directory.user_by_name(request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        if not person.picture:
            return await self._fallback_picture(person, int(size))
        lasts = FOR_EVER if request.query.get("v") == str(person.picture) else REVALIDATE
        try:
            found = await stored_answer(
                *(request, f"{person.picture}-{size}", _headers(lasts), images.TYPE),
                lambda: pictures.read_picture(request.app[STORE], person, int(size)),
            )
        except StorageError:
            found = None
        # Where it was just removed, or the store is away, the response isn't cached.
        return found or self._initial(person, REVALIDATE)

    async def _fallback_picture(self, person: User, size: int) -> web.Response:
        """For people without an uploaded picture: the Gravatar if the settings allow it, else the
        initial."""
        cache_control = AN_HOUR if self.request.query.get("v") == "0" else REVALIDATE
        gravatar = self.request.app.get(GRAVATAR)
        if gravatar is None:
            return self._initial(person, cache_control)
        data, is_final = await gravatar.picture(person, size)
        if data is None:
            lasts = cache_control if is_final or cache_control is REVALIDATE else A_MINUTE
            return self._initial(person, lasts)
        return known_or(
            *(self.request, f"g{zlib.crc32(data):08x}-{size}", _headers(cache_control), images.TYPE), data
        )

    def _initial(self, person: User, cache_control: str) -> web.Response:
        """The generated initial."""
        tag, drawn = f"0-{pictures.initial_of(person).encode().hex()}", pictures.draw_initial(person)
        headers = _headers(cache_control)
        return known_or(self.request, tag, headers, "image/svg+xml", drawn.encode(), charset="utf-8")


def _headers(cache_control: str) -> dict[str, str]:
    return {"Cache-Control": cache_control, "Content-Security-Policy": IMAGE_POLICY}


PICTURES = Rule("pictures", 0.2, 40.0)
"""Per person: enough for an album. Processing a picture takes up to some seconds of CPU time."""


class ChangePicture(web.View):
    async def post(self) -> web.Response:
        request = self.request
        await charge(request.app[LIMITER], PICTURES, request[USER].id)
        upload = await read_file(request, "picture")
        try:
            if upload is None or not upload.size:
                raise images.BadPicture(Text("Choose a picture first."))
            made = await pictures.make_picture(request.app[images.PICTURES], request[USER].id, upload)
        except images.BadPicture as error:
            errors = {"picture": translate(error.args[0])}
            if wants_json(request):
                return web.json_response({"errors": errors}, status=422)
            return await profile_page(request, Form(errors=errors), 422)
        kept = await keep_all(request.app[STORE], made)
        version = await pictures.save_picture(request.app[DATABASE], request[USER], kept)
        if wants_json(request):
            return web.json_response({"picture": version})
        await flash(request, current().t("Your picture is saved."), "success")
        raise web.HTTPSeeOther("/settings/profile")


class RemovePicture(web.View):
    async def post(self) -> web.Response:
        request = self.request
        await pictures.save_picture(request.app[DATABASE], request[USER], {})
        if wants_json(request):
            return web.json_response({"picture": 0})
        await flash(request, current().t("Your picture is removed."), "success")
        raise web.HTTPSeeOther("/settings/profile")
