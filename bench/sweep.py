"""The plots: deliveries by room size, latency by rate."""

from collections.abc import Iterable, Sequence

from bench.reporting.plot import Line, chart
from bench.reporting.result import Result
from bench.scenarios.talk import Talk

SIZES = (10, 30, 100, 300, 1000)
RATES = (200, 1000, 3000, 10_000)
SECONDS = 1.5
PATIENCE = 2.0
KEEPS_UP = 0.9
"""A share of the rate. Servers that publish less are omitted: their latency only depends on the
duration of the measurement."""

BY_SIZE = {
    f"room{size}": Talk(
        f"room{size}", members=size, senders=min(10, size // 3), seconds=SECONDS, patience=PATIENCE
    )
    for size in SIZES
}
BY_RATE = {
    f"rate{rate}": Talk(f"rate{rate}", rate=float(rate), seconds=SECONDS, patience=PATIENCE) for rate in RATES
}


def charts(measured: Sequence[Result]) -> dict[str, str]:
    """Returns the plots as files by name, from the results of the sweep."""
    sizes = [one for one in measured if one.scenario in BY_SIZE]
    rates = [one for one in measured if one.scenario in BY_RATE]
    found = {}
    if sizes:
        lines = [
            Line(name, [(one.figures["members"], one.figures["deliveries_per_second"]) for one in some])
            for name, some in _by_system(sizes)
        ]
        found["bench-rooms.svg"] = chart(
            "Deliveries by the size of a room, 200 messages under way", "members", "deliveries/s", lines
        )
    kept_up = [one for one in rates if one.figures["published_per_second"] >= KEEPS_UP * one.figures["rate"]]
    if kept_up:
        lines = [
            Line(
                name,
                [(one.figures["rate"], one.figures["delivery_ms"][share]) for one in some],
                is_dashed=share == "p99",
            )
            for name, some in _by_system(kept_up)
            for share in ("p50", "p99")
        ]
        title = (
            "Latency by rate into a room of 100: p50, dashed p99; a line ends where a server can't keep up"
        )
        found["bench-latency.svg"] = chart(
            title, "messages/s", "ms from the due moment to the delivery", lines
        )
    return found


def _by_system(results: Sequence[Result]) -> Iterable[tuple[str, list[Result]]]:
    texts = {one.figures.get("texts") for one in results}
    found: dict[str, list[Result]] = {}
    for one in results:
        name = one.system if len(texts) == 1 else f"{one.system}, {one.figures['texts']}"
        found.setdefault(name, []).append(one)
    return found.items()
