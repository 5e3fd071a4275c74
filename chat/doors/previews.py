"""Requests of the composer: the preview of a text, and the list of emojis."""

import gzip
import hashlib
from functools import cache

import msgspec
from aiohttp import web

from accounts.keys import USER
from chat import requests
from chat.actions import posting
from chat.doors.rooms.pages import find_access
from chat.history.members import may_mention_groups
from chat.keys import ENGINE, take_token
from helpers.base_path import html_with_base
from helpers.markup.markdown import plain_html
from helpers.text.emoji import EMOJIS
from helpers.web.requests.forms import read_form

CACHE_SECONDS = 7 * 24 * 3600


class Preview(web.View):
    """The HTML that a text would have as a message in this room. For members only; it counts
    against the limit of messages."""

    async def post(self) -> web.Response:
        request = self.request
        engine, user = request.app[ENGINE], request[USER]
        found = await find_access(request)
        if not found.standing.is_member:
            raise web.HTTPForbidden
        text = requests.clean_text((await read_form(request)).get("text", ""))
        take_token(request, user.id)
        rendered = await posting.render_with_names(engine, user.id, text)
        html = rendered.html
        if rendered.mentions_groups and not await may_mention_groups(found.room.id, found.standing):
            html = rendered.quiet_html
        return web.json_response({"html": plain_html(text) if html is None else html_with_base(html)})


@cache
def _emoji_file() -> tuple[bytes, bytes, str]:
    """The list as JSON, the same compressed, and its ETag."""
    body = msgspec.json.encode({"emoji": EMOJIS})
    return body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:16]


class Emoji(web.View):
    """[emoji, name, shortcode] of each emoji. The list only changes with the server, so clients
    cache it for a week and then revalidate it by its ETag."""

    async def get(self) -> web.Response:
        body, compressed, tag = _emoji_file()
        headers = {
            "ETag": f'"{tag}"',
            "Vary": "Accept-Encoding",
            "Cache-Control": f"public, max-age={CACHE_SECONDS}",
        }
        asked = self.request.if_none_match
        if asked and any(one.value in (tag, "*") for one in asked):
            return web.Response(status=304, headers=headers)
        if "gzip" in self.request.headers.get("Accept-Encoding", "").lower():
            body, headers["Content-Encoding"] = compressed, "gzip"
        return web.Response(body=body, content_type="application/json", charset="utf-8", headers=headers)
