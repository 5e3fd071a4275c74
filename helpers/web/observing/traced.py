"""A span for each request."""

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from helpers.keys import SETTINGS
from helpers.observing.traces import MissingPackages, check_packages, fail, span, traced
from helpers.processes.terminal import Failure
from helpers.web.observing.request_ids import REQUEST_ID
from helpers.web.routing import route_of
from settings import version


@web.middleware
async def traced_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The path as the route has it: what stands in its places may be secret. Only a trusted proxy says to
    which trace it belongs."""
    route = route_of(request)
    if route is None or route.is_endless:
        return await handler(request)
    headers = request.headers if request.app[SETTINGS].trust_proxy else {}
    attributes = {
        "http.request.method": request.method,
        "http.route": route.path,
        "aiochat.request_id": request[REQUEST_ID],
    }
    with span(f"{request.method} {route.path}", attributes, headers=headers) as found:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            _note(found, error.status)
            raise
        _note(found, response.status)
        return response


def _note(found: Any, status: int) -> None:
    if found is not None:
        found.set_attribute("http.response.status_code", status)
        if status >= 500:
            fail(found)


async def run_traces(app: web.Application) -> AsyncIterator[None]:
    collector = app[SETTINGS].traces
    if not collector:
        yield
        return
    try:
        check_packages()
    except MissingPackages as error:
        raise Failure(
            f"AIOCHAT_TRACES needs OpenTelemetry, and there is no {error}: pip install 'aiochat[traces]'"
        ) from None
    async with traced(collector, {"service.name": "aiochat", "service.version": version()}):
        yield
