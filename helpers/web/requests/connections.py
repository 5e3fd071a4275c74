"""How many connections a process holds: in whole, and of one address (IPv6: of one network of 64
bits), so that nobody takes the places of all others.

Without a proxy a connection is its peer's for as long as it is open. Those of a trusted proxy carry
the requests of many: such a connection belongs to the client whose request is being answered, and
to one alone once it is a WebSocket."""

import contextlib
import resource
from collections import Counter

from aiohttp import web
from aiohttp.typedefs import Handler

from helpers.security_log import note_refusal
from helpers.web.requests.addresses import UNKNOWN, client_network, network_of
from settings import Settings

OTHER_FILES = 100
"""The database, Redis, the bus, files that are sent, processes for pictures and texts."""

RETRY_AFTER = {"Retry-After": "10"}
TOO_MANY = "Too many connections are open. Close some, or try again in a moment.\n"


class TooManyError(Exception):
    """`status`: 429 where the address has too many, 503 where the process has."""

    def __init__(self, status: int) -> None:
        self.status = status


class Connections:
    """`most` in this process, `most_of_network` of each network; None is as many as there are.
    `by_peer`: the peer of a connection is the client."""

    def __init__(
        self, most: int | None = None, most_of_network: int | None = None, *, by_peer: bool = True
    ) -> None:
        self.by_peer = by_peer
        self.count = 0
        self._most = most
        self._most_of_network = most_of_network
        self._of_networks: Counter[str] = Counter()

    def enter(self, peer: str | None) -> "Place | None":
        """Counts a new connection. Raises TooManyError. A peer without an address comes by a Unix
        socket: it is the proxy, or else the supervisor, who asks how this process is and isn't
        counted."""
        if not peer and self.by_peer:
            return None
        return self.enter_of(network_of(peer or UNKNOWN), is_known=self.by_peer)

    def enter_of(self, network: str, *, is_known: bool = True) -> "Place":
        """Counts a connection of this network, or, where it isn't known whose it is, that of its
        proxy. Raises TooManyError."""
        if self._most is not None and self.count >= self._most:
            note_refusal("connection", whence=network, code="full")
            raise TooManyError(503)
        place = Place(self)
        if is_known:
            place.give_to(network)
        self.count += 1
        return place

    def _add(self, network: str) -> None:
        if self._most_of_network is not None and self._of_networks[network] >= self._most_of_network:
            note_refusal("connection", whence=network)
            raise TooManyError(429)
        self._of_networks[network] += 1

    def _remove(self, network: str) -> None:
        self._of_networks[network] -= 1
        if not self._of_networks[network]:
            del self._of_networks[network]


class Place:
    """The place of one connection."""

    __slots__ = ("_connections", "_network")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._network: str | None = None

    def give_to(self, network: str | None) -> None:
        """Counts the connection for this network from now on. Raises TooManyError, and then it is
        nobody's."""
        before, self._network = self._network, None
        if before is not None:
            self._connections._remove(before)
        if network is not None:
            self._connections._add(network)
            self._network = network

    def leave(self) -> None:
        """The connection is closed."""
        self.give_to(None)
        self._connections.count -= 1


def connections_by(settings: Settings) -> Connections:
    """As many as the settings say, and as there may be open files, of which some are left for
    everything else. Without rate limits addresses aren't told apart."""
    open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = [settings.connections] if settings.connections else []
    if open_files != resource.RLIM_INFINITY:
        most.append(max(1, open_files - OTHER_FILES))
    of_network = settings.address_connections if settings.rate_limits == "on" else 0
    return Connections(min(most, default=None), of_network or None, by_peer=not settings.trust_proxy)


CONNECTIONS = web.AppKey("connections_of_process", Connections)


HELD = web.RequestKey("held_until_written", contextlib.AsyncExitStack)
"""What an inner middleware holds until the answer is written. While a small one waits for its
client, nothing is held."""

LARGE_ANSWER = 64 * 1024
"""Bytes. A page with a long history has 1.6 MB."""


async def _until_written(request: web.Request, handler: Handler) -> web.StreamResponse:
    async with contextlib.AsyncExitStack() as held:
        request[HELD] = held
        response = await handler(request)
        body = response.body if isinstance(response, web.Response) else None
        if isinstance(body, bytes | bytearray) and len(body) > LARGE_ANSWER:
            # Where the client is gone, the caller finds that out as well.
            with contextlib.suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
        return response


@web.middleware
async def connections_of_clients(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Behind a trusted proxy: counts the connection for the client while its request is
    answered."""
    place: Place | None = getattr(request.protocol, "place", None)
    if place is None or request.app[CONNECTIONS].by_peer:
        return await _until_written(request, handler)
    network = client_network(request)
    if network == UNKNOWN:
        # It doesn't come by the proxy, which names everybody.
        return await _until_written(request, handler)
    try:
        place.give_to(network)
    except TooManyError as error:
        return web.Response(status=error.status, text=TOO_MANY, headers=RETRY_AFTER)
    response: web.StreamResponse | None = None
    try:
        response = await _until_written(request, handler)
        return response
    finally:
        if response is None or response.status != 101:
            place.give_to(None)
