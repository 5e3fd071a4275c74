"""The headers of every response: OWASP ASVS 5.0, 3.4, and the Secure Headers project."""

from aiohttp import web

from helpers.base_path import base_path
from helpers.keys import SETTINGS
from helpers.web.routing import Access, access_of, route_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self' {socket}; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
)

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FIXED = {
    **ALWAYS,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

PARTS = {"text/css", "text/javascript"}
"""Styles and scripts are never a page of their own. They omit the headers that only restrict pages,
which are a third of the bytes of small files."""
PARTS_POLICY = "default-src 'none'"
WORKER_POLICY = f"{PARTS_POLICY}; connect-src 'self'"
"""A service worker is no page, and obeys the policy of its script: it may ask this server."""

HOST_ONLY = "max-age=63072000"
"""Where the site shares its host, it says nothing of what is below the host's name."""
WHOLE_DOMAIN = f"{HOST_ONLY}; includeSubDomains"

IMAGE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""For uploaded pictures: as a page of its own a picture may load and run nothing."""

PHOTO_POLICY = f"{IMAGE_POLICY}; style-src 'unsafe-inline'"
"""The same for pictures that are opened by themselves: the browser's viewer needs inline styles to
fit the picture into the window."""


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: covers errors too, and runs before the response to a WebSocket
    handshake."""
    settings = request.app[SETTINGS]
    if response.content_type in PARTS:
        response.headers.update(ALWAYS)
        response.headers.setdefault("Content-Security-Policy", PARTS_POLICY)
    else:
        response.headers.update(FIXED)
        # Some browsers don't count wss: as 'self'.
        origin = settings.address.removesuffix(base_path())
        policy = POLICY.format(socket=origin.replace("http", "ws", 1))
        response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.pop("Server", None)
    if settings.secure:
        response.headers["Strict-Transport-Security"] = HOST_ONLY if base_path() else WHOLE_DOMAIN
    route = route_of(request)
    is_kept = route is not None and route.kept and response.status in (200, 304)
    if access_of(request) is not Access.FILE and not is_kept:
        response.headers["Cache-Control"] = "no-store"
    elif "Cache-Control" not in response.headers:
        # A missing file may appear later.
        response.headers["Cache-Control"] = "no-cache"
