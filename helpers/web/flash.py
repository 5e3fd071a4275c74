"""Messages that the next page shows once."""

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from aiohttp import web
from aiohttp_session import Session, get_session

from helpers.errors import ActionError
from helpers.text.translation import Text, translate
from helpers.web.routing import wants_json

KEY = "flashes"
KEPT = 5

NOTICE = "notice"
"""The name of a declared message in a visitor's session, which the browser keeps: it may name one
of a few messages, and not choose their text."""

PURPOSES = ("Purpose", "Sec-Purpose")

_notices: dict[str, Text] = {}


def declare(notices: Mapping[str, Text]) -> None:
    """Adds messages for visitors, by their names."""
    _notices.update(notices)


async def flash(request: web.Request, text: str, kind: str = "info", undo: str = "") -> None:
    """Stores `text` for the next page. `kind` is info, success or error. `undo` is the address to which a
    form is sent that takes back what the text tells."""
    session = await get_session(request)
    found = {"kind": kind, "text": text, **({"undo": undo} if undo else {})}
    session[KEY] = [*session.get(KEY, []), found][-KEPT:]


def pop_flashes(request: web.Request, session: Session) -> list[dict[str, Any]]:
    """None for a page of which a script wants a part, or which a browser fetches in advance: nobody
    would see them."""
    if any(name in request.headers for name in PURPOSES):
        return []
    flashes: list[dict[str, Any]] = session.pop(KEY, []) if KEY in session else []
    if NOTICE in session and (notice := _notices.get(session.pop(NOTICE))):
        flashes = [*flashes, {"kind": "info", "text": translate(notice)}]
    return flashes


def is_for_programs(request: web.Request, error: ActionError) -> bool:
    """Whether a refusal is an answer of its own, and isn't said on the page of the form."""
    return bool(wants_json(request) or error.retry_after)


@contextlib.asynccontextmanager
async def said_on(request: web.Request, here: str, but: Collection[str] = ()) -> AsyncIterator[None]:
    """What is refused within it is said on the page `here`, but for these codes. Programs are answered."""
    try:
        yield
    except ActionError as error:
        if is_for_programs(request, error) or error.code in but:
            raise
        await flash(request, translate(error.phrase), "error")
        raise web.HTTPSeeOther(here) from None
