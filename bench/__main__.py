"""The command line: `python -m bench --help`."""

import argparse
import dataclasses
import json
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import plan
from bench.peer import PEERS, Peer
from bench.plan import Part, Plan, Step
from bench.reporting.report import as_json, report
from bench.reporting.result import Result
from bench.reporting.yardstick import take_yardstick
from bench.scenarios.base import Scenario
from bench.scenarios.registry import SCENARIOS
from bench.scenarios.talk import Talk
from bench.stage import Services, divide_cores
from bench.sweep import charts
from bench.systems import DATABASES, Setup
from bench.texts import OFFICE, TEXTS
from tests.support.servers import ServerError

SHAPE = ("rooms", "members", "senders", "outstanding", "rate", "seconds", "messages", "behind")


class Names(argparse.Action):
    """Names separated by commas, checked against the known ones. The option may be repeated."""

    def __init__(self, *args: Any, known: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(known)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option: str | None = None,
    ) -> None:
        words = [word for word in values.split(",") if word]
        for word in words:
            if word not in self.known:
                parser.error(f"{option}: there is no {word!r}, but {', '.join(self.known)}")
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), *words])


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures aiochat beside its peers, on servers of its own. Without arguments: a "
        "selection, in a few minutes.",
        epilog="docs/performance.md explains what comes out.",
    )
    options.add_argument(
        "--scenario", action=Names, known=SCENARIOS, metavar="NAMES", help=f"of {', '.join(SCENARIOS)}"
    )
    options.add_argument(
        "--peer",
        action=Names,
        known=["all", "none", *PEERS],
        metavar="NAMES",
        help=f"all, none, or of {', '.join(PEERS)}",
    )
    options.add_argument(
        "--database",
        action=Names,
        known=["none", *DATABASES],
        metavar="NAMES",
        help=f"of {', '.join(DATABASES)}; none: peers alone",
    )
    options.add_argument(
        "--texts",
        action=Names,
        known=TEXTS,
        metavar="NAMES",
        help="what is said, of office (as people talk) and plain (one line without any sign); with both "
        "everything is measured twice (office)",
    )
    options.add_argument(
        "--workers", type=int, default=1, help="processes of aiochat that share the rooms (1)"
    )
    options.add_argument(
        "--mixed",
        action="store_true",
        help="every room through every worker, and not through one each, as nginx does it",
    )
    options.add_argument("--nginx", action="store_true", help="aiochat through nginx")
    whole = options.add_mutually_exclusive_group()
    for option, const, text in (
        ("--all", plan.EVERYTHING, "every scenario on every setup, in half an hour"),
        (
            "--plot",
            plan.SWEEP,
            "rooms of five sizes and four rates, drawn as var/bench-*.svg, in six minutes",
        ),
    ):
        whole.add_argument(
            option, dest="plan", action="store_const", const=const, default=plan.USUAL, help=text
        )
    shape = options.add_argument_group(
        "the scenario", "These change a named scenario, or without one make one of your own."
    )
    shape.add_argument("--rooms", type=int)
    shape.add_argument("--members", type=int, help="of each room")
    shape.add_argument("--senders", type=int, help="those of them who talk, in each room")
    shape.add_argument("--outstanding", type=int, help="messages under way, in all")
    shape.add_argument(
        "--rate", type=float, help="messages a second in all, sent whether answers come or not"
    )
    shape.add_argument("--messages", type=int, help="of the long history (1,000,000)")
    shape.add_argument("--behind", type=int, help="messages that everybody has to catch up with (200)")
    shape.add_argument("--seconds", type=float, help="how long to measure")
    options.add_argument(
        "--out",
        type=Path,
        default=Path("var"),
        metavar="FOLDER",
        help="for bench.json, bench.md and the plots (var)",
    )
    return options


def chosen_peers(words: Sequence[str]) -> tuple[list[Peer], list[str]]:
    """Returns the requested peers that are installed, and a line for each missing one."""
    names = [*PEERS] if "all" in words else [word for word in words if word != "none"]
    missing = {name: PEERS[name].get() for name in names}
    return [PEERS[name] for name in names if not missing[name]], [
        f"{name} is left out: {why}" for name, why in missing.items() if why
    ]


