"""The connections of a room: most count what comes, some read every word of it, and some talk. None of them waits."""

import contextlib
import math
import socket
import time
from array import array
from dataclasses import dataclass, field

from bench.checks import Sequence, Verdict, judge
from bench.wire import (
    CLOSE,
    FIRST_LINE,
    PING,
    PONG,
    TEXT,
    Event,
    Frames,
    client_frame,
    decode_event,
    frame_at,
    post_frame,
    sender_and_turn,
    turn_of,
)

READ_BYTES = 1 << 20
_buffer = bytearray(READ_BYTES)
_view = memoryview(_buffer)


@dataclass
class Window:
    """What all clients share: whether to go on talking, and from when to when messages count for the latencies."""

    begin: float = math.inf
    end: float = math.inf
    talking: bool = False
    receipts: "array[float]" = field(default_factory=lambda: array("d"))
    deliveries: "array[float]" = field(default_factory=lambda: array("d"))

    def counts(self, sent: float) -> bool:
        return self.begin <= sent < self.end


class Client:
    """A connection to the room number `room`. `count` lines of its history came, `resets` times it was told to load anew."""

    def __init__(self, connection: socket.socket, room: int, window: Window) -> None:
        self.socket = connection
        self.room = room
        self.window = window
        self.count = 0
        self.resets = 0
        self.closed: str | None = None
        self.seqs = Sequence(1)

    def begin(self, last_seq: int, rest: bytes) -> None:
        """What comes after `last_seq` is live; `rest` of it has been read already."""
        self.seqs = Sequence(last_seq + 1)
        self.socket.setblocking(False)
        if rest:
            self._take(bytearray(rest), len(rest), time.perf_counter())

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

    def verdict(self, last_seq: int) -> Verdict:
        """Was all there, up to `last_seq`?"""
        return judge(self.seqs, last_seq)

    def has_all(self, last_seq: int) -> bool:
        return self.closed is not None or self.seqs.next > last_seq

    def _take(self, data: bytearray, size: int, now: float) -> None:
        """The first `size` bytes of `data` came, at `now`; the rest of it is of others."""
        raise NotImplementedError

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            with contextlib.suppress(OSError):  # that it is closed is seen when it is read
                self.socket.send(client_frame(PONG, payload))
        elif opcode == CLOSE:
            self.closed = f"with {int.from_bytes(payload[:2], 'big')}"

    def _reset(self, event: Event) -> None:
        self.resets += 1
        self.seqs.skip_to(event.seq + 1)


class Counter(Client):
    """Counts the lines of each frame and looks at its first seq: the frames must join without hole or overlap.

    What is within a frame is believed; the witness of the same room reads it."""

    def __init__(self, connection: socket.socket, room: int, window: Window) -> None:
        super().__init__(connection, room, window)
        self._kept = b""
        self._left = 0
        self._first = 0
        self._lines = 0

    def _take(self, data: bytearray, size: int, now: float) -> None:
        if self._kept:
            data = bytearray(self._kept) + data[:size]
            size = len(data)
            self._kept = b""
        at = 0
        while at < size:
            if not self._left:
                at = self._begin_frame(data, at, size)
                continue
            end = min(at + self._left, size)
            self._lines += data.count(b"\n", at, end)
            self._left -= end - at
            at = end
            if not self._left:
                self.count += self._lines
                self.seqs.take_run(self._first, self._lines)

    def _begin_frame(self, data: bytearray, at: int, size: int) -> int:
        """Where to go on: in the frame's payload if it is to be counted, else behind it; at the end if more of it must come first."""
        found = frame_at(data, at, size)
        if found is not None:
            opcode, begin, length = found
            match = FIRST_LINE.match(data, begin, size) if opcode == TEXT else None
            if match is not None:
                self._first, self._lines, self._left = int(match[1]), 1, length
                return begin
            if size - begin >= length:
                self._read(opcode, bytes(data[begin : begin + length]))
                return begin + length
        self._kept = bytes(data[at:size])
        return size

    def _read(self, opcode: int, payload: bytes) -> None:
        if opcode != TEXT:
            self._control(opcode, payload)
            return
        for event in map(decode_event, payload.split(b"\n")):
            if event.type == "message":
                self.count += 1
                self.seqs.take(event.seq)
            elif event.type == "reset":
                self._reset(event)


