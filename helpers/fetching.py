"""Asks other servers: one GET or POST to a checked address, with limits of time and size, without
following redirects.

The caller gets the whole response or FetchError, within the time. The checked address is the one
that is connected to: the check happens when the socket is created, after the lookup of the name, so
DNS rebinding has no effect."""

import asyncio
import errno
import socket
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver
from yarl import URL

AT_ONCE = 16
AT_ONCE_PER_HOST = 4
"""Connections. A service that hangs leaves enough connections for the others."""

REDIRECTS = (301, 302, 303, 307, 308)

AGENT = "aiochat (aiohttp)"
"""wttr.in sends text rather than HTML to programs that it knows, such as aiohttp."""

_PRIVATE_4 = [
    ip_network(network)
    for network in (
        *(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
        ),
        *(
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
]
_PUBLIC_6 = IPv6Network("2000::/3")
_PRIVATE_6 = [ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
"""Exceptions to _PUBLIC_6: Teredo and other protocol assignments, documentation, 6to4."""
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """May the server connect to this address on behalf of people? Follows IANA's special-purpose
    registries (RFC 6890) and rejects local, private, reserved and multicast addresses. An IPv4
    address embedded in an IPv6 address is checked as IPv4 (RFC 4291 2.5.5.2, RFC 6052)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or (IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None)
        if inner is None:
            return found in _PUBLIC_6 and not any(found in network for network in _PRIVATE_6)
        found = inner
    return not any(found in network for network in _PRIVATE_4)


class FetchError(Exception):
    """There is no usable response. The text says why, for a log."""


@dataclass(frozen=True)
class Response:
    """A response. `type` is the content type without parameters, `charset` the one it names; `body`
    is empty unless the status is 200. `location` is where a redirect leads, `retry_after` when a server
    wants to be asked again; empty for none."""

    status: int
    type: str
    body: bytes
    charset: str = ""
    location: str = ""
    retry_after: str = ""


def _public_socket(found: tuple[Any, ...]) -> socket.socket:
    """TCPConnector calls this for each address right before it connects."""
    family, kind, protocol, _, address = found
    if not is_public(address[0]):
        raise OSError(errno.EACCES, f"{address[0]} is no public address")
    return socket.socket(family, kind, protocol)


default_resolver: Callable[[], AbstractResolver] = aiohttp.AsyncResolver
"""What a Fetcher looks names up by: tests put another one here."""


class Fetcher:
    """Two sessions: one for public addresses only, one for hosts from the settings. Neither keeps
    cookies nor uses proxies from the environment."""

    def __init__(
        self,
        resolver: AbstractResolver | None = None,
        *,
        at_once: int = AT_ONCE,
        per_host: int = AT_ONCE_PER_HOST,
    ) -> None:
        """`resolver` replaces the resolver, which uses this machine's name servers and hosts file.
        `at_once` and `per_host` bound the connections."""
        self._bounds = at_once, per_host
        self._resolver = resolver or default_resolver()
        self._public = self._new_session(_public_socket)
        self._any = self._new_session(None)

    def _new_session(self, make_socket: Any) -> aiohttp.ClientSession:
        at_once, per_host = self._bounds
        connector = aiohttp.TCPConnector(
            limit=at_once,
            limit_per_host=per_host,
            resolver=self._resolver,
            use_dns_cache=False,
            socket_factory=make_socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            # What is unpacked is counted: to ask for it saves both sides some work.
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def get(
        self,
        url: str,
        *,
        most: int,
        seconds: float,
        configured: bool = False,
        cut: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Fetches `url` within `seconds`, with a body of at most `most` bytes, of which `cut` takes the
        first ones. Some servers compress though they aren't asked to: both the bytes that come and those
        that they become are bounded. Raises FetchError.

        `configured` means that the host comes from a setting. If it is an IP address or localhost
        there, it may be private, since the administrator chose it. A name must always resolve to a
        public address."""
        address = _address(url)
        session = self._any if configured and is_literal(address.host or "") else self._public
        try:
            async with (
                asyncio.timeout(seconds),
                session.get(address, allow_redirects=False, headers=headers) as answer,
            ):
                try:
                    body = await self._read(answer, most, cut=cut) if answer.status == 200 else b""
                    location = answer.headers.get("Location", "") if answer.status in REDIRECTS else ""
                    return Response(answer.status, answer.content_type, body, answer.charset or "", location)
                finally:
                    # An unread rest of the body isn't awaited.
                    answer.close()
        except TimeoutError:
            raise FetchError(f"{address.host} took more than {seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(f"{address.host}: {error or type(error).__name__}") from None

    async def post(self, url: str, body: bytes, *, seconds: float, headers: Mapping[str, str]) -> Response:
        """Sends `body` to a public address. What is answered beside the head isn't read. Raises
        FetchError."""
        address = _address(url)
        try:
            async with (
                asyncio.timeout(seconds),
                self._public.post(address, data=body, allow_redirects=False, headers=headers) as answer,
            ):
                # A short answer leaves the connection for the next one; a long one doesn't.
                if answer.content_length != 0:
                    answer.close()
                retry_after = answer.headers.get("Retry-After", "")
                return Response(answer.status, answer.content_type, b"", retry_after=retry_after[:100])
        except TimeoutError:
            raise FetchError(f"{address.host} took more than {seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(f"{address.host}: {error or type(error).__name__}") from None

    async def status(self, url: str, *, seconds: float) -> int:
        """What a public address answers to a GET; nothing beside the head is read. Raises FetchError."""
        address = _address(url)
        try:
            async with (
                asyncio.timeout(seconds),
                self._public.get(address, allow_redirects=False) as answer,
            ):
                answer.close()
                return answer.status
        except TimeoutError:
            raise FetchError(f"{address.host} took more than {seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(f"{address.host}: {error or type(error).__name__}") from None

    async def _read(self, answer: aiohttp.ClientResponse, most: int, *, cut: bool) -> bytes:
        unpack = _unpacker(answer)
        body, came = bytearray(), 0
        async for part in answer.content.iter_any():
            came += len(part)
            try:
                body += unpack(part, most + 1 - len(body))
            except zlib.error:
                raise FetchError(f"{answer.url.host} sent what can't be unpacked") from None
            if max(len(body), came) > most:
                if cut:
                    return bytes(body[:most])
                raise FetchError(f"{answer.url.host} sent more than {most} bytes")
        return bytes(body)

    async def close(self) -> None:
        await self._public.close()
        await self._any.close()
        await self._resolver.close()


def _unpacker(answer: aiohttp.ClientResponse) -> Callable[[bytes, int], bytes]:
    """What makes of a part of the body at most so many bytes of its content (RFC 9110, 8.4.1). Raises
    FetchError for other compressions."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if coding == "identity":
        return lambda part, most: part
    if coding in ("gzip", "x-gzip"):
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
    if coding == "deflate":
        return _inflater()
    raise FetchError(f"{answer.url.host} compresses what was asked for uncompressed")


def _inflater() -> Callable[[bytes, int], bytes]:
    """By the standard there is a head of zlib's; some servers leave it out. The first four bits tell
    (RFC 1950, 2.2)."""
    unpack: Callable[[bytes, int], bytes] | None = None

    def inflate(part: bytes, most: int) -> bytes:
        nonlocal unpack
        if unpack is None and part:
            has_head = part[0] & 0x0F == zlib.DEFLATED
            unpack = zlib.decompressobj(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS).decompress
        return unpack(part, most) if unpack else b""

    return inflate


def _address(url: str) -> URL:
    """Parses the URL without quoting anything again. Raises FetchError."""
    try:
        address = URL(url, encoded=True)
        if address.scheme in ("http", "https") and address.host and address.port:
            return address
    except ValueError:
        pass
    raise FetchError(f"{url[:80]!r} is no address to fetch")


def is_literal(host: str) -> bool:
    """Is the host an IP address or localhost, which needs no lookup?"""
    try:
        ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    return True


FETCHER = web.AppKey("fetcher", Fetcher)


async def run_fetcher(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`: the fetcher exists while the application runs."""
    app[FETCHER] = fetcher = Fetcher()
    yield
    await fetcher.close()
