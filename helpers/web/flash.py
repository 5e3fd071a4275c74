"""Messages that the next page shows once."""

from typing import Any

from aiohttp import web
from aiohttp_session import Session, get_session

KEY = "flashes"
KEPT = 5


async def flash(request: web.Request, text: str, kind: str = "info") -> None:
    """Stores `text` for the next page. `kind` is info, success or error."""
    session = await get_session(request)
    session[KEY] = [*session.get(KEY, []), {"kind": kind, "text": text}][-KEPT:]


def pop_flashes(session: Session) -> list[dict[str, Any]]:
    if KEY not in session:
        return []
    flashes: list[dict[str, Any]] = session[KEY]
    del session[KEY]
    return flashes
