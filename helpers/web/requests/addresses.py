"""The address of a client."""

import ipaddress
import zlib

from aiohttp import web

from helpers.keys import SETTINGS

UNKNOWN = "unknown"
"""The address of a request that doesn't come by the trusted proxy, or of no network."""


def client_address(request: web.Request) -> str:
    """Returns the address of the connection, or, behind a trusted proxy, the last one in
    X-Forwarded-For. The proxy overwrites that header."""
    if request.app[SETTINGS].trust_proxy:
        return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip() or UNKNOWN
    return request.remote or UNKNOWN


def client_mark(request: web.Request) -> int:
    """Returns a number that requests of one browser at one address have in common. Others may have
    it too."""
    agent = request.headers.get("User-Agent", "")
    return zlib.crc32(f"{client_address(request)} {agent}".encode(errors="replace"))


def client_network(request: web.Request, bits: int = 64) -> str:
    """Returns the client's address for counting."""
    return network_of(client_address(request), bits)


def network_of(address: str, bits: int = 64) -> str:
    """Returns, of an IPv6 address, its network of so many bits: whoever has one address has all of
    its 64, and may have all of 48. Others stay as they are, in one spelling."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, bits), strict=False))
