"""What is counted and timed, and how Prometheus reads it."""

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from helpers.observing import measures
from helpers.observing.measures import BOUNDS, MAX_VALUES, OTHER, Counter, Durations, Gauge, Readings
from helpers.observing.serving import SiteValues, ask_workers, rendered, telling, told_at, workers_in


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test measures is forgotten after it."""
    own = dict(measures.MEASURES)
    monkeypatch.setattr(measures, "MEASURES", own)
    monkeypatch.setattr("helpers.observing.serving.MEASURES", own)


def _read(snapshots: dict[str, dict[str, Any]]) -> dict[str, dict[tuple[str, ...], float]]:
    """The values by their labels, of each series."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(rendered(snapshots).decode()):
        for sample in family.samples:
            key = tuple(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[key] = sample.value
    return found


async def test_each_kind_is_read_by_prometheus() -> None:
    count, by_code = Counter("x_total", "All."), Counter("y_total", "By code.", "code")
    seconds, gauge, site = (
        Durations("z_seconds", "Of it."),
        Gauge("g", "Now."),
        Gauge("s", "S.", per_site=True),
    )
    count.add()
    count.add(number=2)
    by_code.add('quo"te\n')
    for taken in (0.0001, BOUNDS[0], 0.3, 100.0):
        seconds.add(taken)
    readings = Readings()
    readings.add(gauge, lambda: 7)

    async def asked() -> float:
        return 9.0

    readings.add(site, asked)
    one = json.loads(json.dumps(await readings.snapshot(with_site=True)))
    other = await readings.snapshot(with_site=False)
    found = _read({"1": one, "2": other})
    assert found["aiochat_workers"] == {(): 2.0}
    assert found["x_total"] == {("worker=1",): 3.0, ("worker=2",): 3.0}
    assert found["y_total"][('code=quo"te\n', "worker=1")] == 1.0
    assert found["g"] == {("worker=1",): 7.0, ("worker=2",): 7.0}
    assert found["s"] == {(): 9.0}, "of the site, and told once"
    buckets = found["z_seconds_bucket"]
    assert buckets[(f"le={BOUNDS[0]}", "worker=1")] == 2.0, "as much as the bound is within"
    assert buckets[("le=0.5", "worker=1")] == 3.0
    assert buckets[("le=+Inf", "worker=1")] == found["z_seconds_count"][("worker=1",)] == 4.0
    assert found["z_seconds_sum"][("worker=1",)] == pytest.approx(100.3006)


def test_nothing_is_told_twice() -> None:
    Counter("x_total", "All.")
    with pytest.raises(ValueError, match="two measures"):
        Gauge("x_total", "The same.")


def test_a_label_has_a_bounded_number_of_values() -> None:
    count = Counter("x_total", "By what others send.", "what")
    for number in range(10 * MAX_VALUES):
        count.add(str(number))
    assert len(count.counts) == MAX_VALUES + 1
    assert count.counts[OTHER] == 9 * MAX_VALUES


async def test_what_can_not_be_read_is_left_out() -> None:
    readings = Readings()
    gauge, other = Gauge("g", "Broken."), Gauge("h", "Whole.")

    def broken() -> float:
        raise OSError("away")

    readings.add(gauge, broken)
    readings.add(other, lambda: 1)
    before = measures.FAILED_READINGS.counts.get("g", 0)
    found = await readings.snapshot(with_site=True)
    assert "g" not in found
    assert found["h"] == 1
    assert measures.FAILED_READINGS.counts["g"] == before + 1


async def test_workers_are_asked_and_the_site_once(tmp_path: Path) -> None:
    asked = []
    site = Gauge("s", "Of the site.", per_site=True)

    def values(number: int) -> SiteValues:
        readings = Readings()

        def read() -> float:
            asked.append(number)
            return float(number)

        readings.add(site, read)
        return SiteValues(readings)

    sockets = {str(number): tmp_path / f"{number}.sock" for number in (1, 2, 3)}
    async with telling(sockets["1"], values(1)), telling(sockets["2"], values(2)):
        assert workers_in(tmp_path) == {name: sockets[name] for name in ("1", "2")}
        for _ in range(3):
            found = await ask_workers(sockets)
            assert set(found) == {"1", "2"}, "who isn't there is left out"
            assert _read({name: dict(one) for name, one in found.items()})["s"] == {(): 1.0}
        assert asked == [1], "the database is asked once in some seconds"
    assert not told_at(sockets["1"]).exists()
    assert await ask_workers(sockets) == {}


async def test_what_a_killed_worker_has_left_is_no_worker(tmp_path: Path) -> None:
    path = tmp_path / "1.sock"
    with ExitStack() as stack:
        server = await asyncio.start_unix_server(lambda *_: None, told_at(path))
        stack.callback(server.close)
    told_at(tmp_path / "2.sock").write_text("no socket")
    assert await ask_workers(workers_in(tmp_path)) == {}
    async with telling(path, SiteValues(Readings())):
        assert set(await ask_workers(workers_in(tmp_path))) == {"1"}


async def test_who_answers_with_nonsense_is_left_out(tmp_path: Path) -> None:
    async def lies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"[{]")
        writer.close()

    server = await asyncio.start_unix_server(lies, told_at(tmp_path / "1.sock"))
    try:
        assert await ask_workers(workers_in(tmp_path)) == {}
    finally:
        server.close()
