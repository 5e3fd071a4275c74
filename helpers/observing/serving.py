"""Gathers the numbers of a site's processes on one machine, as Prometheus reads them.

A worker tells its numbers by a Unix socket, as JSON. A supervisor asks its workers; where there is none,
the worker that answers Prometheus asks the others (helpers/web/observing/metrics_door.py). Each series
has its worker's name, so that one that was started anew begins at zero by itself, as Prometheus expects of a
counter. Of a worker that is gone nothing is told."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from helpers.observing.measures import BOUNDS, LOOP_LAG, MEASURES, Readings

ASK_SECONDS = 3.0
"""For a worker to tell its numbers; Prometheus itself gives up after ten."""

SITE_SECONDS = 10.0
"""The numbers of the site are as old as this at most, however often somebody asks."""

LAG_SECONDS = 0.5
MAX_ANSWER = 4 * 1024 * 1024

Snapshot = Mapping[str, Any]
Gather = Callable[[], Awaitable[Mapping[str, Snapshot]]]
"""The snapshots of the processes by their numbers. The first one has the site's values."""

SUFFIX = "-metrics"
WORKERS = "aiochat_workers"
WORKERS_TEXT = "Processes that have told their numbers."


def rendered(snapshots: Mapping[str, Snapshot]) -> bytes:
    """In Prometheus's text format."""
    from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
    from prometheus_client.exposition import generate_latest

    class Collected:
        def collect(self) -> Iterable[Any]:
            yield GaugeMetricFamily(WORKERS, WORKERS_TEXT, value=len(snapshots))
            for name in MEASURES:
                if family := _family(name, snapshots):
                    yield family

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collected())
    return generate_latest(registry)


def _family(name: str, snapshots: Mapping[str, Snapshot]) -> Any:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    measure = MEASURES[name]
    told = {worker: found[name] for worker, found in snapshots.items() if found.get(name) is not None}
    if not told:
        return None
    names = [*([] if measure.per_site else ["worker"]), *([measure.label] if measure.label else [])]
    if measure.kind == "histogram":
        family: Any = HistogramMetricFamily(name, measure.text, labels=names)
    elif measure.kind == "counter":
        family = CounterMetricFamily(name, measure.text, labels=names)
    else:
        family = GaugeMetricFamily(name, measure.text, labels=names)
    for worker, value in told.items():
        own = [] if measure.per_site else [worker]
        if measure.kind == "histogram":
            family.add_metric(own, _buckets(value["counts"]), value["sum"])
        elif isinstance(value, Mapping):
            for label, number in value.items():
                family.add_metric([*own, label] if measure.label else own, number)
        else:
            family.add_metric(own, value)
    return family


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    total, found = 0, []
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
        total += count
        found.append((bound, float(total)))
    return found


async def watch_lag() -> None:
    """Notes how late the event loop is, until it is cancelled."""
    while True:
        due = time.monotonic() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        LOOP_LAG.add(max(0.0, time.monotonic() - due))


class SiteValues:
    """Says when the values of the site are due again, and keeps them until then."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._until = 0.0
        self._kept: dict[str, Any] = {}

    async def snapshot(self, *, with_site: bool) -> dict[str, Any]:
        is_due = with_site and time.monotonic() >= self._until
        found = await self._readings.snapshot(with_site=is_due)
        if is_due:
            self._kept = {name: found[name] for name in found if MEASURES[name].per_site}
            self._until = time.monotonic() + SITE_SECONDS
        return {**found, **self._kept} if with_site else found


def told_at(own: Path) -> Path:
    """The socket by which the worker with this socket of its own tells its numbers."""
    return own.with_name(f"{own.name}{SUFFIX}")


def workers_in(folder: Path) -> dict[str, Path]:
    """The sockets of the workers that tell their numbers in this folder, by the workers' names."""
    found = sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_socket())
    own = [path.with_name(path.name.removesuffix(SUFFIX)) for path in found]
    return {path.stem: path for path in own}


@contextlib.asynccontextmanager
async def telling(own: Path, values: SiteValues) -> AsyncIterator[None]:
    """Of a worker: tells its numbers to who gathers them."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(ASK_SECONDS):
                with_site = await reader.readline() == b"site\n"
                writer.write(json.dumps(await values.snapshot(with_site=with_site)).encode())
                await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(tell, told_at(own))
    try:
        yield
    finally:
        server.close()
        told_at(own).unlink(missing_ok=True)


async def ask_workers(sockets: Mapping[str, Path]) -> dict[str, Snapshot]:
    """Asks the workers of these names, by the sockets that are theirs. One that doesn't answer isn't in
    it; the first one that does tells of the site."""
    answers = await asyncio.gather(*(_ask(own, b"worker\n") for own in sockets.values()))
    found = {name: one for name, one in zip(sockets, answers, strict=True) if one is not None}
    for name in found:
        if (answer := await _ask(sockets[name], b"site\n")) is not None:
            return {**found, name: answer}
    return found


async def _ask(own: Path, word: bytes) -> Snapshot | None:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            reader, writer = await asyncio.open_unix_connection(told_at(own), limit=MAX_ANSWER)
            try:
                writer.write(word)
                found: Snapshot = json.loads(await reader.read())
                return found
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return None
