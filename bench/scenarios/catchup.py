"""A server is back after an outage: all clients connect at once, each some messages behind."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.clients.base import RoomTotals
from bench.clients.checks import Verdict
from bench.clients.crowd import Crowd, gc_disabled, open_socket
from bench.clients.dialects import Aiochat
from bench.clients.numbered import NumberedCounter
from bench.clients.reconnection import Reconnection, epoch_of
from bench.cost import read_cost
from bench.processes import pinned
from bench.reporting.result import Headline, Result, latency
from bench.scenarios.base import Scenario
from bench.stage import Stage


@dataclass(frozen=True)
class CatchUp(Scenario):
    """All clients are `behind` messages. Clients that haven't caught up within `patience` seconds
    are missing."""

    members: int = 1000
    senders: int = 0
    behind: int = 200
    patience: float = 60.0

    @property
    def posts(self) -> Sequence[int]:
        return [2 * self.behind] * self.rooms

    def measure(self, stage: Stage) -> Result:
        dialect = Aiochat()
        crowd = Crowd([], dialect)
        reconnection = Reconnection(crowd, dialect, epoch_of(dialect, stage.guests[0]))
        clients = []
        for guest in stage.guests:
            client = NumberedCounter(open_socket(guest), guest.room, crowd.window)
            client.socket.close()
            client.seqs.skip_to(self.behind + 1)
            clients.append((client, guest))
        with pinned(stage.cores.generator), gc_disabled():
            first = read_cost(stage.usage)
            deadline = time.perf_counter() + self.patience
            try:
                reconnection.begin(clients)
                while reconnection.pending and time.perf_counter() < deadline:
                    reconnection.read(wait=0.1)
                cost = first.until(read_cost(stage.usage))
                missing = reconnection.pending
            finally:
                reconnection.close()
                crowd.close()
        totals = RoomTotals(last_seq=2 * self.behind, acknowledged=0, sent=0)
        verdict = sum((client.verdict(totals) for client, _ in clients), Verdict())
        resets = sum(client.resets for client, _ in clients)
        times = latency(reconnection.seconds)
        notes = [*cost.notes(stage.cores)]
        if missing:
            notes.append(f"{missing} weren't back after {self.patience:g} s")
        if resets:
            notes.append(f"{resets} were told to load anew")
        return Result(
            self.name,
            stage.system,
            stage.is_peer,
            cells={
                "clients": f"{self.connections:,}",
                "behind": str(self.behind),
                "all back after s": f"{cost.seconds:.2f}",
                "each after ms": str(times),
                "turned away": str(reconnection.refusals),
                "messages/s": f"{self.behind * self.connections / cost.seconds:,.0f}",
                "lost/dup/swapped": f"{verdict.lost}/{verdict.duplicates}/{verdict.out_of_order}",
                "server cores": str(cost),
            },
            figures={
                **asdict(self),
                "all_back_after_seconds": round(cost.seconds, 3),
                "each_after_ms": asdict(times),
                **asdict(verdict),
                "resets": resets,
                "missing": missing,
                "turned_away": reconnection.refusals,
                "server_cores": {name: round(used, 2) for name, used in cost.servers.items()},
            },
            headlines=[Headline("s", cost.seconds)],
            notes=notes,
            is_clean=verdict.is_clean and not missing and not resets,
        )
