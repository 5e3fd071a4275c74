"""A person's picture, and the form by which one gives or removes one's own."""

from aiohttp import web

from accounts import people, pictures
from accounts.profile_views import profile_page
from accounts.signing import USER
from helpers import images
from helpers.errors import Refusal
from helpers.flash import flash
from helpers.forms import Form, read_file
from helpers.headers import IMAGE_POLICY
from helpers.keys import DATABASE
from helpers.routing import wants_json
from helpers.texts import Text, current, told

FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"

MAX_BODY = images.MAX_BYTES + 64 * 1024
"""The file, and what stands around it in a form."""


class Picture(web.View):
    """`size` is one of pictures.SIZES. With its version as `v` it can be kept for ever."""

    async def get(self) -> web.Response:
        request = self.request
        size = request.query.get("size", "128")
        if size not in map(str, pictures.SIZES):
            raise Refusal("bad_request", Text("`size` is one of {sizes}.", sizes=", ".join(map(str, pictures.SIZES))))
        person = await people.user_by_name(request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        headers = {
            "ETag": f'"{person.picture}-{size}"',
            "Cache-Control": FOR_EVER if request.query.get("v") == str(person.picture) else ASK_AGAIN,
            "Content-Security-Policy": IMAGE_POLICY,
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        data = await pictures.read_picture(person, int(size)) if person.picture else None
        if data is None:
            # Drawn by us. Where a picture was just removed, it is nothing to keep.
            headers["ETag"] = f'"0-{size}"'
            if person.picture:
                headers["Cache-Control"] = ASK_AGAIN
            return web.Response(text=pictures.draw_initial(person.name), content_type="image/svg+xml", headers=headers)
        return web.Response(body=data, content_type=images.TYPE, headers=headers)


class ChangePicture(web.View):
    async def post(self) -> web.Response:
        request = self.request
        upload = await read_file(request, "picture")
        try:
            if upload is None or not upload.size:
                raise images.BadPicture(Text("Choose a picture first."))
            made = await pictures.make_picture(upload)
        except images.BadPicture as error:
            errors = {"picture": told(error.args[0])}
            return (
                web.json_response({"errors": errors}, status=422)
                if wants_json(request)
                else profile_page(request, Form(errors=errors), 422)
            )
        version = await pictures.save_picture(request.app[DATABASE], request[USER], made)
        if wants_json(request):
            return web.json_response({"picture": version})
        await flash(request, current().t("Your picture is saved."), "success")
        raise web.HTTPSeeOther("/accounts/profile")


class RemovePicture(web.View):
    async def post(self) -> web.Response:
        request = self.request
        await pictures.save_picture(request.app[DATABASE], request[USER], {})
        if wants_json(request):
            return web.json_response({"picture": 0})
        await flash(request, current().t("Your picture is removed."), "success")
        raise web.HTTPSeeOther("/accounts/profile")
