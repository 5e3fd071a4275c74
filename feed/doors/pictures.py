"""Serves a post's picture to people who may see the post."""

from aiohttp import web

from feed import pictures
from feed.doors.pages import PostAddress
from helpers import images
from helpers.errors import ActionError
from helpers.storage.store import STORE
from helpers.web.headers import PHOTO_POLICY
from helpers.web.stored import A_DAY, stored_answer


class PostPicture(PostAddress):
    """Serves a picture. `size` is one of pictures.SIZES."""

    async def get(self) -> web.Response:
        request = self.request
        size = request.query.get("size", str(pictures.SIZES[-1]))
        if size not in map(str, pictures.SIZES):
            raise ActionError(
                "bad_request", "`size` is one of {sizes}.", sizes=", ".join(map(str, pictures.SIZES))
            )
        picture_id = int(request.match_info["picture"])
        if picture_id not in [picture["id"] for picture in (await self.visible_post())["pictures"]]:
            raise web.HTTPNotFound
        answer = await stored_answer(
            *(request, f"{picture_id}-{size}"),
            {"Cache-Control": A_DAY, "Content-Security-Policy": PHOTO_POLICY},
            images.TYPE,
            lambda: pictures.read(request.app[STORE], picture_id, int(size)),
        )
        if answer is None:
            raise web.HTTPNotFound
        return answer
