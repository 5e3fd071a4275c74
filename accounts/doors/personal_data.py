"""Pages to download one's data and to delete one's account."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from aiohttp_session import get_session
from pydantic import field_validator

from accounts.doors.security import WithPassword, check_with_password
from accounts.keys import OWN_DATA, USER, Successor
from accounts.people.mentions import NAMED_PEOPLE
from accounts.personal_data.deletion import ACCOUNT_DELETION, OnlyAdministrator, end_account
from accounts.personal_data.export import Claim, document
from accounts.signin.devices import device_of
from accounts.signin.sessions import is_live, sign_out_deleted_account
from helpers.clock import iso
from helpers.db.database import is_unavailable
from helpers.errors import ActionError
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.security_log import note
from helpers.storage.store import STORE
from helpers.text.translation import Text, current
from helpers.web.addresses import client_address, client_mark
from helpers.web.forms import Form, read_form
from helpers.web.routing import wants_json
from helpers.web.sessions import STORAGE

log = logging.getLogger("aiochat.own_data")


DOWNLOADS = Rule("downloads", 1 / 600, 6.0)
"""Per person. A download reads everything that the person has written."""

RETRY_SECONDS = 60
BACK = ("/settings/data", Text("Your data"))

PATIENCE_SECONDS = 2.0
"""The response waits this long for the erasure, so that it is mostly complete by then."""

FILE_NAME = "aiochat-data.json"


class DeletionForm(WithPassword):
    messages: str = ""

    @field_validator("messages")
    @classmethod
    def _one_of_two(cls, value: str) -> str:
        if value not in ("keep", "remove"):
            raise ValueError(Text("Choose one of the two, please."))
        return value


class DeleteAccount(web.View):
    """Deletes the account; requires the password. `messages`: `keep` keeps the person's messages
    under another name, `remove` erases them too."""

    async def get(self) -> web.Response:
        return self._page(Form({"messages": "keep"}))

    async def post(self) -> web.Response:
        request, t = self.request, current().t
        user, app = request[USER], request.app
        data, form, status = await check_with_password(
            request, DeletionForm, {"messages": "", **await read_form(request)}
        )
        if data is None:
            return self._page(form, status)
        try:
            await end_account(app[DATABASE], user, removes=data.messages == "remove")
        except OnlyAdministrator:
            form.errors[""] = t(
                "You are the site’s only administrator. Make somebody else one first: python app.py "
                "make-admin NAME"
            )
            return self._page(form, 409)
        app[NAMED_PEOPLE].name_changed(user.name)
        note("account deletion", "ok", who=user.name, whence=client_address(request))
        await sign_out_deleted_account(request)
        await asyncio.wait([app[ACCOUNT_DELETION].run_now(user.id)], timeout=PATIENCE_SECONDS)
        # As after signing out.
        headers = {"Clear-Site-Data": '"storage"'}
        if wants_json(request):
            return web.Response(status=204, headers=headers)
        raise web.HTTPSeeOther("/", headers=headers)

    def _page(self, form: Form, status: int = 200) -> web.Response:
        if wants_json(self.request) and status != 200:
            return web.json_response({"errors": form.errors}, status=status)
        return aiohttp_jinja2.render_template(
            "accounts/delete.html", self.request, {"form": form}, status=status
        )


class OwnData(web.View):
    async def get(self) -> web.Response:
        raise web.HTTPSeeOther("/settings/data")


@dataclass(eq=False)
class OpenDownload:
    request: web.Request
    session_id: str
    user_id: int


class OpenDownloads:
    """The downloads of this process, which end with their sessions."""

    def __init__(self) -> None:
        self._open: set[OpenDownload] = set()

    @contextlib.contextmanager
    def opened(self, request: web.Request, session_id: str) -> Iterator[None]:
        download = OpenDownload(request, session_id, request[USER].id)
        self._open.add(download)
        try:
            yield
        finally:
            self._open.remove(download)

    def sessions(self) -> set[tuple[str, int]]:
        return {(download.session_id, download.user_id) for download in self._open}

    def end_session(self, session_id: str, successor: Successor | None = None) -> None:
        for download in self._open:
            request = download.request
            if download.session_id != session_id:
                continue
            if successor is not None and client_mark(request) == successor.client:
                download.session_id = successor.session_id
            elif request.transport is not None:
                request.transport.abort()


OPEN_DOWNLOADS = web.AppKey("open_downloads", OpenDownloads)


class Download(web.View):
    """Streams the document while it is read. One download at a time per person."""

    async def get(self) -> web.StreamResponse:
        request = self.request
        user, app = request[USER], request.app
        if wait := await app[LIMITER].take(DOWNLOADS, str(user.id)):
            raise ActionError(
                "rate_limited",
                "You have just downloaded it several times. Please come again later.",
                retry_after=int(wait) + 1,
                back=BACK,
            )
        claim = Claim(user.id)
        if not await claim.acquire():
            raise ActionError(
                "rate_limited",
                "Your data are being written already. One download at a time, please.",
                retry_after=RETRY_SECONDS,
                back=BACK,
            )
        session_id = str((await get_session(request)).identity)
        try:
            with app[OPEN_DOWNLOADS].opened(request, session_id):
                if not await is_live(app, session_id, user.id):
                    raise web.HTTPUnauthorized
                pieces = document(app[STORE], user, await self._sessions(), app[OWN_DATA])
                return await self._send(pieces, claim)
        finally:
            await claim.release()

    async def _sessions(self) -> list[dict[str, Any]]:
        storage = self.request.app[STORAGE]
        await storage.store_uses()
        uses = (await storage.store.of_user(self.request[USER].id)).values()
        return [
            {
                "device": device_of(use.agent),
                "agent": use.agent,
                "address": use.address,
                "used_at": iso(use.at) if use.at else None,
            }
            for use in uses
        ]

    async def _send(self, pieces: AsyncIterator[bytes], claim: Claim) -> web.StreamResponse:
        request = self.request
        headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"', "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.content_type = "application/json"
        first = await anext(pieces)
        await response.prepare(request)
        try:
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
                await claim.extend()
            # Released before the last byte: a client that has the whole file may request it again
            # at once.
            await claim.release()
            await response.write_eof()
        except Exception as error:
            # Sent data can't be revoked. Without the end of the response the client notices that it
            # is incomplete.
            if not is_unavailable(error):
                log.exception("a download broke off")
            if request.transport is not None:
                request.transport.abort()
        return response
