"""How somebody wants the site in one browser: its look, its clock, and what calls them. The cookie
`preferences` holds the choices that aren't the usual ones, so that the server can make the first
page so; static/js/theme.js reads and writes it too."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from helpers.keys import SETTINGS

COOKIE = "preferences"
COOKIE_SECONDS = 400 * 86400
"""The maximum of RFC 6265bis."""

USUAL = ""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "theme": (USUAL, "light", "dark"),
    "sides": (USUAL, "one"),
    "density": (USUAL, "compact"),
    "hours": (USUAL, "h12", "h23"),
    "past": (USUAL, "shown"),
    "previews": (USUAL, "collapsed"),
    "title": (USUAL, "quiet"),
    "calls": (USUAL, "quiet"),
    "sound": (USUAL, "soft"),
}

APPEARANCE = ("theme", "sides", "density", "hours", "past", "previews")
NOTIFICATIONS = ("title", "calls", "sound")

_MOST = 200
"""Characters of the cookie that are looked at."""


def read_preferences(cookie: str) -> dict[str, str]:
    """The choices of the cookie's value, as in `theme:dark.hours:h23`. What isn't among them is the
    usual."""
    given = dict(part.split(":", 1) for part in cookie[:_MOST].split(".") if ":" in part)
    return {
        name: word if (word := given.get(name, USUAL)) in known else USUAL for name, known in CHOICES.items()
    }


def cookie_of(preferences: Mapping[str, str]) -> str:
    return ".".join(f"{name}:{word}" for name, word in preferences.items() if word)


def changed(
    preferences: Mapping[str, str], names: Iterable[str], fields: Mapping[str, str]
) -> dict[str, str]:
    """The preferences with those choices that the form's fields make. Raises LookupError for one
    that there isn't."""
    given = {name: fields[name] for name in names if name in fields}
    for name, word in given.items():
        if word not in CHOICES[name]:
            raise LookupError(name)
    return {**preferences, **given}


def preferences_of(request: web.Request) -> dict[str, str]:
    return read_preferences(request.cookies.get(COOKIE, ""))


def store_preferences(request: web.Request, response: web.StreamResponse, found: Mapping[str, str]) -> None:
    """Not HttpOnly: the page's scripts change it at once."""
    response.set_cookie(
        *(COOKIE, cookie_of(found)),
        max_age=COOKIE_SECONDS,
        secure=request.app[SETTINGS].secure,
        samesite="Lax",
    )


async def preferences(request: web.Request) -> dict[str, Any]:
    """For a page, which is made as its reader wants it."""
    return {"preferences": preferences_of(request)}
