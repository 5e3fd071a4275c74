"""What every connection of the benchmark is, whatever the server speaks. Some talk, some read every
word, most count.

None of them waits."""

import contextlib
import math
import socket
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.checks import Verdict
from bench.wire import CLOSE, PING, PONG, client_frame

READ_BYTES = 1 << 20
_buffer = bytearray(READ_BYTES)


@dataclass
class Window:
    """What all clients share: whether to go on talking, and from when to when messages were sent
    that count for the latencies."""

    begin: float = math.inf
    end: float = math.inf
    talking: bool = False
    receipts: "array[float]" = field(default_factory=lambda: array("d"))
    deliveries: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(frozen=True)
class RoomTotals:
    """What has been said in a room: the seq that the last receipt told, how many messages were
    acknowledged, and how many were sent."""

    last_seq: int
    acknowledged: int
    sent: int


class Client:
    """A connection to the room number `room`. `count` messages came, `resets` times it was told to
    load anew."""

    is_patient = False
    """May be read a few milliseconds later: it takes no time."""

    def __init__(self, connection: socket.socket, room: int, window: Window) -> None:
        self.socket = connection
        self.room = room
        self.window = window
        self.count = 0
        self.resets = 0
        self.pings = 0
        self.closed: str | None = None

    def begin(self, last_seq: int, rest: bytes) -> None:
        """What comes after `last_seq` is live; `rest` of it has been read already."""
        self.socket.setblocking(False)
        self.take(bytearray(rest), len(rest))

    def receive(self) -> None:
        """Reads what is there."""
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
        """The first `size` bytes of `data` were read by somebody else."""
        if size:
            self._take(data, size, time.perf_counter())

    def verdict(self, totals: RoomTotals) -> Verdict:
        """Was all there that the room was told?"""
        raise NotImplementedError

    def has_all(self, totals: RoomTotals) -> bool:
        """Has everything come that will come?"""
        raise NotImplementedError

    def _take(self, data: bytearray, size: int, now: float) -> None:
        """The first `size` bytes of `data` came, at `now`; the rest of it is of others."""
        raise NotImplementedError

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.pings += 1
            self._answer_at_once(client_frame(PONG, payload))
        elif opcode == CLOSE:
            self.closed = f"with {int.from_bytes(payload[:2], 'big')}"

    def _answer_at_once(self, frame: bytes) -> None:
        with contextlib.suppress(OSError):  # that it is closed is seen when it is read
            self.socket.send(frame)


class Sender(Client):
    """Talks, and takes the time until each answer. Without a rate, each answer brings the next
    message.

    `frame` makes the bytes of the message with that turn."""

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
        """Is there an answer still to come?"""
        return self.closed is None and bool(self.waiting)

    def post(self, count: int, due: float) -> None:
        """Sends messages that were due at this moment."""
        turn = len(self.sent)
        turns = range(turn, turn + count)
        self.sent.extend([due] * count)
        self.waiting.update(turns)
        self.write(b"".join([self._frame(number) for number in turns]))

    def write(self, data: bytes = b"") -> None:
        """Writes it after what couldn't be written before."""
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
        """So many answers came: so many messages more, or what couldn't be written before."""
        if answers and self._answers_bring_more and self.window.talking:
            self.post(answers, now)
        elif self._unsent:
            self.write()
