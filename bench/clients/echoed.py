"""Clients of servers without numbers and receipts: a message is identified by its text, and its
echo is the answer.

The data is treated as a byte stream in which each message has one MARK: servers may join or split
messages in frames."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

from bench.clients.base import Client, RoomTotals, Sender, Window
from bench.clients.checks import Sequence, Verdict, judge
from bench.clients.wire import DATA, frame_at
from bench.texts import MARK, MARKED, MARKED_BYTES

Reply = Callable[[bytes], bytes | None]
"""Returns the required answer to a frame without a message, or None. Some protocols have their own
pings."""


class EchoClient(Client):
    """Parses the frames."""

    def __init__(self, connection: socket.socket, room: int, window: Window, reply: Reply) -> None:
        super().__init__(connection, room, window)
        self._reply = reply
        self._kept = b""
        self._left = 0

    def _take(self, data: bytearray, size: int, now: float) -> None:
        if self._kept:
            data = bytearray(self._kept) + data[:size]
            size = len(data)
            self._kept = b""
        at = 0
        while at < size:
            if self._left:
                end = min(at + self._left, size)
                self._left -= end - at
                self._on_payload(data, at, end, now)
                at = end
                continue
            found = frame_at(data, at, size)
            if found is not None and found[0] in DATA:
                at, self._left = found[1:]
            elif found is not None and found[1] + found[2] <= size:
                at = found[1] + found[2]
                self._control(found[0], bytes(data[found[1] : at]))
            else:
                self._kept = bytes(data[at:size])
                return

    def _on_payload(self, data: bytearray, begin: int, end: int, now: float) -> None:
        """Handles a part of a data frame's payload."""
        found = data.count(MARK, begin, end)
        self.count += found
        if not found and end - begin < 64 and (reply := self._reply(bytes(data[begin:end]))):
            self.pings += 1
            self._answer_at_once(reply)

    def verdict(self, totals: RoomTotals) -> Verdict:
        """Compares counts: everything that was echoed to the senders must arrive here, and nothing
        twice."""
        return Verdict(
            lost=max(0, totals.acknowledged - self.count), duplicates=max(0, self.count - totals.sent)
        )

    def has_all(self, totals: RoomTotals) -> bool:
        return self.closed is not None or self.count >= totals.sent


class EchoCounter(EchoClient):
    """Counts messages."""

    is_patient = True

    def _take(self, data: bytearray, size: int, now: float) -> None:
        """Nearly all frames are complete and between 64 and 65,535 bytes long: longer than a frame
        without a message. They take the fast path."""
        at = 0
        if not self._left and not self._kept:
            count = 0
            while size - at > 4 and 64 <= data[at + 1] <= 126 and data[at] & 15 in DATA:
                length = data[at + 1]
                begin = at + 2
                if length == 126:
                    begin, length = at + 4, (data[at + 2] << 8) + data[at + 3]
                end = begin + length
                if end > size:
                    break
                count += data.count(MARK, begin, end)
                at = end
            self.count += count
        if at < size:
            super()._take(data[at:size], size - at, now)


@dataclass(frozen=True)
class Pattern:
    """A pattern of fixed size in the stream. Frames and reads may split its matches."""

    expression: re.Pattern[bytes]
    size: int


ANY_MESSAGE = Pattern(MARKED, MARKED_BYTES)


def message_of(sender: int) -> Pattern:
    """Returns the pattern of one sender's messages. The turn is its only group."""
    return Pattern(re.compile(rb"X%05d (\d{8})" % sender), MARKED_BYTES)


class Search:
    """Finds a pattern in consecutive parts of a stream."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._tail = bytearray()

    def __call__(self, data: bytearray, begin: int, end: int) -> "list[re.Match[bytes]]":
        part = self._tail + data[begin:end]
        # The kept tail is too short for a match, so no match is found twice.
        self._tail = part[1 - self._pattern.size :]
        return [*self._pattern.expression.finditer(part)]


class EchoWitness(EchoClient):
    """Identifies each message, and measures its latency."""

    def __init__(
        self, connection: socket.socket, room: int, window: Window, reply: Reply, senders: dict[int, Sender]
    ) -> None:
        super().__init__(connection, room, window, reply)
        self._search = Search(ANY_MESSAGE)
        self.turns = {index: Sequence(0) for index, sender in senders.items() if sender.room == room}
        self._senders = senders

    def _on_payload(self, data: bytearray, begin: int, end: int, now: float) -> None:
        super()._on_payload(data, begin, end, now)
        for match in self._search(data, begin, end):
            index, turn = int(match[1]), int(match[2])
            self.turns[index].take(turn)
            sent = self._senders[index].sent[turn]
            if self.window.begin <= sent < self.window.end:
                self.window.deliveries.append(now - sent)

    def verdict(self, totals: RoomTotals) -> Verdict:
        by_sender = Verdict()
        for index, turns in self.turns.items():
            by_sender += judge(turns, self._senders[index].last_acknowledged)
        return super().verdict(totals) | by_sender


class EchoSender(EchoClient, Sender):
    """`answer` is the pattern of its answers, usually its own messages."""

    def __init__(
        self,
        connection: socket.socket,
        room: int,
        window: Window,
        reply: Reply,
        index: int,
        answer: Pattern,
        frame: Callable[[int], bytes],
        *,
        answers_bring_more: bool,
    ) -> None:
        Sender.__init__(self, connection, room, window, index, frame, answers_bring_more=answers_bring_more)
        self._reply = reply
        self._kept = b""
        self._left = 0
        self._answers = 0
        self._search = Search(answer)

    def _take(self, data: bytearray, size: int, now: float) -> None:
        self._answers = 0
        super()._take(data, size, now)
        self._go_on(self._answers, now)

    def _on_payload(self, data: bytearray, begin: int, end: int, now: float) -> None:
        super()._on_payload(data, begin, end, now)
        for match in self._search(data, begin, end):
            self._acknowledge(int(match[1]), now)
            self._answers += 1
