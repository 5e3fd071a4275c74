"""The headers of every answer: OWASP ASVS 5.0, 3.4, and the Secure Headers project."""

from aiohttp import web

from helpers.keys import SETTINGS
from helpers.routing import Access, access_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {socket}; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
)

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: also on errors, and before a socket's handshake is sent."""
    settings = request.app[SETTINGS]
    response.headers.update(FIXED)
    # Some browsers don't count wss: as 'self'.
    response.headers["Content-Security-Policy"] = POLICY.format(socket=settings.address.replace("http", "ws", 1))
    response.headers.pop("Server", None)
    if settings.secure:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if access_of(request) is not Access.FILE:
        response.headers["Cache-Control"] = "no-store"
    elif "Cache-Control" not in response.headers:
        # A file asked for by its version never changes; any other is asked about again, by its ETag. One that isn't there may come.
        kept = "v" in request.query and response.status < 400
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
