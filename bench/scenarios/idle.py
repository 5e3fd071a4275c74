"""Measures the cost of idle connections. The server's pings are answered."""

import time
from dataclasses import asdict, dataclass
from typing import ClassVar

from bench.clients.crowd import Crowd
from bench.cost import read_cost
from bench.processes import pinned
from bench.reporting.result import Headline, Result
from bench.scenarios.base import Scenario
from bench.stage import Stage

SETTLE_SECONDS = 2.0


@dataclass(frozen=True)
class Idle(Scenario):
    """The clients stay connected for `seconds`. aiochat pings each of them every 25 s."""

    rooms: int = 100
    members: int = 100
    senders: int = 0
    seconds: float = 30.0

    for_peers: ClassVar[bool] = True

    def measure(self, stage: Stage) -> Result:
        with pinned(stage.cores.generator):
            before = stage.memory_kb()
            crowd = Crowd(stage.guests, stage.dialect)
            try:
                begun = time.perf_counter()
                crowd.connect()
                entering = time.perf_counter() - begun
                crowd.run_until(time.perf_counter() + min(SETTLE_SECONDS, self.seconds))
                first = read_cost(stage.usage)
                crowd.run_until(time.perf_counter() + self.seconds)
                cost = first.until(read_cost(stage.usage))
                after = stage.memory_kb()
            finally:
                crowd.close()
        closed = [client.closed for client in crowd.clients.values() if client.closed]
        pings = sum(client.pings for client in crowd.clients.values())
        each = (after[stage.main] - before[stage.main]) / self.connections
        all_told = sum(after[name] - before[name] for name in after) / self.connections
        cores = sum(cost.servers.values())
        return Result(
            self.name,
            stage.system,
            stage.is_peer,
            cells={
                "connections": f"{self.connections:,}",
                "kB each": f"{each:.1f}",
                "kB each, with the databases": f"{all_told:.1f}",
                "server cores": f"{cost}",
                "pings": f"{pings:,}",
                "entered/s": f"{self.connections / entering:,.0f}",
                "closed": str(len(closed)),
            },
            figures={
                **asdict(self),
                "connections": self.connections,
                "kb_per_connection": round(each, 2),
                "kb_per_connection_all_told": round(all_told, 2),
                "server_cores": {name: round(used, 3) for name, used in cost.servers.items()},
                "pings": pings,
                "entered_per_second": round(self.connections / entering, 1),
                "closed": len(closed),
                "memory_mb": {name: round(held / 1024, 1) for name, held in after.items()},
            },
            headlines=[Headline("kB each", each), Headline("cores", cores)],
            notes=[
                *cost.notes(stage.cores),
                *([f"{len(closed)} were closed, the first {closed[0]}"] if closed else []),
            ],
            is_clean=not closed,
        )
