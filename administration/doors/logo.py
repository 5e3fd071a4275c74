"""The picture of the site, for everybody, and the form by which it is set."""

from aiohttp import web

from accounts.keys import USER
from accounts.people.pictures import make_picture
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from accounts.site_logo import LOGO_SIZES, logo_version, read_logo
from accounts.site_settings import LOGO, site_settings, tell_settings
from administration.doors.frame import ACTS_RULE, SitePage
from administration.site_logo import save_logo
from helpers import images
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.security_log import note
from helpers.storage.blobs import keep_all
from helpers.storage.store import STORE
from helpers.text.translation import Text, current, translate
from helpers.web.flash import flash
from helpers.web.headers import IMAGE_POLICY
from helpers.web.requests.addresses import client_address
from helpers.web.requests.forms import read_file, read_form
from helpers.web.routing import wants_json
from helpers.web.stored import stored_answer

FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
MAX_BODY = images.MAX_BYTES + 64 * 1024
"""The file and the rest of the form."""


class Logo(web.View):
    """Serves the picture; `size` is one of LOGO_SIZES. With its version as `v` it may be kept for ever."""

    async def get(self) -> web.Response:
        request = self.request
        size = request.query.get("size", "128")
        if size not in map(str, LOGO_SIZES):
            raise ActionError(
                "bad_request", "`size` is one of {sizes}.", sizes=", ".join(map(str, LOGO_SIZES))
            )
        version = await logo_version(int(size)) if site_settings(request.app)[LOGO] else None
        if version is None:
            raise web.HTTPNotFound
        lasts = FOR_EVER if request.query.get("v") == str(version) else REVALIDATE
        answer = await stored_answer(
            *(request, f"{version}-{size}"),
            {"Cache-Control": lasts, "Content-Security-Policy": IMAGE_POLICY},
            images.TYPE,
            lambda: read_logo(request.app[STORE], int(size), version),
        )
        if answer is None:
            raise web.HTTPNotFound
        return answer


class ChangeLogo(SitePage):
    """A form with a file sets it; `remove` takes it away."""

    sees = SitePermission.SEE_SITE

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        if not site_may(user, SitePermission.SET_SITE):
            raise ActionError("forbidden", "You may not do this.")
        await charge(request.app[LIMITER], ACTS_RULE, user.id)
        removes = (await read_form(request)).get("remove") == "yes"
        upload = None if removes else await read_file(request, "logo")
        t = current().t
        made: dict[int, bytes] = {}
        try:
            if upload is not None and upload.size:
                made = await make_picture(request.app[images.PICTURES], user.id, upload, LOGO_SIZES)
            elif not removes:
                raise images.BadPicture(Text("Choose a picture first."))
        except images.BadPicture as error:
            text = translate(error.args[0])
            if wants_json(request):
                return web.json_response({"errors": {"logo": text}}, status=422)
            await flash(request, text, "error")
            raise web.HTTPSeeOther("/admin/site") from None
        kept = await keep_all(request.app[STORE], made)
        act = await save_logo(request.app[DATABASE], SiteActor.of(user), kept)
        if act is not None:
            await tell_settings(request.app)
            note("site", "ok", who=user.name, whence=client_address(request), setting=LOGO)
        if wants_json(request):
            return web.json_response({"act": f"S{act}" if act else None})
        done = act is not None
        await flash(
            request, t("It is saved.") if done else t("Nothing changed."), "success" if done else "info"
        )
        raise web.HTTPSeeOther("/admin/site")
