"""The time of day as the database stores it: whole milliseconds since 1970, UTC. It is only for
display; nothing is ordered by it."""

import functools
import time
from datetime import UTC, datetime


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@functools.lru_cache(maxsize=64)  # everything in one commit has the same time
def iso(ms: int) -> str:
    """Formats as RFC 3339: `2026-11-21T09:30:00.123Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"
