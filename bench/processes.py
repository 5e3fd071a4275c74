"""CPU time, memory and CPU affinity of processes, from /proc. Linux only."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """CPU seconds used so far: by each server, and by the whole machine."""

    servers: dict[str, float]
    machine: float


def usage(servers: Mapping[str, Iterable[int]]) -> Usage:
    """Returns the usage of each server's processes with all their descendants."""
    used = {
        name: sum(_cpu_seconds(pid) for first in pids for pid in family(first))
        for name, pids in servers.items()
    }
    return Usage(used, _machine_seconds())


def family(pid: int) -> Iterator[int]:
    """Yields a process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                yield from family(int(child))


def memory_kb(pids: Iterable[int]) -> int:
    """Returns the memory of these processes with their descendants, in kB. A shared page is divided
    between the processes that share it."""
    return sum(_memory_kb(member) for pid in pids for member in family(pid))


def pin(pids: Iterable[int], cores: set[int]) -> None:
    """Pins the processes with their descendants, threads and future children to these cores."""
    for pid in pids:
        for member in family(pid):
            # Any of them may end meanwhile, such as PostgreSQL's workers.
            with contextlib.suppress(FileNotFoundError):
                for task in Path(f"/proc/{member}/task").iterdir():
                    with contextlib.suppress(ProcessLookupError):
                        os.sched_setaffinity(int(task.name), cores)


@contextlib.contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """Pins this thread to these cores during the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cpu_seconds(pid: int) -> float:
    """The CPU time of a process and of its ended children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK


def _machine_seconds() -> float:
    """The sum of user, nice, system, irq and softirq."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(int(fields[place]) for place in (1, 2, 3, 6, 7)) / TICK


def _memory_kb(pid: int) -> int:
    for file, name in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(name):
                    return int(line.split()[1])
    return 0
