"""The response to data that isn't HTTP. No middleware sees it: aiohttp's own response has no
security headers, reveals its version, repeats the input, and logs a traceback for each port
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
        # aiohttp reads a rejected body to its end, and fails a second time for the same reason.
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return Protocol(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """aiohttp's runner with Protocol for its connections."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        # aiohttp has no parameter for the class.
        server.__class__ = _Server
        return server
