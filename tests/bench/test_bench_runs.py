"""The benchmark runs: every scenario on aiochat and every peer that is here, in miniature."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import chosen_plan, main, parser
from bench.peer import PEERS
from bench.plan import EVERYTHING, SWEEP, USUAL, Part
from bench.reporting.report import ratios, tables
from bench.reporting.result import Headline, Result
from bench.scenarios.flood import Flood
from bench.scenarios.registry import SCENARIOS
from bench.scenarios.talk import PersonalTalk, Talk
from bench.stage import Services, divide_cores
from bench.sweep import charts
from bench.systems import Setup
from tests.support.servers import ROOT, Postgres, Redis

SMALL = Talk("small", members=6, senders=2, outstanding=6, seconds=0.3)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_scenario_in_miniature(own_servers: None, tmp_path: Path) -> None:
    shape = ("--rooms", "2", "--members", "8", "--senders", "2", "--outstanding", "8", "--rate", "50")
    little = (
        "--messages",
        "300",
        "--behind",
        "20",
        "--seconds",
        "0.5",
        "--database",
        "sqlite",
        "--out",
        str(tmp_path),
    )
    done = run(
        "--scenario", "r200,catchup,storm,history,idle", *shape, *little, "--peer", "websockets_broadcast"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "bench.json").read_text())
    own = {one["scenario"]: one for one in found["measured"] if not one["is_peer"]}
    assert list(own) == ["r200", "catchup", "storm", "history", "idle"]
    assert all(one["is_clean"] for one in own.values())
    assert own["r200"]["deliveries_per_second"] > 0
    assert own["r200"]["delivery_ms"]["count"] > 0
    assert own["catchup"]["each_after_ms"]["count"] == 16
    assert own["storm"]["each_after_ms"]["count"] == 12
    assert own["history"]["many_ms"]["enter"]["p50"] > 0
    assert own["idle"]["connections"] == 16
    assert [one["scenario"] for one in found["measured"] if one["is_peer"]] == ["r200", "idle"]
    assert {one["scenario"] for one in found["ratios"]} <= {"r200, office", "idle"}
    assert "websockets" in found["conditions"]["peers"]
    assert (tmp_path / "bench.md").read_text().strip() == done.stdout.strip()


@pytest.mark.parametrize("kind", [Talk, PersonalTalk])
def test_people_of_several_rooms_in_miniature(own_servers: None, kind: type[Talk]) -> None:
    """The same traffic over the sockets of rooms, and over one of each person."""
    several = kind("small", rooms=4, members=5, senders=2, rate=80.0, seconds=0.5, rooms_each=2)
    assert several.problem() is None
    with (
        Services() as services,
        Setup("sqlite").open(several.seats, several.posts, services, divide_cores(workers=1)) as stage,
    ):
        assert len({guest.token for guest in stage.guests}) == 10
        result = several.measure(stage)
    assert result.is_clean
    assert result.figures["deliveries_per_second"] > 0
    assert result.figures["delivery_ms"]["count"] > 0
    assert not result.figures["refused"]


def test_a_flood_in_miniature(own_servers: None) -> None:
    flood = Flood("small", members=8, senders=2, rate=40.0, seconds=0.5, floods=3)
    assert flood.problem() is None
    with (
        Services() as services,
        Setup("sqlite", nginx=True).open(
            flood.seats, flood.posts, services, divide_cores(workers=2)
        ) as stage,
    ):
        result = flood.measure(stage)
    assert result.is_clean, result.notes
    assert result.headlines[0].value == result.figures["receipt_ms"]["p99"] > 0
    assert "grown_mb" in result.figures


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_in_miniature(name: str, postgres: Postgres, redis: Redis) -> None:
    peer = PEERS[name]
    if missing := peer.missing():
        pytest.skip(missing)
    with (
        Services(postgres, redis) as services,
        peer.open(SMALL.seats, SMALL.posts, services, divide_cores(workers=2)) as stage,
    ):
        result = SMALL.measure(stage)
    assert result.is_clean, result.notes
    assert result.figures["deliveries_per_second"] == pytest.approx(
        6 * result.figures["published_per_second"], rel=0.2
    )
    assert result.figures["published_per_second"] > 0
    assert peer.version()


def test_peers_of_requirements_are_here() -> None:
    """Else the test above would skip for ever."""
    here = ("aiochat_pattern", "quart_queues", "tornado_chat", "websockets_broadcast")
    assert {name: PEERS[name].missing() for name in here} == dict.fromkeys(here)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scenario", "sat100,nothing"), "'nothing'"),
        (("--peer", "emacs"), "'emacs'"),
        (("--scenario", "sat100", "--behind", "5"), "--behind"),
        (("--database", "sqlite", "--workers", "2"), "several workers"),
        (("--members", "10"), "more members than senders"),
        (("--texts", "poem"), "'poem'"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert words in capsys.readouterr().err.splitlines()[-1]


def test_a_peer_that_cannot_start_is_left_out(own_servers: None, tmp_path: Path) -> None:
    """Without node in PATH; its packages may be there or not."""
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "bench",
        "--scenario",
        "r200",
        "--database",
        "none",
        "--peer",
        "socketio",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "socketio is left out: there is no node" in done.stdout


def result(
    system: str, scenario: str, headline: Headline, *, is_peer: bool = False, **figures: object
) -> Result:
    return Result(scenario, system, is_peer, {"deliveries/s": f"{headline.value:,.0f}"}, figures, [headline])


def test_ratios_say_how_many_times_better() -> None:
    many, few = (
        Headline("deliveries/s", 3e6, more_is_better=True),
        Headline("deliveries/s", 1.5e5, more_is_better=True),
    )
    slow, fast = Headline("p50 ms", 3.0), Headline("p50 ms", 1.5)
    measured = [
        result("aiochat", "sat100", many),
        result("ws", "sat100", few, is_peer=True),
        result("aiochat", "r200", slow),
        result("ws", "r200", fast, is_peer=True),
        result("aiochat", "idle", Headline("kB each", 20.0)),
    ]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in ratios(measured).splitlines()]
    assert rows[2:] == [["sat100", "aiochat", "deliveries/s", "20 x"], ["r200", "aiochat", "p50 ms", "0.5 x"]]
    assert ratios(measured[:1]) == ""
    assert "3,000,000" in tables(measured)


def test_plots_are_drawn_from_the_sweep() -> None:
    latencies = {"p50": 1.0, "p99": 5.0}
    measured = [
        *(
            result("ws", f"room{size}", Headline("", 1.0), members=size, deliveries_per_second=1e5)
            for size in (10, 1000)
        ),
        *(
            result(
                "ws",
                f"rate{rate}",
                Headline("", 1.0),
                rate=rate,
                published_per_second=min(rate, 2000),
                delivery_ms=latencies,
            )
            for rate in (200, 1000, 10_000)
        ),
    ]
    found = charts(measured)
    assert set(found) == {"bench-rooms.svg", "bench-latency.svg"}
    assert found["bench-rooms.svg"].count("<circle") == 2
    assert found["bench-latency.svg"].count("<circle") == 4, (
        "p50 and p99 of the two rates that it kept up with"
    )
    assert all(len(text) < 15_000 for text in found.values())
    assert charts([]) == {}


def test_each_kind_of_texts_is_measured_and_compared_by_itself() -> None:
    arguments = parser().parse_args(["--scenario", "sat100,idle", "--texts", "office,plain"])
    chosen = [scenario for part in chosen_plan(arguments) for scenario in part.scenarios]
    assert [(one.name, getattr(one, "texts", None)) for one in chosen] == [
        ("sat100", "office"),
        ("sat100", "plain"),
        ("idle", None),
    ]
    usual = [one for part in chosen_plan(parser().parse_args([])) for one in part.scenarios]
    assert {one.texts for one in usual if isinstance(one, Talk)} == {"office"}
    measured = [
        result(
            system,
            "room100",
            Headline("", value, more_is_better=True),
            is_peer=is_peer,
            texts=texts,
            members=100,
            deliveries_per_second=value,
        )
        for system, is_peer, texts, value in (
            ("aiochat", False, "office", 2e6),
            ("aiochat", False, "plain", 3e6),
            ("ws", True, "office", 1e6),
            ("ws", True, "plain", 1.5e6),
        )
    ]
    assert ratios(measured).count("2 x") == 2
    assert "room100, plain" in tables(measured)
    assert "ws, plain" in charts(measured)["bench-rooms.svg"]


def test_the_plans_hold_what_they_promise() -> None:
    def names(plan: "list[Part] | tuple[Part, ...]") -> set[str]:
        return {scenario.name for part in plan for scenario in part.scenarios}

    assert names([*EVERYTHING]) == set(SCENARIOS)
    assert names([*USUAL]) <= set(SCENARIOS)
    assert names([*SWEEP]) == {f"room{size}" for size in (10, 30, 100, 300, 1000)} | {
        f"rate{rate}" for rate in (200, 1000, 3000, 10_000)
    }
    for part in (*USUAL, *EVERYTHING, *SWEEP):
        assert all(scenario.problem() is None for scenario in part.scenarios)
        assert all(setup.problem() is None for setup in part.setups)
