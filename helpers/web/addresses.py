"""The address of a client."""

from aiohttp import web

from helpers.keys import SETTINGS


def client_address(request: web.Request) -> str:
    """Returns the address of the connection, or, behind a trusted proxy, the last one in
    X-Forwarded-For. The proxy overwrites that header."""
    if request.app[SETTINGS].trust_proxy:
        return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip() or "unknown"
    return request.remote or "unknown"
