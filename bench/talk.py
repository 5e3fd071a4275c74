"""People talk: how much of it arrives, how soon, and at what cost."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from bench.crowd import Crowd
from bench.load import Load, Outcome, Pressure
from bench.processes import pinned
from bench.result import Headline, Result, latency
from bench.scenario import Scenario
from bench.stage import Cores, Stage

BUSY = 0.95
FOREIGN = 0.1


@dataclass(frozen=True)
class Talk(Scenario):
    """They talk for `seconds` after a warm-up: `rate` messages a second, or `outstanding` under way."""

    outstanding: int = 200
    rate: float = 0.0

    for_peers: ClassVar[bool] = True

    @property
    def pressure(self) -> Pressure:
        return Pressure(self.outstanding, self.rate)

    def problem(self) -> str | None:
        if self.senders < 1 or self.rate < 0:
            return "senders are above zero"
        if self.members <= self.senders:
            return "a room needs more members than senders: somebody has to listen"
        if not self.rate and self.outstanding < self.rooms * self.senders:
            return f"{self.rooms * self.senders} senders need at least as many messages under way; see --outstanding"
        return super().problem()

    def measure(self, stage: Stage) -> Result:
        with pinned(stage.cores.generator):
            before = stage.memory_kb()
            crowd = Crowd(stage.guests, stage.dialect, answers_bring_more=not self.rate)
            try:
                crowd.connect()
                connected = stage.memory_kb()
                outcome = Load(crowd, self.pressure, stage.usage).run(self.seconds)
            finally:
                crowd.close()
            after = stage.memory_kb()
        each = (connected[stage.main] - before[stage.main]) / self.connections
        return self._result(stage, outcome, each, after)

    def _result(self, stage: Stage, outcome: Outcome, kb_per_connection: float, after: dict[str, int]) -> Result:
        begin, end = outcome.begin, outcome.end
        seconds = end.at - begin.at
        cores = {name: (end.usage.servers[name] - used) / seconds for name, used in begin.usage.servers.items()}
        generator = (end.own_cpu - begin.own_cpu) / seconds
        others = max(0.0, (end.usage.machine - begin.usage.machine) / seconds - generator - sum(cores.values()))
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
                "server cores": " ".join(f"{name} {used:.2f}" for name, used in cores.items()),
                "generator": f"{generator:.2f}",
                "MB": " ".join(f"{name} {held:.0f}" for name, held in memory.items()),
                "kB each": f"{kb_per_connection:.0f}",
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
                "server_cores": {name: round(used, 2) for name, used in cores.items()},
                "deliveries_per_server_second": round(delivered / seconds / max(sum(cores.values()), 0.01)),
                "generator_cores": round(generator, 2),
                "others_cores": round(others, 2),
                "memory_mb": memory,
                "kb_per_connection": round(kb_per_connection, 1),
            },
            headlines=by_rate if self.rate else [Headline("deliveries/s", delivered / seconds, more_is_better=True)],
            notes=[*cost_notes(stage.cores, generator, others), *_notes(outcome)],
            is_clean=verdict.is_clean and not outcome.closed and not outcome.unanswered,
        )


def cost_notes(cores: Cores, generator: float, others: float) -> list[str]:
    """What makes a figure doubtful: cores that the generator and processes not ours used."""
    notes = []
    if generator >= BUSY:
        notes.append("the generator was at its limit: the server may do better")
    if not cores.are_apart:
        notes.append("the generator shared the servers' cores: compare deliveries per server second only")
    if others >= FOREIGN:
        notes.append(f"other processes used {others:.2f} cores")
    return notes


def _notes(outcome: Outcome) -> list[str]:
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
