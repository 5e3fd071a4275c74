"""The cost of a part of a run: CPU time of the servers, of this program, and of other processes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.processes import Usage
from bench.stage import Cores

BUSY = 0.95
FOREIGN = 0.1


@dataclass(frozen=True)
class Cost:
    """CPU seconds per second: of each server, of the generator, and of other processes."""

    seconds: float
    servers: dict[str, float]
    generator: float
    others: float

    def __str__(self) -> str:
        return " ".join(f"{name} {used:.2f}" for name, used in self.servers.items())

    def notes(self, cores: Cores) -> list[str]:
        """Returns warnings about the reliability of the figures."""
        notes = []
        if self.generator >= BUSY:
            notes.append("the generator was at its limit: the server may do better")
        if not cores.are_apart:
            notes.append("the generator shared the servers' cores: compare deliveries per server second only")
        if self.others >= FOREIGN:
            notes.append(f"other processes used {self.others:.2f} cores")
        return notes


@dataclass(frozen=True)
class Reading:
    """The counters at one time."""

    at: float
    own: float
    usage: Usage

    def until(self, later: "Reading") -> Cost:
        seconds = later.at - self.at
        servers = {
            name: (later.usage.servers[name] - used) / seconds for name, used in self.usage.servers.items()
        }
        generator = (later.own - self.own) / seconds
        others = (later.usage.machine - self.usage.machine) / seconds - generator - sum(servers.values())
        return Cost(seconds, servers, generator, max(0.0, others))


def read_cost(usage: Callable[[], Usage]) -> Reading:
    return Reading(time.perf_counter(), time.thread_time(), usage())
