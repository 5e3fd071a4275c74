"""Measures the cost of a long history: pages, room list, and entering, in a room with very many
messages and in one with few."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from itertools import cycle

from bench.clients.crowd import open_socket
from bench.clients.dialects import Aiochat
from bench.clients.guests import Guest
from bench.cost import read_cost
from bench.processes import pinned
from bench.reporting.result import Headline, Latency, Result, latency
from bench.scenarios.base import Scenario
from bench.stage import Stage

FEW = 1000


class Visitor:
    """Members of a room with `count` messages, who send requests one after another."""

    def __init__(self, guests: Sequence[Guest], count: int) -> None:
        self.count = count
        self._guests = cycle(guests)
        self._guest = guests[0]
        self._http = HTTPConnection("127.0.0.1", self._guest.address.port, timeout=60)

    def page(self, query: str) -> None:
        self._fetch(f"/rooms/{self._guest.room_name}/messages{query}")

    def rooms(self) -> None:
        self._fetch("/rooms")

    def enter(self) -> None:
        """Connects ten messages behind, and waits until they have arrived."""
        guest, dialect = next(self._guests), Aiochat()
        with closing(open_socket(guest)) as connection:
            connection.settimeout(60)
            connection.connect(("127.0.0.1", guest.address.port))
            connection.sendall(dialect.request(guest, f"?since={self.count - 10}"))
            dialect.enter(connection, guest)

    def close(self) -> None:
        self._http.close()

    def _fetch(self, path: str) -> None:
        headers = {
            "Cookie": f"session={self._guest.token}",
            "Host": self._guest.address.host,
            "Accept": "application/json",
        }
        self._http.request("GET", path, headers=headers)
        answer = self._http.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ConnectionError(f"{path} was answered by {answer.status}: {body[:200]!r}")


QUESTIONS: dict[str, Callable[[Visitor], None]] = {
    "latest page": lambda visitor: visitor.page(""),
    "middle page": lambda visitor: visitor.page(f"?before={visitor.count // 2}"),
    "first page": lambda visitor: visitor.page("?after=0"),
    "rooms, unread": Visitor.rooms,
    "enter": Visitor.enter,
}


@dataclass(frozen=True)
class History(Scenario):
    """One room has `messages`, the other FEW. Each question is repeated for an equal share of
    `seconds`."""

    rooms: int = 2
    members: int = 10
    senders: int = 0
    seconds: float = 6.0
    messages: int = 1_000_000

    def problem(self) -> str | None:
        return "history needs two rooms" if self.rooms != 2 else super().problem()

    @property
    def posts(self) -> Sequence[int]:
        return [self.messages, FEW]

    def measure(self, stage: Stage) -> Result:
        visitors = [
            Visitor([guest for guest in stage.guests if guest.room == room], self.posts[room])
            for room in range(self.rooms)
        ]
        share = self.seconds / len(QUESTIONS) / self.rooms
        found: dict[str, list[Latency]] = {}
        with pinned(stage.cores.generator), closing(visitors[0]), closing(visitors[1]):
            first = read_cost(stage.usage)
            for name, question in QUESTIONS.items():
                found[name] = [_ask(question, visitor, share) for visitor in visitors]
            cost = first.until(read_cost(stage.usage))
        return Result(
            self.name,
            stage.system,
            stage.is_peer,
            cells={
                "messages": f"{self.messages:,} and {FEW:,}",
                **{
                    f"{name} ms": f"{many.p50:.1f}/{many.p99:.1f} and {few.p50:.1f}/{few.p99:.1f}"
                    for name, (many, few) in found.items()
                },
            },
            figures={
                **asdict(self),
                "few": FEW,
                "many_ms": {name: asdict(many) for name, (many, _) in found.items()},
                "few_ms": {name: asdict(few) for name, (_, few) in found.items()},
            },
            headlines=[Headline(f"{name} p50 ms", many.p50) for name, (many, _) in found.items()],
            notes=cost.notes(stage.cores),
        )


def _ask(question: Callable[[Visitor], None], visitor: Visitor, seconds: float) -> Latency:
    """Returns the latency of the answers. The first one isn't counted, since it may read from
    disk."""
    question(visitor)
    times = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        question(visitor)
        times.append(time.perf_counter() - begun)
    return latency(times)
