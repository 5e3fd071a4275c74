"""Reports the results as Markdown tables and JSON, with ratios to the peers and the conditions of
the run."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.peer import PEERS
from bench.reporting.result import Result
from bench.reporting.yardstick import Yardstick

PACKAGES = ("aiohttp", "uvloop", "peewee-async", "psycopg", "redis", "msgspec")

Row = Sequence[str]


def report(measured: Sequence[Result], left_out: Sequence[str], yardstick: Yardstick) -> str:
    """Returns the report: tables, ratios, omissions, and conditions."""
    parts = [tables(measured), ratios(measured), *left_out, _conditions_line(measured, yardstick)]
    return "\n\n".join(part for part in parts if part) + "\n"


def tables(measured: Sequence[Result]) -> str:
    """Returns one table per kind of scenario in the order of measurement, with notes below.
    Latencies are p50/p99/max."""
    kinds: dict[tuple[str, ...], list[Result]] = {}
    for one in measured:
        kinds.setdefault(tuple(one.cells), []).append(one)
    parts = [
        _table(("scenario", "system", *names), [(one.title, one.system, *one.cells.values()) for one in some])
        for names, some in kinds.items()
    ]
    notes = [f"- {one.title}, {one.system}: {note}" for one in measured for note in one.notes]
    return "\n\n".join([*parts, "\n".join(notes)] if notes else parts)


def ratios(measured: Sequence[Result]) -> str:
    """Returns how many times better each aiochat is than each peer in the same scenario; below 1
    the peer is better. Empty without either."""
    peers = list(dict.fromkeys(one.system for one in measured if one.is_peer))
    rows = []
    for own in measured:
        theirs = {one.system: one for one in measured if one.is_peer and one.title == own.title}
        if own.is_peer or not theirs:
            continue
        for place, headline in enumerate(own.headlines):
            found = [
                headline.times_better_than(theirs[peer].headlines[place]) if peer in theirs else None
                for peer in peers
            ]
            rows.append((own.title, own.system, headline.what, *(_times(value) for value in found)))
    return _table(("aiochat is better by", "system", "in", *peers), rows) if rows else ""


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g} x"


def _table(header: Row, rows: Sequence[Row]) -> str:
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (header, *rows)
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def conditions(measured: Sequence[Result], yardstick: Yardstick) -> dict[str, Any]:
    """Returns the machine's properties and the versions."""
    titles = {one.system for one in measured if one.is_peer}
    return {
        "yardstick": asdict(yardstick),
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "kernel": platform.release(),
        "python": sys.version.split()[0],
        **{name: version(name) for name in PACKAGES},
        "postgresql": _server_version("postgres"),
        "redis-server": _server_version("redis-server"),
        "peers": {peer.label: peer.version() for peer in PEERS.values() if peer.label in titles},
    }


def as_json(measured: Sequence[Result], left_out: Sequence[str], yardstick: Yardstick) -> dict[str, Any]:
    results = [
        {
            "scenario": one.scenario,
            "system": one.system,
            "is_peer": one.is_peer,
            "is_clean": one.is_clean,
            **one.figures,
            "notes": one.notes,
        }
        for one in measured
    ]
    return {
        "conditions": conditions(measured, yardstick),
        "measured": results,
        "ratios": _ratios_json(measured),
        "left_out": list(left_out),
    }


def _ratios_json(measured: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            "scenario": own.title,
            "system": own.system,
            "peer": peer.system,
            "in": mine.what,
            "times_better": round(times, 3),
        }
        for own in measured
        for peer in measured
        if peer.is_peer and not own.is_peer and peer.title == own.title
        for mine, theirs in zip(own.headlines, peer.headlines, strict=True)
        if (times := mine.times_better_than(theirs)) is not None
    ]


def _conditions_line(measured: Sequence[Result], yardstick: Yardstick) -> str:
    found = conditions(measured, yardstick)
    names = ("python", *PACKAGES, "postgresql", "redis-server")
    versions = [f"{name} {found[name]}" for name in names if found[name]]
    versions += [f"{name} {number}" for name, number in found["peers"].items()]
    machine = f"{found['cores']} cores of {found['processor']}, Linux {found['kernel']}"
    return f"This machine: {machine}; {yardstick}.\n\nVersions: {', '.join(versions)}."


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _server_version(program: str) -> str:
    """Returns an empty string if the program isn't installed."""
    found = [*Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), *Path("/usr/bin").glob(program)]
    if not found:
        return ""
    text = subprocess.run([str(max(found)), "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"[0-9]+(\.[0-9]+)+", text)
    return number[0] if number else ""
