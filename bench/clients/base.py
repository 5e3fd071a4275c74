"""The base of all connections, for every protocol: senders, witnesses that read every message, and
counters, which are the majority.

All of them are non-blocking."""

import contextlib
import math
import socket
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.clients.checks import Verdict
from bench.clients.wire import CLOSE, PING, PONG, client_frame

READ_BYTES = 1 << 20
_buffer = bytearray(READ_BYTES)


@dataclass
class Window:
    """State shared by all clients: whether senders go on, and the time window in which messages
    count for the latencies."""

    begin: float = math.inf
    end: float = math.inf
    talking: bool = False
    receipts: "array[float]" = field(default_factory=lambda: array("d"))
    deliveries: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(frozen=True)
class RoomTotals:
    """What was sent to a room: the seq of the last receipt, the number of acknowledged messages,
    and the number of sent ones."""

    last_seq: int
    acknowledged: int
    sent: int


class Client:
    """A connection to the room number `room`. `count` is the number of received messages, `resets`
    how often the client was told to reload."""

    is_patient = False
    """May be read some milliseconds later, since it measures no latency."""

    def __init__(self, connection: socket.socket, room: int, window: Window) -> None:
        self.socket = connection
        self.room = room
        self.window = window
        self.count = 0
        self.resets = 0
        self.pings = 0
        self.closed: str | None = None

    def begin(self, last_seq: int, rest: bytes) -> None:
        """Events after `last_seq` are live. `rest` has been read already."""
        self.socket.setblocking(False)
        self.take(bytearray(rest), len(rest))

    def receive(self) -> None:
        """Reads the available data."""
        try:
            size = self.socket.recv_into(_buffer)
        except BlockingIOError:
            return
        except OSError as error:
            self.closed = self.closed or str(error)
            return
        if size:
            self._take(_buffer, size, time.perf_counter())
        else:
            self.closed = self.closed or "without a word"

    def take(self, data: bytearray, size: int) -> None:
        """Takes the first `size` bytes of `data`, which were read elsewhere."""
        if size:
            self._take(data, size, time.perf_counter())

    def verdict(self, totals: RoomTotals) -> Verdict:
        """Returns the verdict on what the room was sent."""
        raise NotImplementedError

    def has_all(self, totals: RoomTotals) -> bool:
        """Has every expected message arrived?"""
        raise NotImplementedError

    def _take(self, data: bytearray, size: int, now: float) -> None:
        """Handles the first `size` bytes of `data`, received at `now`. The rest of the buffer is
        stale."""
        raise NotImplementedError

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.pings += 1
            self._answer_at_once(client_frame(PONG, payload))
        elif opcode == CLOSE:
            self.closed = f"with {int.from_bytes(payload[:2], 'big')}"

    def _answer_at_once(self, frame: bytes) -> None:
        with contextlib.suppress(OSError):  # the next read reports a closed connection
            self.socket.send(frame)


class Sender(Client):
    """Sends messages and measures the time until each answer. Without a rate, each answer triggers
    the next message.

    `frame` encodes the message with the given turn."""

    def __init__(
        self,
        connection: socket.socket,
        room: int,
        window: Window,
        index: int,
        frame: Callable[[int], bytes],
        *,
        answers_bring_more: bool,
    ) -> None:
        super().__init__(connection, room, window)
        self.index = index
        self.sent: list[float] = []
        self.waiting: set[int] = set()
        self.acknowledged = 0
        self.last_acknowledged = -1
        self.last_seq = 0
        self.refused: dict[str, int] = {}
        self._frame = frame
        self._answers_bring_more = answers_bring_more
        self._unsent = b""

    @property
    def is_waiting(self) -> bool:
        """Is an answer outstanding?"""
        return self.closed is None and bool(self.waiting)

    def post(self, count: int, due: float) -> None:
        """Sends `count` messages that were due at time `due`."""
        turn = len(self.sent)
        turns = range(turn, turn + count)
        self.sent.extend([due] * count)
        self.waiting.update(turns)
        self.write(b"".join([self._frame(number) for number in turns]))

    def write(self, data: bytes = b"") -> None:
        """Writes data after what couldn't be written before."""
        data = self._unsent + data
        if not data or self.closed:
            return
        try:
            self._unsent = data[self.socket.send(data) :]
        except BlockingIOError:
            self._unsent = data
        except OSError as error:
            self.closed = self.closed or str(error)

    def _acknowledge(self, turn: int, now: float) -> None:
        self.waiting.discard(turn)
        self.acknowledged += 1
        if turn > self.last_acknowledged:
            self.last_acknowledged = turn
        sent = self.sent[turn]
        if self.window.begin <= sent < self.window.end:
            self.window.receipts.append(now - sent)

    def _go_on(self, answers: int, now: float) -> None:
        """After `answers` answers, sends as many messages, or what couldn't be written before."""
        if answers and self._answers_bring_more and self.window.talking:
            self.post(answers, now)
        elif self._unsent:
            self.write()
