"""All connections of a run and the epoll loop that reads them. It is cheap, so that the server is
the bottleneck.

asyncio isn't used: its cost per read equals a server's cost per write. Senders and witnesses are
read at once. Counters are read every few milliseconds, so that one read returns several frames.
That only lowers the generator's cost: the server has written the data before, and latency is
measured at the witnesses."""

import contextlib
import gc
import math
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence

from bench.clients.base import Client, Sender, Window
from bench.clients.dialects import Dialect, SharedState
from bench.clients.guests import Guest
from bench.texts import OFFICE, Texts

AT_ONCE = 40
"""Concurrent handshakes. The server's backlog holds more, but each one costs some queries."""

LAZY_READS = 50_000
"""The maximum number of reads per second of counters."""

LAZY_CHUNK = 16
"""After this many reads of counters, senders and witnesses are checked again."""

PER_ADDRESS = 20_000
"""Connections per loopback address: by default the kernel has 28,000 ports for each."""

RECEIVE_BUFFER = 4 << 20
IP_BIND_ADDRESS_NO_PORT = 24  # from <linux/in.h>: the kernel chooses the port when the peer is known
ENTER_SECONDS = 20.0


class Crowd:
    """The clients of a run, the loop that reads them, and their shared state."""

    def __init__(
        self,
        guests: Sequence[Guest],
        dialect: Dialect,
        texts: Texts = OFFICE,
        *,
        answers_bring_more: bool = False,
    ) -> None:
        self.window = Window()
        self.clients: dict[int, Client] = {}
        self.senders: dict[int, Sender] = {}
        self.guest_of: dict[Client, Guest] = {}
        self._guests = guests
        self._dialect = dialect
        self._shared = SharedState(self.window, self.senders, answers_bring_more, texts)
        self._prompt = select.epoll()
        self._lazy = select.epoll()
        self._lazy_seconds = max(0.005, len(guests) / LAZY_READS)
        self._lazy_at = 0.0

    def connect(self) -> None:
        """Opens all connections. The senders' come first, since the witnesses refer to them. Raises
        OSError if a connection fails."""
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
            # Thousands of connections take longer than the server waits for a pong.
            self.read_all()

    def run_until(self, end: float, due: Callable[[float], float] = lambda now: math.inf) -> None:
        """Reads until `end`. `due` is called with the time, performs due actions, and returns the
        time of the next one."""
        while (now := time.perf_counter()) < end:
            next_due = due(now)
            if not self.read_prompt():
                wait = min(end, self._lazy_at, next_due) - time.perf_counter()
                if wait > 0:
                    # epoll's own timeout has a resolution of milliseconds.
                    select.select([self._prompt], [], [], wait)
            if time.perf_counter() >= self._lazy_at:
                self.read_lazy(due)

    def read_all(self) -> None:
        self.read_prompt()
        self.read_lazy()

    def read_prompt(self) -> int:
        """Reads the senders and witnesses with available data. Returns their number."""
        ready = self._prompt.poll(0)
        for descriptor, _ in ready:
            self._read(descriptor, self._prompt)
        return len(ready)

    def read_lazy(self, due: Callable[[float], float] | None = None) -> None:
        """Reads the counters, and senders and witnesses in between."""
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
        """Resets all these connections at once, as a network failure does."""
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
        client = self.client_of(guest, connection)
        client.begin(*found)
        self.add(client)

    def client_of(self, guest: Guest, connection: socket.socket, address: bytes = b"") -> Client:
        """Returns the guest's client. `address` is what its requests begin with."""
        client = self._dialect.client(connection, guest, self._shared, address)
        if isinstance(client, Sender):
            self.senders[guest.index] = client
        self.guest_of[client] = guest
        return client

    def add(self, client: Client) -> None:
        """Adds the client to the loop."""
        self.clients[client.socket.fileno()] = client
        self.register(client)

    def register(self, client: Client) -> None:
        """Has the client's socket read by the loop."""
        (self._lazy if client.is_patient else self._prompt).register(client.socket, select.EPOLLIN)

    def reader(self, descriptor: int) -> Client:
        """The client that reads this socket."""
        return self.clients[descriptor]

    def _read(self, descriptor: int, poll: select.epoll) -> None:
        client = self.reader(descriptor)
        client.receive()
        if client.closed is not None:
            with contextlib.suppress(FileNotFoundError):
                poll.unregister(descriptor)


def open_socket(guest: Guest) -> socket.socket:
    """Returns an unconnected socket. Very many connections are spread over several loopback
    addresses."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if guest.index >= PER_ADDRESS:
        connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        connection.bind((f"127.0.0.{1 + guest.index // PER_ADDRESS}", 0))
    return connection


@contextlib.contextmanager
def gc_disabled() -> Iterator[None]:
    """Disables Python's garbage collector during measurements."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
