"""Downloads that take as long as there is much to read: one at a time for each person, and they end with the
session that began them."""

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from aiohttp import web
from aiohttp_session import get_session

from accounts.keys import USER, Successor
from accounts.personal_data.export import Claim
from accounts.signin.sessions import is_live
from helpers.db.database import is_unavailable
from helpers.errors import ActionError
from helpers.keys import LIMITER
from helpers.limits import Rule
from helpers.storage.store import StorageError
from helpers.web.requests.addresses import client_mark

log = logging.getLogger("aiochat.downloads")

DOWNLOADS = Rule("downloads", 1 / 600, 6.0)
"""Per person. A download reads everything that the person, or a room, has written."""

RETRY_SECONDS = 60

Back = tuple[str, str]


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


@contextlib.asynccontextmanager
async def claimed(request: web.Request, back: Back) -> AsyncIterator[Claim]:
    """The right to a download, as long as the session lasts. Raises ActionError, which leads `back`."""
    user, app = request[USER], request.app
    if wait := await app[LIMITER].take(DOWNLOADS, str(user.id)):
        raise ActionError(
            "rate_limited",
            "You have just downloaded it several times. Please come again later.",
            retry_after=int(wait) + 1,
            back=back,
        )
    claim = Claim(user.id)
    if not await claim.acquire():
        raise ActionError(
            "rate_limited",
            "Your data are being written already. One download at a time, please.",
            retry_after=RETRY_SECONDS,
            back=back,
        )
    session_id = str((await get_session(request)).identity)
    try:
        with app[OPEN_DOWNLOADS].opened(request, session_id):
            if not await is_live(app, session_id, user.id):
                raise web.HTTPUnauthorized
            yield claim
    finally:
        await claim.release()


async def send_download(
    request: web.Request, claim: Claim, pieces: AsyncIterator[bytes], name: str, kind: str
) -> web.StreamResponse:
    """Streams what is read meanwhile, as a file of this name. An ActionError in the midst of it ends it,
    without its end."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    response.content_type = kind
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
        if not is_unavailable(error) and not isinstance(error, (ActionError, StorageError)):
            log.exception("a download broke off")
        if request.transport is not None:
            request.transport.abort()
    return response
