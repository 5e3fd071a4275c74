"""Clients of aiochat that reconnect at once: each connects with the last seq that it received, and
is read until it has caught up."""

import os
import select
import socket
import time
from collections.abc import Iterable
from random import Random

from bench.clients.crowd import Crowd, open_socket
from bench.clients.dialects import Aiochat
from bench.clients.guests import Guest
from bench.clients.numbered import NumberedClient, decode_lines
from bench.clients.wire import TEXT, Frames, after_upgrade, check_upgrade, more

_buffer = bytearray(1 << 20)


class Reconnection:
    """`seconds` has the time that each client took since the start; `refusals` counts refused
    connections.

    A refused client retries after a random delay, as docs/protocol.md demands."""

    def __init__(self, crowd: Crowd, dialect: Aiochat, epoch: str) -> None:
        self.seconds: list[float] = []
        self.refusals = 0
        self._crowd = crowd
        self._dialect = dialect
        self._epoch = epoch
        self._under_way: dict[int, _ReconnectingClient] = {}
        self._waiting: list[_ReconnectingClient] = []
        self._poll = select.epoll()
        self._begun = 0.0
        self._chance = Random(1)

    def begin(self, clients: Iterable[tuple[NumberedClient, Guest]]) -> None:
        """Starts connecting all clients without waiting."""
        self._begun = time.perf_counter()
        for client, guest in clients:
            request = self._dialect.request(guest, f"?since={client.since}&epoch={self._epoch}")
            self._connect(_ReconnectingClient(client, guest, request))

    @property
    def pending(self) -> int:
        """The number of clients that haven't caught up."""
        return len(self._under_way) + len(self._waiting)

    def read(self, wait: float = 0.0) -> None:
        """Processes available data after waiting for at most `wait` seconds."""
        now = time.perf_counter()
        ready = [one for one in self._waiting if one.not_before <= now]
        self._waiting = [one for one in self._waiting if one.not_before > now]
        for one in ready:
            self._connect(one)
        for descriptor, _ in self._poll.poll(wait, len(self._under_way) or 1):
            one = self._under_way[descriptor]
            try:
                if not one.go_on():
                    self._poll.modify(descriptor, select.EPOLLIN)
                    continue
            except OSError:
                self._forget(descriptor)
                one.connection.close()
                self._try_later(one)
            else:
                self._forget(descriptor)
                self.seconds.append(time.perf_counter() - self._begun)
                self._crowd.add(one.client)

    def close(self) -> None:
        for one in self._under_way.values():
            one.connection.close()
        self._poll.close()

    def _connect(self, one: "_ReconnectingClient") -> None:
        one.connect()
        self._under_way[one.connection.fileno()] = one
        self._poll.register(one.connection, select.EPOLLOUT)

    def _forget(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        del self._under_way[descriptor]

    def _try_later(self, one: "_ReconnectingClient") -> None:
        self.refusals += 1
        one.not_before = time.perf_counter() + self._chance.uniform(0, min(10.0, 0.5 * 2**one.attempts))
        self._waiting.append(one)


class _ReconnectingClient:
    """One reconnecting client."""

    def __init__(self, client: NumberedClient, guest: Guest, request: bytes) -> None:
        self.client = client
        self.attempts = 0
        self.not_before = 0.0
        self._guest = guest
        self._request = request

    def connect(self) -> None:
        self.attempts += 1
        self._is_sent = False
        self._head: bytearray | None = bytearray()
        self.connection = open_socket(self._guest)
        self.connection.setblocking(False)
        # An error is reported once the socket is writable.
        self.connection.connect_ex(("127.0.0.1", self._guest.address.port))

    def go_on(self) -> bool:
        """Sends the request, or reads data. Returns whether the client has caught up. Raises
        OSError if the connection is refused."""
        if not self._is_sent:
            if problem := self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(problem, os.strerror(problem))
            self.connection.send(self._request)
            self._is_sent = True
            return False
        size = self.connection.recv_into(_buffer)
        if not size:
            raise ConnectionError("the server closed the connection of one who came back")
        self._take(_buffer, size)
        if self.client.closed is not None:
            raise ConnectionError(
                f"the server closed the connection of one who came back {self.client.closed}"
            )
        return self.client.is_live

    def _take(self, data: bytearray, size: int) -> None:
        if self._head is not None:
            self._head += data[:size]
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            check_upgrade(bytes(head))
            self._head = None
            self.client.resume(self.connection)
            data, size = rest, len(rest)
        self.client.take(data, size)


def epoch_of(dialect: Aiochat, guest: Guest) -> str:
    """Returns the epoch of the server's history from its `hello`."""
    with open_socket(guest) as connection:
        connection.settimeout(20)
        connection.connect(("127.0.0.1", guest.address.port))
        connection.sendall(dialect.request(guest))
        frames = Frames()
        data = after_upgrade(connection)
        while True:
            for opcode, payload in frames.take(data):
                for event in decode_lines(payload) if opcode == TEXT else ():
                    if event.type == "hello":
                        return event.epoch
            data = more(connection)
