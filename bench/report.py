"""What a measurement has shown: the figures, the table, and the conditions under which they came about."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.load import Outcome
from bench.scenarios import Scenario
from bench.stage import Cores, Setup, Stage
from bench.yardstick import Yardstick

PACKAGES = ("aiohttp", "uvloop", "peewee-async", "psycopg", "redis", "msgspec")
BUSY = 0.95
FOREIGN = 0.1


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    count: int
    p50: float
    p99: float
    max: float

    def __str__(self) -> str:
        return f"{self.p50:.1f}/{self.p99:.1f}/{self.max:.0f}" if self.count else "-"


@dataclass(frozen=True)
class Memory:
    """Megabytes of the servers before anybody came, when all were there, and after the run; kilobytes of a worker for each connection."""

    before: dict[str, float]
    connected: dict[str, float]
    after: dict[str, float]
    kb_per_connection: float


@dataclass(frozen=True)
class Figures:
    """One measurement. `server_cores` are processor seconds a second, by server; `others_cores` those of processes not ours."""

    scenario: Scenario
    setup: Setup
    seconds: float
    published_per_second: float
    deliveries_per_second: float
    receipt_ms: Latency
    delivery_ms: Latency
    lost: int
    duplicates: int
    out_of_order: int
    resets: int
    closed: int
    refused: dict[str, int]
    unanswered: int
    server_cores: dict[str, float]
    deliveries_per_server_second: float
    generator_cores: float
    others_cores: float
    memory: Memory
    notes: list[str]

    @property
    def is_clean(self) -> bool:
        """Did every message arrive once, in order, at everybody?"""
        return not (self.lost or self.duplicates or self.out_of_order or self.closed or self.unanswered)


def memory_mb(stage: Stage) -> dict[str, float]:
    return {name: round(stage.memory_kb(name) / 1024, 1) for name in stage.servers}


def figures(scenario: Scenario, setup: Setup, cores: Cores, outcome: Outcome, memory: Memory) -> Figures:
    begin, end = outcome.begin, outcome.end
    seconds = end.at - begin.at
    servers = {name: (end.usage.servers[name] - used) / seconds for name, used in begin.usage.servers.items()}
    generator = (end.own_cpu - begin.own_cpu) / seconds
    others = max(0.0, (end.usage.machine - begin.usage.machine) / seconds - generator - sum(servers.values()))
    delivered = end.delivered - begin.delivered
    return Figures(
        scenario=scenario,
        setup=setup,
        seconds=round(seconds, 3),
        published_per_second=round((end.published - begin.published) / seconds, 1),
        deliveries_per_second=round(delivered / seconds, 1),
        receipt_ms=latency(outcome.receipts),
        delivery_ms=latency(outcome.deliveries),
        **asdict(outcome.verdict),
        resets=outcome.resets,
        closed=len(outcome.closed),
        refused=outcome.refused,
        unanswered=outcome.unanswered,
        server_cores={name: round(used, 2) for name, used in servers.items()},
        deliveries_per_server_second=round(delivered / seconds / max(sum(servers.values()), 0.01)),
        generator_cores=round(generator, 2),
        others_cores=round(others, 2),
        memory=memory,
        notes=_notes(cores, outcome, generator, others),
    )


def latency(seconds: Sequence[float]) -> Latency:
    """Percentiles by the nearest rank."""
    ordered = sorted(seconds)
    if not ordered:
        return Latency(0, 0.0, 0.0, 0.0)
    at = {share: ordered[math.ceil(len(ordered) * share) - 1] for share in (0.5, 0.99)}
    return Latency(len(ordered), *(round(1000 * value, 2) for value in (at[0.5], at[0.99], ordered[-1])))


def _notes(cores: Cores, outcome: Outcome, generator: float, others: float) -> list[str]:
    notes = []
    if generator >= BUSY:
        notes.append("the generator was at its limit: the server may do better")
    if not cores.are_apart:
        notes.append("the generator shared the servers' cores: compare deliveries per server second only")
    if others >= FOREIGN:
        notes.append(f"other processes used {others:.2f} cores")
    if outcome.resets:
        notes.append(f"{outcome.resets} times somebody fell too far behind and was told to load anew")
    if outcome.closed:
        notes.append(f"{len(outcome.closed)} connections were closed, the first {outcome.closed[0]}")
    if outcome.refused:
        notes.append("refused: " + ", ".join(f"{count} {code}" for code, count in outcome.refused.items()))
    if outcome.unanswered:
        notes.append(f"{outcome.unanswered} messages were never answered")
    return notes


HEADER = (
    *("scenario", "servers", "load", "published/s", "deliveries/s", "receipt ms", "delivery ms", "lost/dup/swapped"),
    *("server cores", "generator", "MB"),
)


def table(measured: Sequence[Figures]) -> str:
    """A table of Markdown, and the notes below it. Milliseconds are p50/p99/max, MB those after the run."""
    rows = [HEADER, *map(_row, measured)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADER))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"{one.scenario.name} on {servers(one.setup)}: {note}" for one in measured for note in one.notes]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def servers(setup: Setup) -> str:
    return setup.database + (f", {setup.workers} workers" if setup.workers > 1 else "") + (", nginx" if setup.nginx else "")


def _row(one: Figures) -> tuple[str, ...]:
    return (
        one.scenario.name,
        servers(one.setup),
        one.scenario.load,
        f"{one.published_per_second:,.0f}",
        f"{one.deliveries_per_second:,.0f}",
        str(one.receipt_ms),
        str(one.delivery_ms),
        f"{one.lost}/{one.duplicates}/{one.out_of_order}",
        " ".join(f"{name} {used:.2f}" for name, used in one.server_cores.items()),
        f"{one.generator_cores:.2f}",
        " ".join(f"{name} {held:.0f}" for name, held in one.memory.after.items()),
    )


def conditions(yardstick: Yardstick) -> dict[str, Any]:
    """The machine and the versions."""
    return {
        "yardstick": asdict(yardstick),
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "kernel": platform.release(),
        "python": sys.version.split()[0],
        **{name: version(name) for name in PACKAGES},
        "postgresql": _first_line("postgres"),
        "redis-server": _first_line("redis-server"),
    }


def as_json(measured: Sequence[Figures], yardstick: Yardstick) -> dict[str, Any]:
    return {"conditions": conditions(yardstick), "measured": [asdict(one) for one in measured]}


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(program: str) -> str:
    """What a server says of its version, nothing where it isn't installed."""
    found = [*Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), *Path("/usr/bin").glob(program)]
    if not found:
        return ""
    return subprocess.run([str(max(found)), "--version"], capture_output=True, text=True, check=False).stdout.split("\n", 1)[0]
