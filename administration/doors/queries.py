"""The parts of the site's addresses that say what is looked for, read strictly."""

from collections.abc import Collection

from aiohttp import web

from helpers.errors import ActionError

MAX_QUERY = 200
"""Characters of a search. No name is as long."""

MAX_DIGITS = 15


def number(text: str) -> int | None:
    """The positive whole number that a text is, or None."""
    is_one = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0
    return int(text) if is_one else None


def cursor(request: web.Request, name: str) -> int | None:
    """Where a page begins. Raises ActionError for what is no number."""
    text = request.query.get(name, "")
    if not text:
        return None
    found = number(text)
    if found is None:
        raise ActionError("bad_request", "`{name}` is a number that a page before gave.", name=name)
    return found


def search_text(request: web.Request, name: str) -> str:
    text = request.query.get(name, "").strip()
    if len(text) > MAX_QUERY:
        raise ActionError("bad_request", "At most {most} characters, please.", most=MAX_QUERY)
    return text


def one_of(request: web.Request, name: str, choices: Collection[str]) -> str:
    """One of the choices, or an empty text. Raises ActionError."""
    text = request.query.get(name, "")
    if text and text not in choices:
        raise ActionError(
            "bad_request", "`{name}` is one of these: {names}.", name=name, names=", ".join(choices)
        )
    return text