class Witness(Client):
    """Reads every line: seq, number, and whose which message it is. Takes the time from each sending to its delivery."""

    def __init__(self, connection: socket.socket, room: int, window: Window, senders: "dict[int, Sender]") -> None:
        super().__init__(connection, room, window)
        self.numbers = Sequence(1)
        self.turns = {index: Sequence(0) for index, sender in senders.items() if sender.room == room}
        self._senders = senders
        self._frames = Frames()

    def _take(self, data: bytearray, size: int, now: float) -> None:
        for opcode, payload in self._frames.take(memoryview(data)[:size]):
            if opcode != TEXT:
                self._control(opcode, payload)
                continue
            for event in map(decode_event, payload.split(b"\n")):
                if event.type == "message":
                    self._hear(event, now)
                elif event.type == "reset":
                    self._reset(event)

    def _hear(self, event: Event, now: float) -> None:
        self.count += 1
        self.seqs.take(event.seq)
        if event.number is None:
            return
        self.numbers.take(event.number)
        index, turn = sender_and_turn(event.text)
        self.turns[index].take(turn)
        sent = self._senders[index].sent[turn]
        if self.window.counts(sent):
            self.window.deliveries.append(now - sent)

    def verdict(self, last_seq: int) -> Verdict:
        """The worst of four looks: by seq, by number, by sender, and against the receipts."""
        if self.resets:
            return super().verdict(last_seq)
        by_sender = Verdict()
        for index, turns in self.turns.items():
            by_sender += judge(turns, self._senders[index].last_acknowledged)
        return super().verdict(last_seq) | judge(self.numbers, self.numbers.next - 1) | by_sender


class Sender(Client):
    """Talks, and takes the time until each receipt. Without a rate, each answer brings the next message."""

    def __init__(self, connection: socket.socket, room: int, window: Window, index: int, *, answers_bring_more: bool) -> None:
        super().__init__(connection, room, window)
        self.index = index
        self.sent: list[float] = []
        self.answered = 0
        self.acknowledged = 0
        self.last_acknowledged = -1
        self.last_seq = 0
        self.refused: dict[str, int] = {}
        self._answers_bring_more = answers_bring_more
        self._frames = Frames()
        self._unsent = b""

    @property
    def is_waiting(self) -> bool:
        """Is there an answer still to come?"""
        return self.closed is None and self.answered < len(self.sent)

    def post(self, count: int, due: float) -> None:
        """Sends messages that were due at this moment."""
        turn = len(self.sent)
        self.sent.extend([due] * count)
        self.write(b"".join([post_frame(self.index, number) for number in range(turn, turn + count)]))

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

    def _take(self, data: bytearray, size: int, now: float) -> None:
        answers = 0
        for opcode, payload in self._frames.take(memoryview(data)[:size]):
            if opcode == TEXT:
                answers += self._read(payload.split(b"\n"), now)
            else:
                self._control(opcode, payload)
        self.answered += answers
        if answers and self._answers_bring_more and self.window.talking:
            self.post(answers, now)
        elif self._unsent:
            self.write()

    def _read(self, lines: list[bytes], now: float) -> int:
        """Counts the messages, looking at the first of each run, and returns how many answers were among them."""
        answers = run = first = 0
        for line in lines:
            if line.startswith(b'{"type":"message"'):
                if not run:
                    match = FIRST_LINE.match(line)
                    first = int(match[1]) if match else decode_event(line).seq
                run += 1
                continue
            answers += self._answer(decode_event(line), now)
        if run:
            self.count += run
            self.seqs.take_run(first, run)
        return answers

    def _answer(self, event: Event, now: float) -> int:
        if event.type == "receipt":
            turn = turn_of(event.nonce)
            self.acknowledged += 1
            self.last_acknowledged = max(self.last_acknowledged, turn)
            self.last_seq = max(self.last_seq, event.seq)
            if self.window.counts(self.sent[turn]):
                self.window.receipts.append(now - self.sent[turn])
            return 1
        if event.type == "error":
            self.refused[event.code] = self.refused.get(event.code, 0) + 1
            return 1
        if event.type == "reset":
            self._reset(event)
        return 0
