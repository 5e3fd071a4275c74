"""Browsers in which somebody has signed in before. Guesses at the account from there have a count of
their own, so whoever else guesses at it doesn't keep its owner out (OWASP, "Slow down online guessing
attacks with device cookies").

The cookie holds a token for each of the last accounts. A token is signed for its account and its
present password, and says to nobody which account that is. It signs nobody in."""

import base64
import hashlib
import hmac
import re
import secrets

from aiohttp import web

from accounts import site
from accounts.models import User
from helpers.base_path import secure_name
from helpers.keys import SETTINGS

SECONDS = 400 * 86400
"""As long as browsers keep a cookie at most."""

MAX_ACCOUNTS = 4
"""Of one browser, those that were signed in last."""

_TOKEN = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")
_BETWEEN = "~"


def _cookie(request: web.Request) -> str:
    return secure_name("device") if request.app[SETTINGS].secure else "device"


def _tokens(request: web.Request) -> list[str]:
    """The tokens that the browser sent, the last account first."""
    given = request.cookies.get(_cookie(request), "").split(_BETWEEN, MAX_ACCOUNTS)[:MAX_ACCOUNTS]
    return [token for token in given if _TOKEN.fullmatch(token)]


def _sign(key: str, user_id: int, secret: str, nonce: str) -> str:
    digest = hmac.digest(key.encode(), f"{user_id} {secret} {nonce}".encode(), hashlib.sha256)
    return f"{nonce}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


async def known_device(request: web.Request, user: User | None) -> str:
    """Returns the token of a browser in which this person has signed in with their present password,
    empty in another one."""
    tokens = _tokens(request)
    if not tokens:
        return ""
    key = await site.device_key()
    # For nobody it does the same: the time that it takes tells nothing of who has an account.
    user_id, secret = (user.id, user.session_secret) if user is not None else (0, "")
    for token in tokens:
        if hmac.compare_digest(_sign(key, user_id, secret, token.partition(".")[0]), token):
            return token
    return ""


async def remember_device(request: web.Request, response: web.StreamResponse, user: User) -> None:
    """Call it when the person has shown the password. A known browser stays the same one, so that
    its wrong guesses count on."""
    token = await known_device(request, user)
    if not token:
        key, nonce = await site.device_key(), secrets.token_urlsafe(16)
        token = _sign(key, user.id, user.session_secret, nonce)
    others = [other for other in _tokens(request) if other != token]
    response.set_cookie(
        _cookie(request),
        _BETWEEN.join([token, *others][:MAX_ACCOUNTS]),
        max_age=SECONDS,
        secure=request.app[SETTINGS].secure,
        httponly=True,
        samesite="Lax",
    )
