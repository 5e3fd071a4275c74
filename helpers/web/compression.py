"""Which pages are compressed: those that no other site can have requested.

BREACH derives a secret from the lengths of compressed responses, by making the victim's browser
send many requests with guesses. Those requests come from the attacker's page, and browsers say so
(Fetch Metadata). See docs/decisions."""

from aiohttp import web
from aiohttp.typedefs import Handler

TYPES = {"text/html", "application/json"}
LEAST = 1000
"""Bytes. A smaller response fits one packet anyway."""

OWN = {"same-origin", "none"}
"""Values of Sec-Fetch-Site for requests from our pages and by the person: a typed address, a
bookmark, a reload."""


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
