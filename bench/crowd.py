"""All connections of a run, and one loop over epoll that reads them, cheap enough that the server
is what is measured.

asyncio isn't used, since its cost for each read is what a server's write costs. Senders and
witnesses are read at once; those who only count are read every few milliseconds, so that one read
brings several frames. That changes no figure but this program's own cost: the server has written
long before, and latency is taken at the witnesses."""

import contextlib
import gc
import math
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence

from bench.clients import Client, Sender, Window
from bench.dialects import Dialect, SharedState
from bench.guests import Guest

AT_ONCE = 40
"""Handshakes under way. The server's backlog holds more; each costs it some queries."""

LAZY_READS = 50_000
"""Reads a second, at most, of those who only count."""

LAZY_CHUNK = 16
"""So many of them are read before senders and witnesses are looked at again."""

PER_ADDRESS = 20_000
"""Connections from one loopback address: the kernel has 28,000 ports for each by default."""

RECEIVE_BUFFER = 4 << 20
IP_BIND_ADDRESS_NO_PORT = 24  # of <linux/in.h>; the kernel then chooses the port when it knows the other end
ENTER_SECONDS = 20.0


class Crowd:
    """Those who come, the loop that reads them, and what they share."""

    def __init__(
        self, guests: Sequence[Guest], dialect: Dialect, *, answers_bring_more: bool = False
    ) -> None:
        self.window = Window()
        self.clients: dict[int, Client] = {}
        self.senders: dict[int, Sender] = {}
        self.guest_of: dict[Client, Guest] = {}
        self._guests = guests
        self._dialect = dialect
        self._circle = SharedState(self.window, self.senders, answers_bring_more)
        self._prompt = select.epoll()
        self._lazy = select.epoll()
        self._lazy_seconds = max(0.005, len(guests) / LAZY_READS)
        self._lazy_at = 0.0

    def connect(self) -> None:
        """Opens every connection; the senders' first, since the witnesses ask them. Raises OSError
        where one can't be opened."""
        guests = sorted(self._guests, key=lambda guest: not guest.is_sender)
        for start in range(0, len(guests), AT_ONCE):
            with contextlib.ExitStack() as stack:
                opening = [
                    (guest, stack.enter_context(self._open(guest)))
                    for guest in guests[start : start + AT_ONCE]
                ]
                for guest, connection in opening:
                    self._take_in(guest, connection)
                stack.pop_all()
            # Thousands take longer than the server waits for the answer to its ping.
            self.read_all()

    def run_until(self, end: float, due: Callable[[float], float] = lambda now: math.inf) -> None:
        """Reads until `end`. `due` is called with the time, does what is due, and says when there
        is something next."""
        while (now := time.perf_counter()) < end:
            next_due = due(now)
            if not self.read_prompt():
                wait = min(end, self._lazy_at, next_due) - time.perf_counter()
                if wait > 0:
                    # epoll's own timeout counts whole milliseconds.
                    select.select([self._prompt], [], [], wait)
            if time.perf_counter() >= self._lazy_at:
                self.read_lazy(due)

    def read_all(self) -> None:
        self.read_prompt()
        self.read_lazy()

    def read_prompt(self) -> int:
        """Reads the senders and witnesses for whom something came, and says how many those were."""
        ready = self._prompt.poll(0)
        for descriptor, _ in ready:
            self._read(descriptor, self._prompt)
        return len(ready)

    def read_lazy(self, due: Callable[[float], float] | None = None) -> None:
        """Reads the others, looking after the senders and witnesses between them."""
        ready = self._lazy.poll(0, len(self.clients) or 1)
        for place, (descriptor, _) in enumerate(ready):
            if place % LAZY_CHUNK == LAZY_CHUNK - 1:
                if due is not None:
                    due(time.perf_counter())
                self.read_prompt()
            self._read(descriptor, self._lazy)
        self._lazy_at = time.perf_counter() + self._lazy_seconds

    def close(self) -> None:
        for client in self.clients.values():
            client.socket.close()
        self._prompt.close()
        self._lazy.close()

    def cut(self, clients: Sequence[Client]) -> None:
        """Ends their connections as a broken network would, without a word, and all at once."""
        for client in clients:
            del self.clients[client.socket.fileno()]
            (self._lazy if client.is_patient else self._prompt).unregister(client.socket)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()

    def _open(self, guest: Guest) -> socket.socket:
        connection = open_socket(guest)
        connection.settimeout(ENTER_SECONDS)
        connection.connect(("127.0.0.1", guest.address.port))
        connection.sendall(self._dialect.request(guest))
        return connection

    def _take_in(self, guest: Guest, connection: socket.socket) -> None:
        found = self._dialect.enter(connection, guest)
        client = self._dialect.client(connection, guest, self._circle)
        if isinstance(client, Sender):
            self.senders[guest.index] = client
        self.guest_of[client] = guest
        client.begin(*found)
        self.add(client)

    def add(self, client: Client) -> None:
        """From now on the client is read."""
        self.clients[client.socket.fileno()] = client
        (self._lazy if client.is_patient else self._prompt).register(client.socket, select.EPOLLIN)

    def _read(self, descriptor: int, poll: select.epoll) -> None:
        client = self.clients[descriptor]
        client.receive()
        if client.closed is not None:
            with contextlib.suppress(FileNotFoundError):
                poll.unregister(descriptor)


def open_socket(guest: Guest) -> socket.socket:
    """A socket that isn't connected yet, from one of several loopback addresses where there are
    very many."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if guest.index >= PER_ADDRESS:
        connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        connection.bind((f"127.0.0.{1 + guest.index // PER_ADDRESS}", 0))
    return connection


@contextlib.contextmanager
def gc_disabled() -> Iterator[None]:
    """Keeps Python's garbage collector from stopping the clock."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
