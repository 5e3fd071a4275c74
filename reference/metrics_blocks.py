"""What docs/reference/metrics.md says: everything that is told to Prometheus."""

import app  # noqa: F401 - all measures are declared
from helpers.observing.measures import BOUNDS, MEASURES
from helpers.observing.serving import WORKERS, WORKERS_TEXT
from reference.pages import Block, code, table


def blocks() -> dict[str, Block]:
    rows = [(code(WORKERS), "gauge", "", WORKERS_TEXT)]
    for name, measure in sorted(MEASURES.items()):
        own = [*([] if measure.per_site else ["worker"]), *([measure.label] if measure.label else [])]
        rows.append((code(name), measure.kind, ", ".join(map(code, own)), measure.text))
    bounds = (
        "A histogram has the series `…_bucket`, `…_sum` and `…_count`; its bounds go from "
        f"{BOUNDS[0] * 1000:g} ms to {BOUNDS[-1]:g} s."
    )
    return {"metrics": table(("name", "kind", "labels", "what it is"), rows), "bounds": bounds}
