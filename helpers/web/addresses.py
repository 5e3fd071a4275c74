"""The address of a client."""

import zlib

from aiohttp import web

from helpers.keys import SETTINGS


def client_address(request: web.Request) -> str:
    """Returns the address of the connection, or, behind a trusted proxy, the last one in
    X-Forwarded-For. The proxy overwrites that header."""
    if request.app[SETTINGS].trust_proxy:
        return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip() or "unknown"
    return request.remote or "unknown"


def client_mark(request: web.Request) -> int:
    """Returns a number that requests of one browser at one address have in common. Others may have
    it too."""
    agent = request.headers.get("User-Agent", "")
    return zlib.crc32(f"{client_address(request)} {agent}".encode(errors="replace"))
