"""Measures posting: throughput, latency and cost."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from bench.clients.crowd import Crowd
from bench.clients.personal import PersonalCrowd
from bench.load import PATIENCE_SECONDS, Load, Outcome, Pressure
from bench.processes import pinned
from bench.reporting.result import Headline, Result, latency
from bench.scenarios.base import Scenario
from bench.stage import Stage
from bench.texts import OFFICE, TEXTS

ENOUGH = 1000
"""From this number of connections on, a server's other memory doesn't distort the memory per
connection."""


@dataclass(frozen=True)
class Talk(Scenario):
    """Messages of these `texts` are sent for `seconds` after a warm-up: `rate` per second, or
    `outstanding` in flight. Messages in flight may then arrive for `patience` seconds."""

    outstanding: int = 200
    rate: float = 0.0
    texts: str = OFFICE.name
    patience: float = PATIENCE_SECONDS
    for_peers: ClassVar[bool] = True
    crowd: ClassVar[type[Crowd]] = Crowd

    @property
    def pressure(self) -> Pressure:
        return Pressure(self.outstanding, self.rate)

    def problem(self) -> str | None:
        if self.senders < 1 or self.rate < 0:
            return "senders are above zero"
        if self.members <= self.senders:
            return "a room needs more members than senders: somebody has to listen"
        if not self.rate and self.outstanding < self.rooms * self.senders:
            return (
                f"{self.rooms * self.senders} senders need at least as many messages under way; see "
                "--outstanding"
            )
        return super().problem()

    def measure(self, stage: Stage) -> Result:
        with pinned(stage.cores.generator):
            before = stage.memory_kb()
            crowd = self.crowd(
                stage.guests, stage.dialect, TEXTS[self.texts], answers_bring_more=not self.rate
            )
            try:
                crowd.connect()
                connected = stage.memory_kb()
                outcome = Load(crowd, self.pressure, stage.usage).run(self.seconds, self.patience)
            finally:
                crowd.close()
            after = stage.memory_kb()
        each = (connected[stage.main] - before[stage.main]) / self.connections
        return self._result(stage, outcome, each, after)

    def _result(
        self, stage: Stage, outcome: Outcome, kb_per_connection: float, after: dict[str, int]
    ) -> Result:
        begin, end = outcome.begin, outcome.end
        cost = begin.cost.until(end.cost)
        seconds = cost.seconds
        published, delivered = end.published - begin.published, end.delivered - begin.delivered
        receipts, deliveries = latency(outcome.receipts), latency(outcome.deliveries)
        verdict = outcome.verdict
        memory = {name: round(held / 1024, 1) for name, held in after.items()}
        by_rate = [Headline("p50 ms", deliveries.p50), Headline("p99 ms", deliveries.p99)]
        return Result(
            self.name,
            stage.system,
            stage.is_peer,
            cells={
                "load": str(self.pressure),
                "published/s": f"{published / seconds:,.0f}",
                "deliveries/s": f"{delivered / seconds:,.0f}",
                "receipt ms": str(receipts),
                "delivery ms": str(deliveries),
                "lost/dup/swapped": f"{verdict.lost}/{verdict.duplicates}/{verdict.out_of_order}",
                "server cores": str(cost),
                "generator": f"{cost.generator:.2f}",
                "MB": " ".join(f"{name} {held:.0f}" for name, held in memory.items()),
                "kB each": f"{kb_per_connection:.0f}" if self.connections >= ENOUGH else "-",
            },
            figures={
                **asdict(self),
                "measured_seconds": round(seconds, 3),
                "published_per_second": round(published / seconds, 1),
                "deliveries_per_second": round(delivered / seconds, 1),
                "receipt_ms": asdict(receipts),
                "delivery_ms": asdict(deliveries),
                **asdict(verdict),
                "resets": outcome.resets,
                "closed": len(outcome.closed),
                "refused": outcome.refused,
                "unanswered": outcome.unanswered,
                "server_cores": {name: round(used, 2) for name, used in cost.servers.items()},
                "deliveries_per_server_second": round(
                    delivered / seconds / max(sum(cost.servers.values()), 0.01)
                ),
                "generator_cores": round(cost.generator, 2),
                "others_cores": round(cost.others, 2),
                "memory_mb": memory,
                "kb_per_connection": round(kb_per_connection, 1),
            },
            headlines=by_rate
            if self.rate
            else [Headline("deliveries/s", delivered / seconds, more_is_better=True)],
            notes=[*cost.notes(stage.cores), *outcome_notes(outcome)],
            is_clean=verdict.is_clean and not outcome.closed and not outcome.unanswered,
        )


@dataclass(frozen=True)
class PersonalTalk(Talk):
    """Each person has one socket for all of their rooms."""

    for_peers: ClassVar[bool] = False
    crowd: ClassVar[type[Crowd]] = PersonalCrowd


def outcome_notes(outcome: Outcome) -> list[str]:
    """Returns the problems of a run as sentences."""
    notes = []
    if outcome.resets:
        notes.append(f"{outcome.resets} times somebody fell too far behind and was told to load anew")
    if outcome.closed:
        notes.append(f"{len(outcome.closed)} connections were closed, the first {outcome.closed[0]}")
    if outcome.refused:
        notes.append("refused: " + ", ".join(f"{count} {code}" for code, count in outcome.refused.items()))
    if outcome.unanswered:
        notes.append(f"{outcome.unanswered} messages were never answered")
    return notes
