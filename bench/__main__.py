"""The command line: `python -m bench --help`."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.load import Load
from bench.processes import pinned
from bench.report import Figures, Memory, as_json, figures, memory_mb, servers, table
from bench.scenarios import SCENARIOS, Scenario
from bench.stage import DATABASES, Services, Setup, divide_cores, open_stage
from bench.yardstick import take_yardstick

USUAL_DATABASES = ("sqlite", "postgresql+redis")
SHAPE = ("rooms", "members", "senders", "outstanding", "rate", "seconds")


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures aiochat on servers of its own. Without arguments: four scenarios on SQLite and on PostgreSQL with Redis.",
        epilog="docs/performance.md explains what comes out.",
    )
    options.add_argument("--scenario", action="append", choices=[*SCENARIOS], help="a named one; may be given several times")
    options.add_argument("--database", action="append", choices=DATABASES, help="may be given several times")
    options.add_argument("--workers", type=int, default=1, help="processes that share the rooms (1)")
    options.add_argument("--nginx", action="store_true", help="go through nginx")
    shape = options.add_argument_group("the scenario", "These change a named scenario, or without one make one of your own.")
    shape.add_argument("--rooms", type=int)
    shape.add_argument("--members", type=int, help="of each room")
    shape.add_argument("--senders", type=int, help="those of them who talk, in each room")
    shape.add_argument("--outstanding", type=int, help="messages under way, in all")
    shape.add_argument("--rate", type=float, help="messages a second in all, sent whether answers come or not")
    shape.add_argument("--seconds", type=float, help="how long to measure, after half a second of warm-up (3)")
    options.add_argument("--json", type=Path, default=Path("var/bench.json"), metavar="PATH", help="where the figures go (var/bench.json)")
    return options


def scenarios(arguments: argparse.Namespace) -> list[Scenario]:
    """Those asked for; all of the named ones where nothing is said about what to measure."""
    given = {name: getattr(arguments, name) for name in SHAPE if getattr(arguments, name) is not None}
    named = [SCENARIOS[name] for name in arguments.scenario or ()]
    if not named and given.keys() <= {"seconds"}:
        named = [*SCENARIOS.values()]
    return [dataclasses.replace(scenario, **given) for scenario in named] or [_own(given)]


def _own(given: dict[str, float]) -> Scenario:
    scenario = dataclasses.replace(Scenario(""), **given)  # type: ignore[arg-type]
    return dataclasses.replace(scenario, name=f"{scenario.rooms}x{scenario.members}")


def measure(scenario: Scenario, setup: Setup, services: Services) -> Figures:
    cores = divide_cores(setup.workers)
    with open_stage(scenario, setup, services, cores) as stage, pinned(cores.generator):
        before = memory_mb(stage)
        load = Load(scenario, stage.guests, stage.usage)
        try:
            load.connect()
            print(f" {scenario.connections} connected ...", end="", file=sys.stderr, flush=True)
            connected = memory_mb(stage)
            outcome = load.run()
        finally:
            load.close()
        each = 1024 * (connected["aiochat"] - before["aiochat"]) / scenario.connections
        memory = Memory(before, connected, memory_mb(stage), round(each, 1))
    return figures(scenario, setup, cores, outcome, memory)


def main(argv: Sequence[str] | None = None) -> int:
    options = parser()
    arguments = options.parse_args(argv)
    setups = [Setup(database, arguments.workers, arguments.nginx) for database in arguments.database or USUAL_DATABASES]
    asked = scenarios(arguments)
    for problem in [*(setup.problem() for setup in setups), *(scenario.problem() for scenario in asked)]:
        if problem:
            options.error(problem)
    yardstick = take_yardstick()
    measured = []
    with Services() as services:
        for setup in setups:
            for scenario in asked:
                print(f"{scenario.name} on {servers(setup)}, {scenario.seconds:g} s ...", end="", file=sys.stderr, flush=True)
                measured.append(measure(scenario, setup, services))
                print(" measured", file=sys.stderr)
    print(f"{table(measured)}\n\nthis machine: {yardstick}")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(as_json(measured, yardstick), indent=2) + "\n")
    return 0 if all(one.is_clean for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
