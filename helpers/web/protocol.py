"""The answer to what isn't HTTP at all. No middleware sees it: aiohttp's own has no security
headers, tells its version, repeats what was sent, and writes a traceback to the log for each port
scan."""

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_request import BaseRequest

from helpers.web.headers import FIXED

log = logging.getLogger("aiochat.http")

HEADERS = {
    **FIXED,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Server": "aiochat",
}


class Protocol(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        text: str | None = None,
    ) -> web.StreamResponse:
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
            response = super().handle_error(request, status, exc, text)
        else:
            log.info("%s sent what isn't HTTP: %s", request.remote, type(exc).__name__)
            response = web.Response(status=status, text="This isn't a request that can be understood.\n")
            response.force_close()
        response.headers.update(HEADERS)
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        # aiohttp reads a refused body to its end, and stumbles a second time over what was wrong
        # with it.
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return Protocol(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """aiohttp's, whose connections speak Protocol."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        # There is no parameter for the class.
        server.__class__ = _Server
        return server
