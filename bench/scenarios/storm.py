"""The network fails under load: all listeners are disconnected and reconnect at once."""

import time
from dataclasses import asdict, dataclass

from bench.clients.base import Sender
from bench.clients.crowd import Crowd, gc_disabled
from bench.clients.dialects import Aiochat
from bench.clients.numbered import NumberedClient
from bench.clients.reconnection import Reconnection, epoch_of
from bench.load import WARM_UP_SECONDS, Load, Pressure
from bench.processes import pinned
from bench.reporting.result import Headline, Result, latency
from bench.scenarios.base import Scenario
from bench.scenarios.talk import outcome_notes
from bench.stage import Stage
from bench.texts import OFFICE, TEXTS

POLL_SECONDS = 0.001


@dataclass(frozen=True)
class Storm(Scenario):
    """The senders stay connected and send `rate` messages per second. They continue for `seconds`
    after all listeners have caught up."""

    members: int = 1000
    seconds: float = 1.0
    rate: float = 200.0
    texts: str = OFFICE.name
    patience: float = 60.0

    def measure(self, stage: Stage) -> Result:
        dialect = Aiochat()
        epoch = epoch_of(dialect, stage.guests[0])
        crowd = Crowd(stage.guests, dialect, TEXTS[self.texts])
        reconnection = Reconnection(crowd, dialect, epoch)
        with pinned(stage.cores.generator):
            try:
                crowd.connect()
                load = Load(crowd, Pressure(0, self.rate), stage.usage)
                with gc_disabled():
                    load.start()
                    load.go_on_until(time.perf_counter() + WARM_UP_SECONDS)
                    listeners = [
                        client
                        for client in crowd.clients.values()
                        if isinstance(client, NumberedClient) and not isinstance(client, Sender)
                    ]
                    first = load.mark()
                    crowd.window.begin = time.perf_counter()
                    crowd.cut(listeners)
                    reconnection.begin((client, crowd.guest_of[client]) for client in listeners)
                    deadline = time.perf_counter() + self.patience
                    while reconnection.pending and time.perf_counter() < deadline:
                        load.post_what_is_due(time.perf_counter())
                        crowd.read_prompt()
                        reconnection.read(POLL_SECONDS)
                    missing = reconnection.pending
                    crowd.window.end = time.perf_counter()
                    last = load.mark()
                    load.go_on_until(time.perf_counter() + self.seconds)
                    crowd.window.talking = False
                    load.drain()
                outcome = load.outcome(first, last)
            finally:
                reconnection.close()
                crowd.close()
        cost = first.cost.until(last.cost)
        verdict = outcome.verdict
        times, receipts = latency(reconnection.seconds), latency(outcome.receipts)
        notes = [*cost.notes(stage.cores), *outcome_notes(outcome)]
        if missing:
            notes.append(f"{missing} weren't back after {self.patience:g} s")
        return Result(
            self.name,
            stage.system,
            stage.is_peer,
            cells={
                "cut off": f"{len(listeners):,}",
                "meanwhile": f"{self.rate:g}/s",
                "all back after s": f"{cost.seconds:.2f}",
                "each after ms": str(times),
                "turned away": str(reconnection.refusals),
                "receipt ms meanwhile": str(receipts),
                "lost/dup/swapped": f"{verdict.lost}/{verdict.duplicates}/{verdict.out_of_order}",
                "server cores": str(cost),
            },
            figures={
                **asdict(self),
                "all_back_after_seconds": round(cost.seconds, 3),
                "each_after_ms": asdict(times),
                "receipt_ms": asdict(receipts),
                **asdict(verdict),
                "resets": outcome.resets,
                "missing": missing,
                "turned_away": reconnection.refusals,
                "unanswered": outcome.unanswered,
                "server_cores": {name: round(used, 2) for name, used in cost.servers.items()},
            },
            headlines=[Headline("s", cost.seconds)],
            notes=notes,
            is_clean=verdict.is_clean and not missing and not outcome.closed and not outcome.unanswered,
        )
