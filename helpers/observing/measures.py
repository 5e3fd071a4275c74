"""What is counted and timed, in plain numbers: on the way of a message it costs an addition. They become
Prometheus's text only where somebody asks (serving.py).

Each is declared beside what it measures. A label has few values, of our own words: never a room, a
person or an address."""

import bisect
import inspect
import os
import resource
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_VALUES = 100
"""Of a label. Further ones are counted as OTHER."""

OTHER = "other"

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

Value = float | Mapping[str, float]
"""Of a gauge: one number, or one for each value of its label."""


@dataclass(eq=False)
class Measure:
    """`per_site`: the same in each process, which is asked once."""

    name: str
    text: str
    label: str = ""
    per_site: bool = field(default=False, kw_only=True)
    kind = "gauge"

    def __post_init__(self) -> None:
        if self.name in MEASURES:
            raise ValueError(f"two measures are named {self.name}")
        MEASURES[self.name] = self

    def read(self) -> Any:
        """What it has counted so far, for JSON; None where something else tells it."""
        return None


MEASURES: dict[str, Measure] = {}


class Gauge(Measure):
    """Its value is asked for; see Readings."""


class Counter(Measure):
    kind = "counter"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.counts: dict[str, float] = {} if self.label else {"": 0}

    def add(self, value: str = "", number: float = 1) -> None:
        counts = self.counts
        if value not in counts and len(counts) >= MAX_VALUES:
            value = OTHER
        counts[value] = counts.get(value, 0) + number

    def read(self) -> dict[str, float]:
        return dict(self.counts)


class Durations(Measure):
    """A histogram of seconds."""

    kind = "histogram"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect.bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def read(self) -> dict[str, Any]:
        return {"counts": list(self._counts), "sum": self._sum}


MEMORY = Gauge("aiochat_memory_bytes", "Resident memory of the process.")
CPU = Counter("aiochat_cpu_seconds_total", "Seconds of CPU that the process took.")
OPEN_FILES = Gauge("aiochat_open_files", "Open files of the process: each connection is one.")
FILE_LIMIT = Gauge("aiochat_open_files_limit", "Files that the process may have open.")
STARTED = Gauge("aiochat_start_time_seconds", "When the process began, in seconds since 1970.")
LOOP_LAG = Durations(
    "aiochat_event_loop_lag_seconds",
    "How late the event loop woke a task that slept: what everybody in this process waits for.",
)
FAILED_READINGS = Counter(
    "aiochat_failed_readings_total", "Values that couldn't be read for an answer to Prometheus.", "metric"
)

_started = time.time()


def _resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def _cpu() -> float:
    used = os.times()
    CPU.counts[""] = used.user + used.system
    return CPU.counts[""]


class Readings:
    """Where the values of this process's gauges come from."""

    def __init__(self) -> None:
        self._readers: dict[Gauge, Callable[[], Value | Awaitable[Value]]] = {
            MEMORY: _resident,
            OPEN_FILES: lambda: float(len(os.listdir("/proc/self/fd"))),
            FILE_LIMIT: lambda: float(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
            STARTED: lambda: _started,
        }

    def add(self, gauge: Gauge, read: Callable[[], Value | Awaitable[Value]]) -> None:
        """`read` may wait: for the database, of a gauge of the whole site."""
        self._readers[gauge] = read

    async def snapshot(self, *, with_site: bool) -> dict[str, Any]:
        """All values by the names of their measures. What can't be read is left out."""
        _cpu()
        found = {one.name: one.read() for one in list(MEASURES.values()) if not isinstance(one, Gauge)}
        for gauge, read in self._readers.items():
            if gauge.per_site and not with_site:
                continue
            try:
                value = read()
                found[gauge.name] = await value if inspect.isawaitable(value) else value
            except Exception:
                FAILED_READINGS.add(gauge.name)
        return found
