"""Previews of links, for whoever may see the posts that they belong to or lead to."""

from aiohttp import web

from accounts.keys import USER
from chat.actions import membership
from chat.actions.previews import PLACE
from chat.errors import ActionError
from chat.history import reading
from chat.history.previews import read_cards
from chat.history.titles import title_of
from chat.keys import ENGINE
from chat.models import PreviewPicture, Room
from helpers import images
from helpers.clock import iso
from helpers.markup.plain_text import strip_markup
from helpers.storage.store import STORE
from helpers.web.headers import PHOTO_POLICY
from helpers.web.stored import A_DAY, stored_answer


class Picture(web.View):
    async def get(self) -> web.Response:
        request = self.request
        picture_id = request.match_info["picture"]
        is_this = PreviewPicture.id == picture_id
        query = PreviewPicture.select(PreviewPicture.room_id, PreviewPicture.seq).where(is_this)
        found = await query.tuples().aio_execute()
        if not found or not await self._is_seen(found[0][0], found[0][1], picture_id):
            raise web.HTTPNotFound
        answer = await stored_answer(
            *(request, picture_id),
            {"Cache-Control": A_DAY, "Content-Security-Policy": PHOTO_POLICY},
            images.TYPE,
            lambda: PLACE.read(request.app[STORE], is_this),
        )
        if answer is None:
            raise web.HTTPNotFound
        return answer

    async def _is_seen(self, room_id: int, seq: int, picture_id: str) -> bool:
        """Whether the reader sees the post with this picture now."""
        user = self.request[USER]
        rooms = await Room.select(Room.name).where(Room.id == room_id).tuples().aio_execute()
        room = await membership.find_room(self.request.app[ENGINE], rooms[0][0], user) if rooms else None
        if room is None:
            return False
        if not room.standing.is_member:
            await membership.require_not_kicked(room.room, user)
        for line in await reading.posts_by_seq(room_id, [seq]):
            shown = await reading.visible_post(room.room, line.number or 0)
            if shown is not None and not shown.is_deleted:
                return any(card.picture == picture_id for card in read_cards(shown.previews))
        return False


MAX_EXCERPT = 300
"""Characters of a post in a card."""


class LinkedPost(web.View):
    """What a permalink leads to: `room` and `number` as in its address. `post` is null where there is
    nothing, or nothing that the reader may see: the two are one answer."""

    async def get(self) -> web.Response:
        post = await self._post(self.request.query.get("room", ""), self.request.query.get("number", ""))
        return web.json_response({"post": post})

    async def _post(self, name: str, number: str) -> dict[str, str] | None:
        user = self.request[USER]
        if not (number.isascii() and number.isdigit() and len(number) <= 16):
            return None
        found = await membership.find_room(self.request.app[ENGINE], name, user)
        if found is None:
            return None
        if not found.standing.is_member:
            try:
                await membership.require_not_kicked(found.room, user)
            except ActionError:
                return None
        line = await reading.visible_post(found.room, int(number))
        if line is None or line.is_deleted:
            return None
        words = " ".join(strip_markup(line.text[: 4 * MAX_EXCERPT]).split())
        text = words if len(words) <= MAX_EXCERPT else f"{words[: MAX_EXCERPT - 1]}…"
        title = await title_of(found.room, user.id)
        return {"title": title, "author": line.author, "at": iso(line.at), "text": text}
