"""Clients of aiochat: every event has a seq, and every message gets a receipt. See
docs/protocol.md."""

import re
import socket
from collections.abc import Callable

import msgspec

from bench.clients.base import Client, RoomTotals, Sender, Window
from bench.clients.checks import Sequence, Verdict, judge
from bench.clients.guests import Guest
from bench.clients.wire import CLOSE, TEXT, Frames, frame_at, frame_template
from bench.texts import Texts, sender_and_turn

FIRST_LINE = re.compile(rb'\{"type":"message","seq":(\d+),')
"""How a frame of messages begins. Other frames are parsed as JSON, which gives the same result at a
higher cost."""


MESSAGE = b'{"type":"message","seq":'
FINAL_TEXT = 0x81


class Event(msgspec.Struct):
    """The fields of events that are used here. Others are ignored."""

    type: str
    seq: int = 0
    number: int | None = None
    text: str = ""
    nonce: str = ""
    code: str = ""
    epoch: str = ""


_decoder = msgspec.json.Decoder(Event)
decode_event = _decoder.decode
decode_lines = _decoder.decode_lines


def post_frames(guest: Guest, texts: Texts, address: bytes = b"") -> Callable[[int], bytes]:
    """Returns a function that encodes a sender's message from its turn. `address` names the room,
    where one connection has several."""
    # Somebody's nonces are theirs in all rooms.
    nonce = b'","nonce":"%dn' % guest.room if guest.is_elsewhere else b'","nonce":"n'
    return texts.frames(
        guest,
        lambda text: frame_template(
            TEXT, b'{"type":"post",' + address + b'"text":"' + text + nonce + b'%08d"}'
        ),
    )


def turn_of(nonce: str) -> int:
    return int(nonce[-8:])


def after_caught_up(data: bytes) -> tuple[int, bytes] | None:
    """Returns the seq of `caught_up`, after which events are live, and the bytes after its frame.
    None if it hasn't arrived yet."""
    at = 0
    while (found := frame_at(data, at, len(data))) is not None:
        opcode, begin, length = found
        at = begin + length
        if at > len(data):
            return None
        if opcode == CLOSE:
            raise ConnectionError(f"the server closed with {int.from_bytes(data[begin : begin + 2], 'big')}")
        for line in data[begin:at].split(b"\n") if opcode == TEXT else ():
            event = decode_event(line)
            if event.type == "caught_up":
                return event.seq, data[at:]
    return None


class NumberedClient(Client):
    """A client that checks that the seqs are consecutive."""

    def __init__(self, connection: socket.socket, room: int, window: Window) -> None:
        super().__init__(connection, room, window)
        self.seqs = Sequence(1)
        self.is_live = True

    @property
    def since(self) -> int:
        """The last received seq."""
        return self.seqs.next - 1

    def resume(self, connection: socket.socket) -> None:
        """Continues with another connection, opened with `since`. The client isn't live until it
        has caught up."""
        self.socket = connection
        self.closed = None
        self.is_live = False

    def begin(self, last_seq: int, rest: bytes) -> None:
        self.seqs = Sequence(last_seq + 1)
        super().begin(last_seq, rest)

    def begin_at(self, last_seq: int) -> None:
        """Events after `last_seq` are live, over a personal socket."""
        self.seqs = Sequence(last_seq + 1)

    def take_lines(self, lines: bytes, now: float) -> None:
        """Handles the lines of one frame."""
        raise NotImplementedError

    def verdict(self, totals: RoomTotals) -> Verdict:
        return judge(self.seqs, totals.last_seq)

    def has_all(self, totals: RoomTotals) -> bool:
        return self.closed is not None or self.seqs.next > totals.last_seq

    def _notice(self, event: Event) -> None:
        """Handles an event that isn't a message."""
        if event.type == "reset":
            self.resets += 1
            self.seqs.skip_to(event.seq + 1)
        elif event.type == "caught_up":
            self.is_live = True


