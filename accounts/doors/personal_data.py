"""Pages to download one's data and to delete one's account."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from pydantic import field_validator

from accounts.doors.downloads import claimed, send_download
from accounts.doors.security import WithPassword, check_with_password
from accounts.doors.signin import farewell
from accounts.keys import OWN_DATA, USER
from accounts.people.mentions import NAMED_PEOPLE
from accounts.personal_data.archive import OWN_FILES, archive
from accounts.personal_data.deletion import ACCOUNT_DELETION, OnlyAdministrator, end_account
from accounts.personal_data.export import document
from accounts.signin.devices import device_of
from accounts.signin.sessions import sign_out_deleted_account
from helpers.clock import iso
from helpers.keys import DATABASE
from helpers.security_log import note
from helpers.storage.store import STORE
from helpers.storage.zipping import Entry
from helpers.text.translation import Text, current
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from helpers.web.requests.forms import Form, read_form
from helpers.web.routing import wants_json
from helpers.web.sessions import STORAGE

BACK = ("/settings/data", Text("Your data"))

PATIENCE_SECONDS = 2.0
"""The response waits this long for the erasure, so that it is mostly complete by then."""

FILE_NAME = "aiochat-data.json"
ARCHIVE_NAME = "aiochat-data.zip"


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
        return await self._page(Form({"messages": "keep"}))

    async def post(self) -> web.Response:
        request, t = self.request, current().t
        user, app = request[USER], request.app
        data, form, status = await check_with_password(
            request, DeletionForm, {"messages": "", **await read_form(request)}
        )
        if data is None:
            return await self._page(form, status)
        try:
            await end_account(app[DATABASE], user, removes=data.messages == "remove")
        except OnlyAdministrator:
            form.errors[""] = t(
                "You are the site’s only administrator. Make somebody else one first, on their page under "
                "Administration."
            )
            return await self._page(form, 409)
        app[NAMED_PEOPLE].name_changed(user.name)
        note("account deletion", "ok", who=user.name, whence=client_address(request))
        await sign_out_deleted_account(request)
        await asyncio.wait([app[ACCOUNT_DELETION].run_now(user.id)], timeout=PATIENCE_SECONDS)
        address, headers = farewell()
        if wants_json(request):
            return web.Response(status=204, headers=headers)
        raise web.HTTPSeeOther(address, headers=headers)

    async def _page(self, form: Form, status: int = 200) -> web.Response:
        if wants_json(self.request) and status != 200:
            return web.json_response({"errors": form.errors}, status=status)
        return await render_page("accounts/settings/delete.html", self.request, {"form": form}, status=status)


class OwnData(web.View):
    async def get(self) -> web.Response:
        raise web.HTTPSeeOther("/settings/data")


class Download(web.View):
    """Streams the document while it is read; with `files=1` as a ZIP together with what the person has
    sent. One download at a time per person."""

    async def get(self) -> web.StreamResponse:
        request, app = self.request, self.request.app
        async with claimed(request, BACK) as claim:
            pieces = document(app[STORE], request[USER], await self._sessions(), app[OWN_DATA])
            if request.query.get("files") == "1":
                whole = archive(FILE_NAME, pieces, self._files())
                return await send_download(request, claim, whole, ARCHIVE_NAME, "application/zip")
            return await send_download(request, claim, pieces, FILE_NAME, "application/json")

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

    async def _files(self) -> AsyncIterator[Entry]:
        for of in self.request.app[OWN_FILES]:
            async for file in of(self.request[USER]):
                yield file
