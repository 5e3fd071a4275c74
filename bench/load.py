"""Generates load, at a rate or with a number of outstanding messages, and reads the counters at
both ends of the measured window."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.clients.base import RoomTotals
from bench.clients.checks import Verdict
from bench.clients.crowd import Crowd, gc_disabled
from bench.cost import Reading, read_cost
from bench.processes import Usage

WARM_UP_SECONDS = 0.5
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Pressure:
    """With a `rate`, that many messages per second are sent in total, regardless of the answers,
    and latency counts from the time at which each was due. Without, `outstanding` messages are in
    flight in total: each answer triggers the next one."""

    outstanding: int
    rate: float

    def __str__(self) -> str:
        return f"{self.rate:g}/s" if self.rate else f"{self.outstanding} under way"


@dataclass(frozen=True)
class Mark:
    """The counters at one time."""

    published: int
    delivered: int
    cost: Reading


@dataclass(frozen=True)
class Outcome:
    """The result of a run; `begin` and `end` are the ends of the measured window."""

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
    """`usage` returns the servers' resource usage. It is read at both ends of the window."""

    def __init__(self, crowd: Crowd, pressure: Pressure, usage: Callable[[], Usage]) -> None:
        self._crowd = crowd
        self._pressure = pressure
        self._usage = usage
        self._due = 0.0
        self._turn = 0

    def run(self, seconds: float, patience: float = PATIENCE_SECONDS) -> Outcome:
        """Warms up, measures, and waits until everything has arrived or `patience` seconds have
        passed."""
        with gc_disabled():
            begin = time.perf_counter() + WARM_UP_SECONDS
            window = self._crowd.window
            window.begin, window.end = begin, begin + seconds
            self.start()
            self.go_on_until(window.begin)
            first = self.mark()
            self.go_on_until(window.end)
            last = self.mark()
            window.talking = False
            self.drain(patience)
        return self.outcome(first, last)

    def start(self) -> None:
        self._crowd.window.talking = True
        now = time.perf_counter()
        self._due = now
        if not self._pressure.rate:
            senders = self._crowd.senders
            share, more = divmod(self._pressure.outstanding, len(senders))
            for place, sender in enumerate(senders.values()):
                sender.post(share + (place < more), now)

    def go_on_until(self, end: float) -> None:
        self._crowd.run_until(end, self.post_what_is_due)

    def mark(self) -> Mark:
        self._crowd.read_lazy()
        published = sum(sender.acknowledged for sender in self._crowd.senders.values())
        delivered = sum(client.count for client in self._crowd.clients.values())
        return Mark(published, delivered, read_cost(self._usage))

    def drain(self, patience: float = PATIENCE_SECONDS) -> None:
        """Waits until everything has arrived, or for `patience` seconds."""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline and not self._is_complete():
            self._crowd.read_all()
            time.sleep(0.001)

    def post_what_is_due(self, now: float) -> float:
        """Sends due messages. Returns the time of the next one."""
        if not self._pressure.rate:
            return math.inf
        senders = list(self._crowd.senders.values())
        while self._due <= now:
            senders[self._turn % len(senders)].post(1, self._due)
            self._turn += 1
            self._due += 1 / self._pressure.rate
        return self._due

    def _is_complete(self) -> bool:
        if any(sender.is_waiting for sender in self._crowd.senders.values()):
            return False
        totals = self._totals()
        return all(client.has_all(totals[client.room]) for client in self._crowd.clients.values())

    def _totals(self) -> dict[int, RoomTotals]:
        """Returns what was sent to each room."""
        totals: dict[int, RoomTotals] = {}
        for sender in self._crowd.senders.values():
            before = totals.get(sender.room, RoomTotals(0, 0, 0))
            last_seq = max(before.last_seq, sender.last_seq)
            totals[sender.room] = RoomTotals(
                last_seq, before.acknowledged + sender.acknowledged, before.sent + len(sender.sent)
            )
        return totals

    def outcome(self, first: Mark, last: Mark) -> Outcome:
        """Returns the verdict, and the figures between two marks."""
        totals = self._totals()
        verdict = Verdict()
        refused: dict[str, int] = {}
        clients = self._crowd.clients.values()
        for client in clients:
            verdict += client.verdict(totals[client.room])
        for sender in self._crowd.senders.values():
            for code, count in sender.refused.items():
                refused[code] = refused.get(code, 0) + count
        return Outcome(
            first,
            last,
            self._crowd.window.receipts,
            self._crowd.window.deliveries,
            verdict,
            sum(client.resets for client in clients),
            [client.closed for client in clients if client.closed],
            refused,
            sum(len(sender.waiting) for sender in self._crowd.senders.values()),
        )
