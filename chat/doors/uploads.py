"""Uploads in parts, by the protocol tus 1.0 with its extensions creation, expiration and termination:
what came before a connection broke needn't be sent again."""

import base64
import binascii
from collections import Counter
from email.utils import formatdate
from typing import Any

import msgspec
from aiohttp import web

from accounts.keys import USER
from chat.attachments.attachments import CHUNK, Attachments
from chat.errors import ActionError
from chat.keys import ATTACHMENTS, take_token
from chat.models import Upload
from helpers.errors import too_fast
from helpers.keys import SETTINGS
from helpers.text.translation import Text, translate
from helpers.web.requests.bodies import in_time

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PART_TYPE = "application/offset+octet-stream"

AT_ONCE = 4
"""Parts that a process takes at once from one person."""

MAX_DIGITS = 15

UNDER_WAY = web.AppKey("uploads_under_way", Counter[int])


class TusView(web.View):
    """Answers as tus wants it."""

    @property
    def attachments(self) -> Attachments:
        return self.request.app[ATTACHMENTS]

    def check_version(self) -> None:
        if self.request.headers.get("Tus-Resumable", VERSION) != VERSION:
            raise web.HTTPPreconditionFailed(headers={"Tus-Version": VERSION})

    def number(self, header: str) -> int:
        # Two of one name would be read one way here and another in a proxy.
        text = ",".join(self.request.headers.getall(header, []))
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            raise ActionError("bad_request", "`{name}` is a whole number from 0.", name=header)
        return int(text)

    async def options(self) -> web.Response:
        headers = {"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS}
        headers["Tus-Max-Size"] = str(self.attachments.bounds.file)
        return web.Response(status=204, headers=headers)


class NewUpload(TusView):
    async def post(self) -> web.Response:
        self.check_version()
        user = self.request[USER]
        take_token(self.request, user.id)
        if "Upload-Defer-Length" in self.request.headers:
            raise ActionError("bad_request", "The size of an upload is known before.")
        size = self.number("Upload-Length")
        name = _name_in(self.request.headers.get("Upload-Metadata", ""))
        upload = await self.attachments.create(user.id, name, size)
        headers = {"Location": f"/uploads/{upload.id}", "Upload-Offset": "0", **_state(upload)}
        return web.Response(status=201, headers=headers)


class OneUpload(TusView):
    async def _upload(self) -> Upload:
        upload = await self.attachments.find(self.request[USER].id, self.request.match_info["upload"])
        if upload is None:
            raise web.HTTPNotFound
        return upload

    async def head(self) -> web.Response:
        self.check_version()
        upload = await self._upload()
        headers = {**_state(upload), "Upload-Offset": str(upload.came), "Upload-Length": str(upload.size)}
        return web.Response(headers=headers)

    async def get(self) -> web.Response:
        state = await self.attachments.state_of(await self._upload())
        return web.json_response(_told(state))

    async def patch(self) -> web.Response:
        self.check_version()
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        if request.content_type != PART_TYPE:
            raise web.HTTPUnsupportedMediaType
        offset = self.number("Upload-Offset")
        upload = await self._upload()
        if (request.content_length or 0) > upload.size - offset:
            raise ActionError("too_large", "More came than was announced.")
        under_way = request.app[UNDER_WAY]
        if under_way[user.id] >= AT_ONCE and request.app[SETTINGS].rate_limits == "on":
            raise too_fast(1)
        under_way[user.id] += 1
        try:
            pieces = in_time(request.content.iter_chunked(CHUNK))
            upload = await self.attachments.append(upload, offset, pieces)
            if upload.state == "whole":
                await self.attachments.wait_for(upload)
        finally:
            under_way[user.id] -= 1
            if not under_way[user.id]:
                del under_way[user.id]
        return web.Response(status=204, headers={**_state(upload), "Upload-Offset": str(upload.came)})

    async def delete(self) -> web.Response:
        self.check_version()
        await self.attachments.end(await self._upload())
        return web.Response(status=204, headers={"Tus-Resumable": VERSION})


def _state(upload: Upload) -> dict[str, str]:
    until = formatdate(upload.until / 1000, usegmt=True)
    return {"Tus-Resumable": VERSION, "Upload-Expires": until}


def _told(state: dict[str, Any]) -> dict[str, Any]:
    error = state["error"]
    told: dict[str, Any] = msgspec.to_builtins({**state, "error": translate(Text(error)) if error else None})
    return told


def _name_in(metadata: str) -> str:
    """The file's name in `Upload-Metadata`: pairs of a key and its value in Base64."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value.strip(), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise ActionError("bad_request", "The file’s name is Base64 of UTF-8.") from None
    return ""