def shape_of(arguments: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in SHAPE if getattr(arguments, name) is not None}


def chosen_plan(arguments: argparse.Namespace) -> Plan:
    """Returns the requested plan. Raises ValueError if it can't be measured."""
    given = shape_of(arguments)
    chosen: Plan = arguments.plan
    if arguments.scenario:
        chosen = [Part(_changed([SCENARIOS[name] for name in arguments.scenario], given))]
    elif given.keys() - {"seconds"}:
        chosen = [Part([_own(given)])]
    elif given:
        chosen = plan.with_seconds(chosen, arguments.seconds)
    if arguments.database or arguments.nginx or arguments.workers > 1:
        databases = arguments.database or [setup.database for setup in plan.USUAL_SETUPS]
        chosen = plan.with_setups(
            chosen,
            [
                Setup(name, arguments.workers, arguments.nginx, arguments.mixed)
                for name in databases
                if name != "none"
            ],
        )
    chosen = plan.with_texts(chosen, arguments.texts or [OFFICE.name])
    for part in chosen:
        for problem in (
            *(setup.problem() for setup in part.setups),
            *(scenario.problem() for scenario in part.scenarios),
        ):
            if problem:
                raise ValueError(problem)
    return chosen


def _changed(scenarios: Sequence[Scenario], given: dict[str, Any]) -> list[Scenario]:
    """Applies the given values to the scenarios that have such a field."""
    known = {scenario.name: {field.name for field in dataclasses.fields(scenario)} for scenario in scenarios}
    if unknown := given.keys() - set().union(*known.values()):
        raise ValueError(f"{', '.join(known)}: no --{unknown.pop()}")
    return [
        dataclasses.replace(one, **{name: value for name, value in given.items() if name in known[one.name]})
        for one in scenarios
    ]


def _own(given: dict[str, Any]) -> Scenario:
    scenario = dataclasses.replace(Talk(""), **given)
    return dataclasses.replace(scenario, name=f"{scenario.rooms}x{scenario.members}")


def measure(step: Step, services: Services) -> Result:
    with step.system.open(
        step.scenario.seats, step.scenario.posts, services, divide_cores(step.system.workers)
    ) as stage:
        return step.scenario.measure(stage)


def run(steps: Sequence[Step], left_out: list[str]) -> list[Result]:
    """Measures all steps. Failed steps are left out, with a line that says why."""
    measured = []
    with Services() as services:
        for place, step in enumerate(steps, 1):
            texts = getattr(step.scenario, "texts", "")
            title = f"{step.scenario.name}{texts and f', {texts}'} on {step.system.label}"
            print(f"{place}/{len(steps)} {title} ...", end="", file=sys.stderr, flush=True)
            begun = time.monotonic()
            try:
                measured.append(measure(step, services))
            except (OSError, ServerError) as error:
                left_out.append(f"{title} is left out: {error}")
                print(" failed", file=sys.stderr)
            else:
                print(f" measured in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return measured


def main(argv: Sequence[str] | None = None) -> int:
    options = parser()
    arguments = options.parse_args(argv)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        chosen = chosen_plan(arguments)
    except ValueError as error:
        options.error(str(error))
    is_aimed = arguments.scenario or arguments.database or shape_of(arguments).keys() - {"seconds"}
    peers, left_out = chosen_peers(arguments.peer or (["none"] if is_aimed else ["all"]))
    for line in left_out:
        print(line, file=sys.stderr)
    steps = [step for part in chosen for step in part.steps(peers)]
    yardstick = take_yardstick()
    measured = run(steps, left_out)
    text = report(measured, left_out, yardstick)
    print(text)
    files = {
        "bench.json": json.dumps(as_json(measured, left_out, yardstick), indent=2) + "\n",
        "bench.md": text,
        **charts(measured),
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (arguments.out / name).write_text(content)
    own = sum(not step.system.is_peer for step in steps)
    return 0 if sum(one.is_clean for one in measured if not one.is_peer) == own else 1


if __name__ == "__main__":
    sys.exit(main())
