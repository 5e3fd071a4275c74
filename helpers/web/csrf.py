"""Accepts only forms that come from our own pages: OWASP ASVS 5.0, 3.5. It checks Fetch Metadata
first, then a token in the session. A visitor's session is the cookie itself, which other sites
can neither read nor set."""

import hmac
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_session import Session, get_session

from helpers.errors import ActionError
from helpers.keys import SETTINGS
from helpers.security_log import CAUSE
from helpers.web.errors import note_refused
from helpers.web.requests.forms import BEFORE_FILES, read_form
from helpers.web.routing import route_of, takes_method, wants_json

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def wrong_origin(request: web.Request) -> str:
    """Tells an operator which origin came and which is expected."""
    came = request.headers.get("Origin") or "none"
    expected = " or ".join(sorted(request.app[SETTINGS].origins))
    return f"origin {came[:80]} isn't {expected} (AIOCHAT_PUBLIC_URL)"


def new_token() -> str:
    return secrets.token_urlsafe(32)


class CsrfToken:
    """The session's token, created when a page first shows it. Visitors who only read get no
    cookie."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __str__(self) -> str:
        if FIELD not in self._session:
            self._session[FIELD] = new_token()
        return str(self._session[FIELD])


@web.middleware
async def csrf(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (
        request.method in SAFE_METHODS
        or request.match_info.http_exception is not None
        or not takes_method(request)
        or ((route := route_of(request)) is not None and route.foreign)
    ):
        return await handler(request)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden
    origin = request.headers.get("Origin")
    settings = request.app[SETTINGS]
    if origin is not None and origin not in settings.origins and not settings.debug:
        request[CAUSE] = wrong_origin(request)
        raise _by_another_address(request, origin) or web.HTTPForbidden
    try:
        await _check_token(request)
    except web.HTTPForbidden:
        return await _form_again(request)
    return await handler(request)


async def _check_token(request: web.Request) -> None:
    expected = (await get_session(request)).get(FIELD)
    if not expected:
        raise web.HTTPForbidden
    given = request.headers.get(HEADER)
    if not given:
        # Files are read only after the token has come, and then it is checked once more.
        request[BEFORE_FILES] = lambda fields: _check(str(expected), dict(fields).get(FIELD, ""))
        given = (await read_form(request)).get(FIELD, "")
    _check(str(expected), given)


async def _form_again(request: web.Request) -> web.StreamResponse:
    """The answer of a view that has `stale()` for a form that is older than the session, as where one has
    signed in in another tab meanwhile. It changes nothing. Raises HTTPForbidden."""
    route = route_of(request)
    is_plain = request.content_type == "application/x-www-form-urlencoded" and HEADER not in request.headers
    if route is None or not is_plain or wants_json(request) or not hasattr(route.view, "stale"):
        raise web.HTTPForbidden
    note_refused(request, 403, "forbidden")
    answer: web.StreamResponse = await route.view(request).stale()  # type: ignore[attr-defined]
    return answer


def _by_another_address(request: web.Request, origin: str) -> ActionError | None:
    """What a page of ours is told that was opened by an address of which the settings know nothing."""
    if origin.partition("://")[2] != request.headers.get("Host", ""):
        return None
    return ActionError(
        "forbidden",
        "You came by {came}, and this site takes only what comes by {expected}. Whoever runs it sets "
        "AIOCHAT_PUBLIC_URL to the address that people use.",
        came=origin[:80],
        expected=request.app[SETTINGS].address,
    )


def _check(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
        raise web.HTTPForbidden
