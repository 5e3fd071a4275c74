"""Which pages are compressed: those that no other site can have asked for.

BREACH reads a secret off the lengths of compressed answers, by having the victim's browser ask for
many of them with guesses. Those requests come from the attacker's own page, and browsers say so
(Fetch Metadata). docs/decisions has the rest."""

from aiohttp import web
from aiohttp.typedefs import Handler

TYPES = {"text/html", "application/json"}
LEAST = 1000
"""Bytes. What is smaller is one packet anyway."""

OWN = {"same-origin", "none"}
"""Sec-Fetch-Site of requests by our own pages, and by the person: an address typed in, a bookmark,
a reload."""


@web.middleware
async def compression(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if (
        isinstance(response, web.Response)
        and response.content_type in TYPES
        and "Content-Encoding" not in response.headers
    ):
        body = response.body
        accepts = "gzip" in request.headers.get("Accept-Encoding", "").lower()
        if (
            accepts
            and request.headers.get("Sec-Fetch-Site") in OWN
            and isinstance(body, bytes | bytearray)
            and len(body) >= LEAST
        ):
            response.enable_compression(web.ContentCoding.gzip)
            response.headers["Vary"] = "Accept-Encoding"
    return response