class NumberedCounter(NumberedClient):
    """Counts the lines of each frame, and checks the first seq of the first and the last frame of
    each read for gaps and overlaps. The lines in between aren't checked here; the witness of the
    same room reads them."""

    is_patient = True

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
            if self._left:
                at = self._go_on(data, at, size)
            else:
                at = (self.is_live and self._count_whole(data, at, size)) or self._begin_frame(data, at, size)

    def resume(self, connection: socket.socket) -> None:
        super().resume(connection)
        self._kept = b""
        self._left = 0

    def _count_whole(self, data: bytearray, at: int, size: int) -> int:
        """Counts consecutive complete frames of messages. Returns the position after them, 0 if
        there were none."""
        first = last = lines = before_last = 0
        while size - at > 4 and data[at] == FINAL_TEXT and data[at + 1] == 126:
            begin = at + 4
            end = begin + (data[at + 2] << 8) + data[at + 3]
            if end > size or not data.startswith(MESSAGE, begin):
                break
            first, last, before_last = first or begin, begin, lines
            lines += 1 + data.count(b"\n", begin, end)
            at = end
        if not first:
            return 0
        self.count += lines
        self.seqs.take_run(_seq_at(data, first), before_last)
        self.seqs.take_run(_seq_at(data, last), lines - before_last)
        return at

    def _begin_frame(self, data: bytearray, at: int, size: int) -> int:
        """Returns the position to continue at: in the frame's payload if its lines are counted,
        else after the frame; the end if the frame is incomplete."""
        found = frame_at(data, at, size)
        if found is not None:
            opcode, begin, length = found
            match = FIRST_LINE.match(data, begin, size) if opcode == TEXT and self.is_live else None
            if match is not None:
                self._first, self._lines, self._left = int(match[1]), 1, length
                return begin
            if size - begin >= length:
                self._read(opcode, bytes(data[begin : begin + length]))
                return begin + length
        self._kept = bytes(data[at:size])
        return size

    def _go_on(self, data: bytearray, at: int, size: int) -> int:
        """Counts the available part of a frame that arrives in pieces."""
        end = min(at + self._left, size)
        self._lines += data.count(b"\n", at, end)
        self._left -= end - at
        if not self._left:
            self.count += self._lines
            self.seqs.take_run(self._first, self._lines)
        return end

    def take_lines(self, lines: bytes, now: float) -> None:
        match = FIRST_LINE.match(lines)
        if match is None:
            self._read(TEXT, lines)
            return
        count = 1 + lines.count(b"\n")
        self.count += count
        self.seqs.take_run(int(match[1]), count)

    def _read(self, opcode: int, payload: bytes) -> None:
        if opcode != TEXT:
            self._control(opcode, payload)
            return
        for event in decode_lines(payload):
            if event.type == "message":
                self.count += 1
                self.seqs.take(event.seq)
            else:
                self._notice(event)


def _seq_at(data: bytearray, at: int) -> int:
    """Returns the seq of the line at this position."""
    match = FIRST_LINE.match(data, at)
    return int(match[1]) if match else decode_event(bytes(data[at : data.index(b"}", at) + 1])).seq


class NumberedWitness(NumberedClient):
    """Reads every event: seq, number, and the message's sender and turn. Measures the latency of
    deliveries."""

    def __init__(
        self, connection: socket.socket, room: int, window: Window, senders: dict[int, Sender]
    ) -> None:
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
            self.take_lines(payload, now)

    def take_lines(self, lines: bytes, now: float) -> None:
        for event in decode_lines(lines):
            if event.type == "message":
                self._on_message(event, now)
            else:
                self._notice(event)

    def resume(self, connection: socket.socket) -> None:
        super().resume(connection)
        self._frames = Frames()

    def _on_message(self, event: Event, now: float) -> None:
        self.count += 1
        self.seqs.take(event.seq)
        if event.number is None:
            return
        if self.numbers.next == 1:
            # Somebody who isn't measured may have posted before: what is missed then, its seq tells.
            self.numbers.skip_to(event.number)
        self.numbers.take(event.number)
        found = sender_and_turn(event.text)
        if found is None:
            return  # of somebody who isn't measured
        index, turn = found
        self.turns[index].take(turn)
        sent = self._senders[index].sent[turn]
        if self.window.begin <= sent < self.window.end:
            self.window.deliveries.append(now - sent)

    def verdict(self, totals: RoomTotals) -> Verdict:
        """The worst of four checks: by seq, by number, by sender, and against the receipts."""
        if self.resets:
            return super().verdict(totals)
        by_sender = Verdict()
        for index, turns in self.turns.items():
            by_sender += judge(turns, self._senders[index].last_acknowledged)
        return super().verdict(totals) | judge(self.numbers, self.numbers.next - 1) | by_sender


class NumberedSender(NumberedClient, Sender):
    """The receipts are its answers."""

    def __init__(
        self,
        connection: socket.socket,
        guest: Guest,
        window: Window,
        texts: Texts,
        *,
        answers_bring_more: bool,
        address: bytes = b"",
    ) -> None:
        frame, more = post_frames(guest, texts, address), answers_bring_more
        Sender.__init__(self, connection, guest.room, window, guest.index, frame, answers_bring_more=more)
        self.seqs = Sequence(1)
        self._frames = Frames()

    def _take(self, data: bytearray, size: int, now: float) -> None:
        answers = 0
        for opcode, payload in self._frames.take(memoryview(data)[:size]):
            if opcode == TEXT:
                answers += self._read(payload.split(b"\n"), now)
            else:
                self._control(opcode, payload)
        self._go_on(answers, now)

    def take_lines(self, lines: bytes, now: float) -> None:
        self._go_on(self._read(lines.split(b"\n"), now), now)

    def _read(self, lines: list[bytes], now: float) -> int:
        """Counts the messages and checks the first seq of each run. Returns the number of answers
        among the lines."""
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
            self.last_seq = max(self.last_seq, event.seq)
            self._acknowledge(turn_of(event.nonce), now)
            return 1
        if event.type == "error":
            self.waiting.discard(turn_of(event.nonce))
            self.refused[event.code] = self.refused.get(event.code, 0) + 1
            return 1
        self._notice(event)
        return 0
