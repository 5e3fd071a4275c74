"""Gives each request an id, and writes a line for each where that is wanted."""

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Handler
from aiohttp.web_request import BaseRequest

from helpers.keys import SETTINGS
from helpers.observing.request_ids import HEADER, checked, request_id
from helpers.web.requests.addresses import client_address
from helpers.web.routing import path_for_logs
from settings import Settings

REQUEST_ID = web.RequestKey("request_id", str)

access = logging.getLogger("aiochat.access")


@web.middleware
async def request_ids(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Names the request. Only a trusted proxy may choose the name: others could take one that is in
    use."""
    given = request.headers.get(HEADER) if request.app[SETTINGS].trust_proxy else None
    request[REQUEST_ID] = found = checked(given)
    # The task serves the connection's next request, too.
    token = request_id.set(found)
    try:
        return await handler(request)
    finally:
        request_id.reset(token)


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`."""
    if found := request.get(REQUEST_ID):
        response.headers[HEADER] = found


class AccessLogger(AbstractAccessLogger):
    """A line for each answer: the path alone, without what is secret in it."""

    def log(self, request: BaseRequest, response: web.StreamResponse, time: float) -> None:
        if not isinstance(request, web.Request):
            # It couldn't be read, and has a line of its own.
            return
        fields = {
            "method": request.method[:20],
            "path": path_for_logs(request)[:500],
            "status": response.status,
            "bytes": response.body_length,
            "seconds": round(time, 4),
            "address": client_address(request),
        }
        token = request_id.set(request.get(REQUEST_ID, ""))
        try:
            self.logger.info("%s %s %d %d B %.3f s %s", *fields.values(), extra=fields)
        finally:
            request_id.reset(token)


def access_log(settings: Settings) -> logging.Logger | None:
    return access if settings.access_log == "on" else None
