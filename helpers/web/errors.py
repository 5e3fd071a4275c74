"""Turns every error of a request into one response, as a page or as JSON, and never into a
traceback."""

import errno
import logging
import math

from aiohttp import web
from aiohttp.typedefs import Handler
from redis.exceptions import RedisError

from helpers.db.database import is_unavailable
from helpers.errors import ActionError
from helpers.security_log import CAUSE, WHO, note_refusal
from helpers.text.characters import one_line
from helpers.text.translation import Text, translate
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from helpers.web.routing import path_for_logs, route_of, wants_json, without_slash

log = logging.getLogger("aiochat.http")

TITLES = {
    400: (
        Text("That request isn't right"),
        Text("Something in the address or in what was sent can't be understood."),
    ),
    401: (Text("Please sign in"), Text("This needs you to be signed in.")),
    403: (
        Text("That isn't allowed"),
        Text(
            "You may not do this, or the form is older than your session: go back, reload the page and try "
            "again."
        ),
    ),
    404: (Text("Nothing here"), Text("There is no such page, or it isn't open to you.")),
    405: (Text("That isn't how this works"), Text("This address doesn't take that kind of request.")),
    408: (Text("That took too long"), Text("What was sent came too slowly. Please try it again.")),
    410: (Text("No longer here"), Text("What was here has been taken away.")),
    413: (Text("That is too big"), Text("What was sent is larger than this takes.")),
    415: (
        Text("That isn't a form"),
        Text("This takes a form: application/x-www-form-urlencoded or multipart/form-data."),
    ),
    429: (Text("Too fast"), Text("Please wait a moment and try again.")),
    500: (
        Text("Something broke here"),
        Text("It has been written to the log. Nothing of yours was lost by it."),
    ),
    503: (
        Text("Back in a moment"),
        Text(
            "The chat can't reach its database just now. It tries again by itself; please reload in a few "
            "seconds."
        ),
    ),
}

CODES = {
    401: "signed_out",
    403: "forbidden",
    404: "not_found",
    405: "bad_method",
    408: "too_slow",
    410: "gone",
    413: "too_big",
    415: "bad_type",
    429: "rate_limited",
    500: "broken",
    503: "unavailable",
}


async def error_response(
    request: web.Request,
    status: int,
    text: str | None = None,
    code: str | None = None,
    back: tuple[str, str] | None = None,
) -> web.Response:
    """Returns the response for an error, as a page or as JSON, in the language of the request.

    `text` replaces the default text of the status; `code` is for programs. `back` is an address and
    its name, to which the page links instead of to the start page."""
    note_refused(request, status, code or CODES.get(status, ""))
    title, usual = TITLES.get(status, TITLES[400 if status < 500 else 500])
    text = translate(text or usual)
    if wants_json(request):
        return web.json_response(
            {"error": {"code": code or CODES.get(status, "bad_request"), "text": text}}, status=status
        )
    if back:
        back = (back[0], translate(back[1]))
    context = {
        "status": status,
        "title": translate(title),
        "text": text,
        "back": back,
        "path_qs": request.path_qs,
    }
    # What would be asked may be what is away.
    return await render_page("error.html", request, context, status=status, asks=status < 500)


def note_refused(request: web.Request, status: int, code: str) -> None:
    """Notes in the security log that a request was refused. A missing page is noted where there is a
    route: it may be there for others."""
    route = route_of(request)
    cause = request.get(CAUSE, "")
    if cause or status in (401, 403, 429) or (status == 404 and route is not None):
        note_refusal(
            route.name if route is not None else "request",
            who=request.get(WHO, ""),
            whence=client_address(request),
            code=code,
            method=request.method,
            path=path_for_logs(request),
            **({"cause": cause} if cause else {}),
        )


async def action_error_response(request: web.Request, error: ActionError) -> web.Response:
    """Returns the response for an action's error. In JSON it is assigned to its form field, if it
    has one."""
    if error.field is not None and wants_json(request):
        response = web.json_response({"errors": {error.field: translate(error.phrase)}}, status=error.status)
    else:
        response = await error_response(request, error.status, error.phrase, error.code, error.back)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ActionError as error:
        return await action_error_response(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        if error.status == 404 and (place := await without_slash(request)):
            raise web.HTTPPermanentRedirect(place) from None
        response = await error_response(request, error.status)
        for name in ("Allow", "Retry-After"):
            if name in error.headers:
                response.headers[name] = error.headers[name]
        return response
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            # The file system doesn't allow such a long name of a static file.
            return await error_response(request, 404)
        if is_unavailable(error) or isinstance(error, RedisError):
            log.warning("%s %s: %s", request.method, path_for_logs(request), one_line(error))
            response = await error_response(request, 503)
            response.headers["Retry-After"] = "2"
            return response
        log.exception("%s %s", request.method, path_for_logs(request))
        return await error_response(request, 500)
