"""What processes use, by /proc: processor time and memory, and on which core they run. Linux
only."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Seconds of processor time used so far: by the servers, by name, and by everything on the
    machine."""

    servers: dict[str, float]
    machine: float


def usage(servers: Mapping[str, Iterable[int]]) -> Usage:
    """What the first processes of each server and all their descendants have used."""
    used = {
        name: sum(_cpu_seconds(pid) for first in pids for pid in family(first))
        for name, pids in servers.items()
    }
    return Usage(used, _machine_seconds())


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                yield from family(int(child))


def memory_kb(pids: Iterable[int]) -> int:
    """What the families of these processes hold, in kB. A page that some of them share is divided
    between them."""
    return sum(_memory_kb(member) for pid in pids for member in family(pid))


def pin(pids: Iterable[int], cores: set[int]) -> None:
    """Keeps the families, all threads of them and what they will start, on these cores."""
    for pid in pids:
        for member in family(pid):
            # Any of them may end meanwhile, as PostgreSQL's helpers do.
            with contextlib.suppress(FileNotFoundError):
                for task in Path(f"/proc/{member}/task").iterdir():
                    with contextlib.suppress(ProcessLookupError):
                        os.sched_setaffinity(int(task.name), cores)


@contextlib.contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """Keeps this thread on these cores for a while."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cpu_seconds(pid: int) -> float:
    """Of a process and those of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK


def _machine_seconds() -> float:
    """user + nice + system + irq + softirq."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(int(fields[place]) for place in (1, 2, 3, 6, 7)) / TICK


def _memory_kb(pid: int) -> int:
    for file, name in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(name):
                    return int(line.split()[1])
    return 0
