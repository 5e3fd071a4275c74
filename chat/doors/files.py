"""Files of messages: sending some by a form or a program, and reading one."""

import re
from urllib.parse import quote

from aiohttp import web

from accounts.keys import USER
from chat.actions.filtering import is_stored, post_and_wait
from chat.actions.membership import find_room
from chat.attachments.serving import StoredFile, stored_file
from chat.doors.room_pages import as_events, find_access
from chat.doors.uploads import store_away
from chat.drafts import FileRef, Person
from chat.errors import ActionError
from chat.history.reading import post_at
from chat.keys import ATTACHMENTS, ENGINE, take_token
from chat.requests import MAX_FILES, Post, RunCommand, SentFile, check_nonce, checked_post, new_nonce
from helpers.storage.blobs import variant_key
from helpers.storage.store import StorageError
from helpers.web.forms import read_files, read_form, read_values
from helpers.web.headers import PHOTO_POLICY
from settings import Settings

FRESH = "private, no-cache"
"""Browsers keep it, and ask each time whether they still may show it."""

SHOWN = ("picture", "video", "sound")
"""Kinds that a browser shows by itself. All others are offered for saving."""

_THUMBNAIL = re.compile(r"thumbnail-(320|640|1280)\.webp")


def max_body(settings: Settings) -> int:
    """Bytes of a form: a large file, or several of half its size."""
    return 2 * settings.max_file_bytes


class RoomFiles(web.View):
    """Sends files to a room, as one message: by a form, or by a program, which gets the message."""

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        found = await find_access(request)
        form = await read_form(request)
        uploads = [one for one in await read_files(request, "file") if one.size or one.name]
        take_token(request, user.id)
        nonce = check_nonce(form["nonce"]) if form.get("nonce") else new_nonce()
        if not found.standing.is_member:
            raise ActionError("not_a_member", "You are not a member of this room.")
        if len(uploads) > MAX_FILES:
            raise ActionError(
                "too_many_files", "A message holds at most {most} files, each once.", most=MAX_FILES
            )
        described = [*await read_values(request, "description"), *([""] * len(uploads))]
        sent = [SentFile(str(place), described[place]) for place in range(len(uploads))]
        post = checked_post(Post(form.get("text", ""), nonce, _reply_to(form.get("reply_to", "")), sent))
        if isinstance(post, RunCommand):
            raise ActionError("bad_request", "A command takes no files.")
        files: tuple[FileRef, ...] = ()
        if not await is_stored(user.id, nonce):
            attachments = request.app[ATTACHMENTS]
            for upload in uploads:
                attachments.check_size(upload.size)
            try:
                files = tuple(
                    [
                        FileRef(
                            await attachments.take(user.id, upload.name, upload.file, upload.size),
                            one.description,
                        )
                        for upload, one in zip(uploads, post.files, strict=True)
                    ]
                )
            except StorageError as error:
                raise store_away(error) from error
        person, room = Person(user.id, user.name), found.room
        receipt = await post_and_wait(
            *(request.app[ENGINE], room.id, person, post.text, nonce, "post"),
            files=files,
            reply_to=post.reply_to,
        )
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/rooms/{room.name}")
        line = await post_at(room.id, receipt.number or 0)
        return web.json_response({"message": as_events([line])[0] if line else None}, status=201)


def _reply_to(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise ActionError("bad_request", "This isn't a request: `reply_to` is the number of a post.")
    return int(text)


class OneFile(web.View):
    """A file, or a thumbnail of it. The name in the address is for people alone."""

    async def get(self) -> web.StreamResponse:
        file = await stored_file(self.request.match_info["file"])
        if file is None or not await self._may_read(file):
            raise web.HTTPNotFound
        thumbnail = _THUMBNAIL.fullmatch(self.request.match_info["name"])
        if thumbnail is not None and file.variants:
            return await self._thumbnail(file, int(thumbnail[1]))
        return await self._content(file)

    async def _may_read(self, file: StoredFile) -> bool:
        user = self.request[USER]
        if file.slug is None:
            return file.is_before_posting(user)
        found = await find_room(self.request.app[ENGINE], file.slug, user)
        return found is not None and file.is_shown_in(found.room)

    async def _thumbnail(self, file: StoredFile, width: int) -> web.StreamResponse:
        widths = sorted(int(one) for one in file.variants if one.isdigit())
        if not widths:
            raise web.HTTPNotFound
        fitting = [one for one in widths if one <= width]
        variant = str(fitting[-1] if fitting else widths[0])
        headers = {"ETag": f'"{file.sha256[:32]}-{variant}"', "Content-Type": "image/webp", **_headers()}
        if _is_known(self.request, headers["ETag"]):
            return web.Response(status=304, headers=headers)
        try:
            data = await self.request.app[ATTACHMENTS].store.read(variant_key(file.key, variant))
        except StorageError as error:
            raise store_away(error) from error
        return web.Response(body=data, headers=headers)

    async def _content(self, file: StoredFile) -> web.StreamResponse:
        request = self.request
        headers = {"ETag": f'"{file.sha256[:32]}"', "Accept-Ranges": "bytes", **_headers()}
        headers["Content-Type"] = file.type + ("; charset=utf-8" if file.kind == "text" else "")
        disposition = "inline" if file.kind in SHOWN else "attachment"
        headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(file.name, safe='')}"
        if _is_known(request, headers["ETag"]):
            return web.Response(status=304, headers=headers)
        start, end = _range_of(request, file.size, headers["ETag"])
        if start >= end:
            headers["Content-Range"] = f"bytes */{file.size}"
            raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": headers["Content-Range"]})
        is_part = (start, end) != (0, file.size)
        if is_part:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        headers["Content-Length"] = str(end - start)
        answer = web.StreamResponse(status=206 if is_part else 200, headers=headers)
        if request.method == "HEAD":
            await answer.prepare(request)
            return answer
        try:
            async for piece in request.app[ATTACHMENTS].store.stream(file.key, start, end):
                if not answer.prepared:
                    await answer.prepare(request)
                await answer.write(piece)
        except StorageError as error:
            if answer.prepared:
                # The client sees that it isn't whole, and asks for the rest.
                if request.transport is not None:
                    request.transport.abort()
                return answer
            raise store_away(error) from error
        await answer.write_eof()
        return answer


def _headers() -> dict[str, str]:
    return {"Cache-Control": FRESH, "Content-Security-Policy": PHOTO_POLICY}


def _is_known(request: web.Request, etag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    return etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}


_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def _range_of(request: web.Request, size: int, etag: str) -> tuple[int, int]:
    """The range that is asked for, the end not included; the whole file where none is, or several. An
    empty one can't be given."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if found is None or found[0] == "bytes=-" or request.headers.get("If-Range", etag) != etag:
        return 0, size
    first, last = found[1], found[2]
    if not first:
        return max(0, size - int(last)), size
    end = min(size, int(last) + 1) if last else size
    return int(first), end if int(first) < end else 0
