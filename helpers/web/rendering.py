"""Pages are made of templates and of what all pages have."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp_jinja2
from aiohttp import web

PageContext = Callable[[web.Request], Awaitable[dict[str, Any]]]

KNOWN_CONTEXT = web.AppKey("known context", list[PageContext])
"""What gives the values that all pages have, and asks nobody for them."""

PAGE_CONTEXT = web.AppKey("page context", list[PageContext])
"""What asks the database for more of them."""


async def render_page(
    name: str, request: web.Request, context: Mapping[str, Any], *, status: int = 200, asks: bool = True
) -> web.Response:
    """Renders a template with what all pages have. That is read here, and not for each request: most
    are answered by other things than pages. Without `asks` it is only what is known."""
    await _share_context(request, asks=asks)
    return aiohttp_jinja2.render_template(name, request, context, status=status)


async def render_part(name: str, request: web.Request, context: Mapping[str, Any]) -> str:
    """The same for a part of a page, as text."""
    await _share_context(request, asks=True)
    return aiohttp_jinja2.render_string(name, request, context)


async def _share_context(request: web.Request, *, asks: bool) -> None:
    if aiohttp_jinja2.REQUEST_CONTEXT_KEY in request:
        # A part of this page has asked already.
        return
    found: dict[str, Any] = {}
    for context in (*request.app[KNOWN_CONTEXT], *(request.app[PAGE_CONTEXT] if asks else ())):
        found |= await context(request)
    request[aiohttp_jinja2.REQUEST_CONTEXT_KEY] = found
