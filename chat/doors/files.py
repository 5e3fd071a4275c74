"""Files of messages: sending some by a form or a program, and reading one."""

import re
from urllib.parse import quote

from aiohttp import web

from accounts.keys import USER
from accounts.people.directory import user_by_name
from accounts.people.shown_names import load_names
from chat.actions.membership import find_room
from chat.actions.order.filtering import is_stored, post_and_wait
from chat.attachments.listing import FilePage, files_of
from chat.attachments.serving import StoredFile, stored_file
from chat.doors.rooms.pages import as_events, find_access, room_access
from chat.drafts import FileRef, Person
from chat.errors import ActionError
from chat.history.reading import post_at
from chat.history.titles import title_of
from chat.keys import ATTACHMENTS, ENGINE, take_token
from chat.requests import MAX_FILES, Post, RunCommand, SentFile, check_nonce, checked_post, new_nonce
from chat.search.query import MAX_LENGTH
from helpers.rendering import RENDERER
from helpers.storage.blobs import variant_key
from helpers.storage.store import StorageError
from helpers.text.folding import folded_letters
from helpers.text.previews import MAX_BYTES
from helpers.web.headers import PHOTO_POLICY
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_files, read_form, read_values
from helpers.web.routing import wants_json
from helpers.web.stored import REVALIDATE, is_known, stored_answer
from settings import Settings

KINDS = ("picture", "video", "sound", "text", "other")

SHOWN = ("picture", "video", "sound")
"""Kinds that a browser shows by itself. All others are offered for saving."""

PREVIEW_VERSION = 1

_THUMBNAIL = re.compile(r"thumbnail-(320|640|1280)\.webp")


def max_body(settings: Settings) -> int:
    """Bytes of a form: a large file, or several of half its size."""
    return 2 * settings.max_file_bytes


class RoomFiles(web.View):
    """The files of a room; and sends some to it, as one message: by a form, or by a program, which gets
    the message."""

    async def get(self) -> web.Response:
        request = self.request
        found = await room_access(request)
        kind, by, asked, before = (request.query.get(name, "") for name in ("kind", "by", "q", "before"))
        if kind not in ("", *KINDS):
            raise ActionError("bad_request", "`kind` is one of {kinds}.", kinds=", ".join(KINDS))
        if len(asked) > MAX_LENGTH:
            raise ActionError("bad_request", "At most {most} characters, please.", most=str(MAX_LENGTH))
        words = folded_letters(asked).split()
        person = await user_by_name(by) if by else None
        page = FilePage([], None)
        if not by or person is not None:
            person_id = person.id if person else None
            page = await files_of(found.room, kind, person_id, _cursor(before), words)
        told = {"files": page.files, "more": page.cursor is not None, "cursor": page.cursor}
        if wants_json(request):
            return web.json_response(told)
        title = await title_of(found.room, request[USER].id)
        others = title.split(", ") if found.room.is_conversation else []
        await load_names({one["by"] for one in page.files} | set(others))
        context = {**told, "room": found.room, "room_title": title, "kind": kind, "by": by, "asked": asked}
        return await render_page("chat/room_files.html", request, context)

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
            files = tuple(
                [
                    FileRef(
                        await attachments.take(user.id, upload.name, upload.file, upload.size),
                        one.description,
                    )
                    for upload, one in zip(uploads, post.files, strict=True)
                ]
            )
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


def _cursor(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,16})-([0-9]{1,4})", text, re.ASCII)
    if found is None:
        raise ActionError("bad_request", "`before` is the cursor of a page.")
    return int(found[1]), int(found[2])


def _reply_to(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise ActionError("bad_request", "This isn't a request: `reply_to` is the number of a post.")
    return int(text)


class FileView(web.View):
    """What its reader may see of a file at this moment."""

    async def file(self) -> StoredFile:
        """Raises HTTPNotFound where there is none, or none that the user may read."""
        file = await stored_file(self.request.match_info["file"])
        if file is None or not await self._may_read(file):
            raise web.HTTPNotFound
        return file

    async def _may_read(self, file: StoredFile) -> bool:
        user = self.request[USER]
        if file.slug is None:
            return file.is_before_posting(user)
        found = await find_room(self.request.app[ENGINE], file.slug, user)
        return found is not None and file.is_shown_in(found.room)


class Preview(FileView):
    """What is in a text file, as a piece of HTML; 404 for others."""

    async def get(self) -> web.Response:
        request, file = self.request, await self.file()
        if file.kind != "text":
            raise web.HTTPNotFound
        headers = {"ETag": f'"{file.sha256[:32]}-{PREVIEW_VERSION}"', **_headers()}
        if is_known(request, headers["ETag"]):
            return web.Response(status=304, headers=headers)
        take_token(request, request[USER].id)
        store, end = request.app[ATTACHMENTS].store, min(file.size, MAX_BYTES)
        data = b"".join([piece async for piece in store.stream(file.key, 0, end)])
        text = await request.app[RENDERER].preview(request[USER].id, data, file.name)
        return web.Response(text=text, content_type="text/html", headers=headers)


class OneFile(FileView):
    """A file, or a thumbnail of it. The name in the address is for people alone."""

    async def get(self) -> web.StreamResponse:
        file = await self.file()
        thumbnail = _THUMBNAIL.fullmatch(self.request.match_info["name"])
        if thumbnail is not None and file.variants:
            return await self._thumbnail(file, int(thumbnail[1]))
        return await self._content(file)

    async def _thumbnail(self, file: StoredFile, width: int) -> web.StreamResponse:
        widths = sorted(int(one) for one in file.variants if one.isdigit())
        if not widths:
            raise web.HTTPNotFound
        fitting = [one for one in widths if one <= width]
        variant = str(fitting[-1] if fitting else widths[0])
        store = self.request.app[ATTACHMENTS].store
        answer = await stored_answer(
            *(self.request, f"{file.sha256[:32]}-{variant}", _headers(), "image/webp"),
            lambda: store.read(variant_key(file.key, variant)),
        )
        if answer is None:
            raise web.HTTPNotFound
        return answer

    async def _content(self, file: StoredFile) -> web.StreamResponse:
        request = self.request
        headers = {"ETag": f'"{file.sha256[:32]}"', "Accept-Ranges": "bytes", **_headers()}
        headers["Content-Type"] = file.type + ("; charset=utf-8" if file.kind == "text" else "")
        disposition = "inline" if file.kind in SHOWN else "attachment"
        headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(file.name, safe='')}"
        if is_known(request, headers["ETag"]):
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
        except StorageError:
            if not answer.prepared:
                raise
            # The client sees that it isn't whole, and asks for the rest.
            if request.transport is not None:
                request.transport.abort()
            return answer
        await answer.write_eof()
        return answer


def _headers() -> dict[str, str]:
    return {"Cache-Control": REVALIDATE, "Content-Security-Policy": PHOTO_POLICY}


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
