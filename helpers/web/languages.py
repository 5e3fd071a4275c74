"""The language of a response: the cookie's, else the best match of Accept-Language, else
English."""

import re

from aiohttp import web
from aiohttp.typedefs import Handler

from helpers.errors import ActionError
from helpers.keys import SETTINGS
from helpers.text.translation import ENGLISH, LANGUAGES, Language, set_language
from helpers.web.requests.redirects import safe_next

COOKIE = "language"
COOKIE_SECONDS = 400 * 86400
"""The maximum of RFC 6265bis."""

MAX_ACCEPTED = 20
"""Browsers send up to ten. The rest of a longer list is ignored."""

_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def choose(cookie: str | None, accepted: str) -> Language:
    """Chooses the language. `accepted` is an Accept-Language header (RFC 9110, 12.5.4); parts that
    can't be parsed are ignored."""
    if cookie in LANGUAGES:
        return LANGUAGES[cookie]
    best, best_quality = ENGLISH, 0.0
    for part in accepted.split(",", MAX_ACCEPTED)[:MAX_ACCEPTED]:
        tag, _, parameter = part.partition(";")
        known = LANGUAGES.get(tag.strip().lower().partition("-")[0])
        found = _QUALITY.fullmatch(parameter.strip()) if parameter else None
        quality = float(found[1]) if found else 0.0 if parameter else 1.0
        if known is not None and quality > best_quality:
            best, best_quality = known, quality
    return best


@web.middleware
async def languages(request: web.Request, handler: Handler) -> web.StreamResponse:
    set_language(choose(request.cookies.get(COOKIE), request.headers.get("Accept-Language", "")))
    return await handler(request)


def set_language_from_query(request: web.Request) -> None:
    """Sets the language that the parameter `language` of the address names, if it exists.

    This is for requests that a page opens: not every browser sends Accept-Language with the
    handshake of a WebSocket. A page's own address never names a language, since the language switch
    couldn't change it."""
    addressed = LANGUAGES.get(request.query.get("language", ""))
    if addressed is not None:
        set_language(addressed)


class ChooseLanguage(web.View):
    """Stores the language in a cookie and redirects back to the page. It changes nothing else, so a
    plain link may do it."""

    async def get(self) -> web.Response:
        request = self.request
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise web.HTTPForbidden
        code = request.query.get("to", "")
        if code not in LANGUAGES:
            raise ActionError(
                "bad_request",
                "There is no such language here. `to` is one of: {codes}.",
                codes=", ".join(LANGUAGES),
            )
        response = web.HTTPSeeOther(safe_next(request.query.get("next", "")))
        settings = request.app[SETTINGS]
        response.set_cookie(
            COOKIE, code, max_age=COOKIE_SECONDS, secure=settings.secure, httponly=True, samesite="Lax"
        )
        raise response
