"""Results of a measurement, for all kinds of scenarios."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Latency:
    """Latencies in milliseconds."""

    count: int
    p50: float
    p99: float
    max: float

    def __str__(self) -> str:
        return f"{self.p50:.1f}/{self.p99:.1f}/{self.max:.0f}" if self.count else "-"


def latency(seconds: Sequence[float]) -> Latency:
    """Returns the percentiles by nearest rank."""
    ordered = sorted(seconds)
    if not ordered:
        return Latency(0, 0.0, 0.0, 0.0)
    at = {share: ordered[math.ceil(len(ordered) * share) - 1] for share in (0.5, 0.99)}
    return Latency(len(ordered), *(round(1000 * value, 2) for value in (at[0.5], at[0.99], ordered[-1])))


@dataclass(frozen=True)
class Headline:
    """A figure for comparing systems. `value` is 0 if there is none."""

    what: str
    value: float
    more_is_better: bool = False

    def times_better_than(self, other: "Headline") -> float | None:
        """Returns how many times better this is; None if either value is missing."""
        if not self.value or not other.value:
            return None
        return self.value / other.value if self.more_is_better else other.value / self.value


@dataclass(frozen=True)
class Result:
    """The result of one scenario on one system. `cells` is its table row, `figures` its content in
    the JSON file."""

    scenario: str
    system: str
    is_peer: bool
    cells: dict[str, str]
    figures: dict[str, Any]
    headlines: list[Headline]
    notes: list[str] = field(default_factory=list)
    is_clean: bool = True
    """Did every message arrive once and in order at every client?"""

    @property
    def title(self) -> str:
        """The scenario, with its texts if it has any. Results with one title can be compared."""
        texts = self.figures.get("texts")
        return f"{self.scenario}, {texts}" if texts else self.scenario
