"""The load generator: one thread, one loop over epoll, cheap enough that the server is what is measured.

asyncio isn't used, since its cost for each read is what a server's write costs. Senders and witnesses are read at once; those who
only count are read every few milliseconds, so that one read brings several frames. That changes no figure but this program's own
cost: the server has written long before, and latency is taken at the witnesses."""

import contextlib
import gc
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.checks import Verdict
from bench.clients import Client, Counter, Sender, Window, Witness
from bench.processes import Usage
from bench.scenarios import WARM_UP_SECONDS, Scenario
from bench.wire import after_caught_up, handshake

AT_ONCE = 40
"""Handshakes under way. The server's backlog holds more; each costs it some queries."""

LAZY_READS = 50_000
"""Reads a second, at most, of those who only count."""

LAZY_CHUNK = 16
"""So many of them are read before senders and witnesses are looked at again."""

DRAIN_SECONDS = 10.0
RECEIVE_BUFFER = 4 << 20


@dataclass(frozen=True)
class Address:
    """A worker, or nginx before them, and the origin it takes its clients to come from."""

    port: int
    origin: str

    @property
    def host(self) -> str:
        return self.origin.partition("//")[2]


@dataclass(frozen=True)
class Guest:
    """Who connects: to which room, signed in by which token, and where."""

    room: int
    room_name: str
    token: str
    address: Address
    index: int
    is_sender: bool
    is_witness: bool


@dataclass(frozen=True)
class Mark:
    """What had been reached at one moment."""

    at: float
    published: int
    delivered: int
    own_cpu: float
    usage: Usage


@dataclass(frozen=True)
class Outcome:
    """All that a run has shown; `begin` and `end` are the ends of the measured window."""

    begin: Mark
    end: Mark
    receipts: Sequence[float]
    deliveries: Sequence[float]
    verdict: Verdict
    resets: int
    closed: list[str]
    refused: dict[str, int]
    unanswered: int


