"""Where a request comes from."""

from aiohttp import web

from helpers.keys import SETTINGS


def client_address(request: web.Request) -> str:
    """The client's address: the connection's own, or, behind our proxy, what the proxy wrote (it
    overwrites the header)."""
    if request.app[SETTINGS].trust_proxy:
        return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip() or "unknown"
    return request.remote or "unknown"