class Load:
    """`usage` is asked for what the servers have used so far, at both ends of the window."""

    def __init__(self, scenario: Scenario, guests: list[Guest], usage: Callable[[], Usage]) -> None:
        self.scenario = scenario
        self.window = Window()
        self._guests = guests
        self._usage = usage
        self._clients: dict[int, Client] = {}
        self._senders: dict[int, Sender] = {}
        self._prompt = select.epoll()
        self._lazy = select.epoll()
        self._lazy_seconds = max(0.005, len(guests) / LAZY_READS)
        self._lazy_at = 0.0
        self._due = 0.0
        self._turn = 0

    def connect(self) -> None:
        """Opens every connection; the senders' first, since the witnesses ask them. Raises OSError where one can't be opened."""
        guests = sorted(self._guests, key=lambda guest: not guest.is_sender)
        for start in range(0, len(guests), AT_ONCE):
            opening = [(guest, self._open(guest)) for guest in guests[start : start + AT_ONCE]]
            for guest, connection in opening:
                self._take_in(guest, connection)
            # Thousands take longer than the server waits for the answer to its ping.
            self._read_prompt()
            self._read_lazy()

    def run(self) -> Outcome:
        """Warms up, measures, and waits until everything has arrived or DRAIN_SECONDS are over."""
        with _no_collector():
            begin = time.perf_counter() + WARM_UP_SECONDS
            self.window.begin, self.window.end = begin, begin + self.scenario.seconds
            self._start_talking()
            self._go_on_until(self.window.begin)
            first = self._mark()
            self._go_on_until(self.window.end)
            last = self._mark()
            self.window.talking = False
            self._drain()
        return self._outcome(first, last)

    def close(self) -> None:
        for client in self._clients.values():
            client.socket.close()
        self._prompt.close()
        self._lazy.close()

    def _open(self, guest: Guest) -> socket.socket:
        connection = socket.socket()
        connection.settimeout(20)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(("127.0.0.1", guest.address.port))
        connection.sendall(handshake(guest.address.host, guest.address.origin, guest.room_name, guest.token))
        return connection

    def _take_in(self, guest: Guest, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += _more(connection)
        head, _, data = data.partition(b"\r\n\r\n")
        if b" 101 " not in head.splitlines()[0]:
            raise ConnectionError(f"no WebSocket: {head.splitlines()[0].decode()}")
        while (found := after_caught_up(data)) is None:
            data += _more(connection)
        client: Client
        if guest.is_sender:
            answers_bring_more = not self.scenario.rate
            sender = Sender(connection, guest.room, self.window, guest.index, answers_bring_more=answers_bring_more)
            self._senders[guest.index] = client = sender
        elif guest.is_witness:
            client = Witness(connection, guest.room, self.window, self._senders)
        else:
            client = Counter(connection, guest.room, self.window)
        client.begin(*found)
        self._clients[connection.fileno()] = client
        (self._lazy if isinstance(client, Counter) else self._prompt).register(connection, select.EPOLLIN)

    def _start_talking(self) -> None:
        self.window.talking = True
        now = time.perf_counter()
        self._due = now
        if not self.scenario.rate:
            share, more = divmod(self.scenario.outstanding, len(self._senders))
            for place, sender in enumerate(self._senders.values()):
                sender.post(share + (place < more), now)

    def _go_on_until(self, end: float) -> None:
        while (now := time.perf_counter()) < end:
            if self.scenario.rate:
                self._post_what_is_due(now)
            if not self._read_prompt():
                until = min(end, self._lazy_at, self._due if self.scenario.rate else end)
                wait = until - time.perf_counter()
                if wait > 0:
                    # epoll's own timeout counts whole milliseconds.
                    select.select([self._prompt], [], [], wait)
            if time.perf_counter() >= self._lazy_at:
                self._read_lazy()

    def _post_what_is_due(self, now: float) -> None:
        senders = list(self._senders.values())
        while self._due <= now:
            senders[self._turn % len(senders)].post(1, self._due)
            self._turn += 1
            self._due += 1 / self.scenario.rate

    def _read_prompt(self) -> int:
        ready = self._prompt.poll(0)
        for descriptor, _ in ready:
            self._read(descriptor, self._prompt)
        return len(ready)

    def _read_lazy(self) -> None:
        ready = self._lazy.poll(0, len(self._clients) or 1)
        for place, (descriptor, _) in enumerate(ready):
            if place % LAZY_CHUNK == LAZY_CHUNK - 1:
                if self.scenario.rate and self.window.talking:
                    self._post_what_is_due(time.perf_counter())
                self._read_prompt()
            self._read(descriptor, self._lazy)
        self._lazy_at = time.perf_counter() + self._lazy_seconds

    def _read(self, descriptor: int, poll: select.epoll) -> None:
        client = self._clients[descriptor]
        client.receive()
        if client.closed is not None:
            with contextlib.suppress(FileNotFoundError):
                poll.unregister(descriptor)

    def _mark(self) -> Mark:
        self._read_lazy()
        published = sum(sender.acknowledged for sender in self._senders.values())
        delivered = sum(client.count for client in self._clients.values())
        return Mark(time.perf_counter(), published, delivered, time.thread_time(), self._usage())

    def _drain(self) -> None:
        deadline = time.perf_counter() + DRAIN_SECONDS
        while time.perf_counter() < deadline and not self._is_complete():
            self._read_prompt()
            self._read_lazy()
            time.sleep(0.001)

    def _is_complete(self) -> bool:
        if any(sender.is_waiting for sender in self._senders.values()):
            return False
        last_seqs = self._last_seqs()
        return all(client.has_all(last_seqs[client.room]) for client in self._clients.values())

    def _last_seqs(self) -> dict[int, int]:
        """The last seq that a receipt has told of, by room."""
        found = dict.fromkeys(range(self.scenario.rooms), 0)
        for sender in self._senders.values():
            found[sender.room] = max(found[sender.room], sender.last_seq)
        return found

    def _outcome(self, first: Mark, last: Mark) -> Outcome:
        last_seqs = self._last_seqs()
        verdict = Verdict()
        refused: dict[str, int] = {}
        for client in self._clients.values():
            verdict += client.verdict(last_seqs[client.room])
        for sender in self._senders.values():
            for code, count in sender.refused.items():
                refused[code] = refused.get(code, 0) + count
        return Outcome(
            first,
            last,
            self.window.receipts,
            self.window.deliveries,
            verdict,
            sum(client.resets for client in self._clients.values()),
            [client.closed for client in self._clients.values() if client.closed],
            refused,
            sum(len(sender.sent) - sender.answered for sender in self._senders.values()),
        )


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection during the handshake")
    return data


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """Keeps Python's garbage collector from stopping the clock."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
