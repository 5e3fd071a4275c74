"""The command line: `python -m bench --help`."""

import argparse
import dataclasses
import json
import resource
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import plan
from bench.peer import PEERS, Peer
from bench.plan import Step
from bench.report import as_json, report
from bench.result import Result
from bench.scenario import Scenario
from bench.scenarios import SCENARIOS
from bench.stage import Services, divide_cores
from bench.systems import DATABASES, Setup, System
from bench.talk import Talk
from bench.yardstick import take_yardstick
from tests.servers import ServerError

SHAPE = ("rooms", "members", "senders", "outstanding", "rate", "seconds", "messages", "behind")


class Words(argparse.Action):
    """Names divided by commas, of those that there are; may be given several times."""

    def __init__(self, *args: Any, known: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(known)

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        words = [word for word in values.split(",") if word]
        for word in words:
            if word not in self.known:
                parser.error(f"{option}: there is no {word!r}, but {', '.join(self.known)}")
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), *words])


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures aiochat beside its peers, on servers of its own. Without arguments: a selection, in a few minutes.",
        epilog="docs/performance.md explains what comes out.",
    )
    options.add_argument("--scenario", action=Words, known=SCENARIOS, metavar="NAMES", help=f"of {', '.join(SCENARIOS)}")
    options.add_argument(
        "--peer", action=Words, known=["all", "none", *PEERS], metavar="NAMES", help=f"all, none, or of {', '.join(PEERS)}"
    )
    options.add_argument(
        "--database", action=Words, known=["none", *DATABASES], metavar="NAMES", help=f"of {', '.join(DATABASES)}; none: peers alone"
    )
    options.add_argument("--workers", type=int, default=1, help="processes of aiochat that share the rooms (1)")
    options.add_argument("--nginx", action="store_true", help="aiochat through nginx")
    options.add_argument("--all", action="store_true", help="every scenario on every setup: a quarter of an hour")
    shape = options.add_argument_group("the scenario", "These change a named scenario, or without one make one of your own.")
    shape.add_argument("--rooms", type=int)
    shape.add_argument("--members", type=int, help="of each room")
    shape.add_argument("--senders", type=int, help="those of them who talk, in each room")
    shape.add_argument("--outstanding", type=int, help="messages under way, in all")
    shape.add_argument("--rate", type=float, help="messages a second in all, sent whether answers come or not")
    shape.add_argument("--messages", type=int, help="of the long history (1,000,000)")
    shape.add_argument("--behind", type=int, help="messages that everybody has to catch up with (200)")
    shape.add_argument("--seconds", type=float, help="how long to measure")
    options.add_argument("--json", type=Path, default=Path("var/bench.json"), metavar="PATH", help="where the figures go (var/bench.json)")
    options.add_argument("--report", type=Path, default=Path("var/bench.md"), metavar="PATH", help="where the tables go (var/bench.md)")
    return options


def chosen_peers(words: Sequence[str]) -> tuple[list[Peer], list[str]]:
    """Those asked for whose parts are there, and a line for each of the others."""
    names = [*PEERS] if "all" in words else [word for word in words if word != "none"]
    missing = {name: PEERS[name].missing() for name in names}
    return [PEERS[name] for name in names if not missing[name]], [f"{name} is left out: {why}" for name, why in missing.items() if why]


def chosen_steps(arguments: argparse.Namespace, peers: Sequence[Peer]) -> list[Step]:
    """Raises ValueError where they can't be measured."""
    given = {name: getattr(arguments, name) for name in SHAPE if getattr(arguments, name) is not None}
    is_plain = not (arguments.scenario or arguments.database or arguments.nginx or arguments.workers > 1 or given.keys() - {"seconds"})
    if is_plain:
        found = plan.everything(peers) if arguments.all else plan.usual(peers)
        return plan.quicker(found, arguments.seconds) if arguments.seconds else found
    databases = [name for name in arguments.database or ("sqlite", "postgresql+redis") if name != "none"]
    setups = [Setup(database, arguments.workers, arguments.nginx) for database in databases]
    named = [SCENARIOS[name] for name in arguments.scenario or (SCENARIOS if not given.keys() - {"seconds"} else ())]
    scenarios = _changed(named, given) if named else [_own(given)]
    found = plan.steps(scenarios, [*setups, *peers])
    problems: list[System | Scenario] = [*setups, *scenarios]
    for one in problems:
        if problem := one.problem():
            raise ValueError(problem)
    return found


def _changed(scenarios: Sequence[Scenario], given: dict[str, Any]) -> list[Scenario]:
    """With what was given, each as far as it knows it."""
    known = {scenario.name: {field.name for field in dataclasses.fields(scenario)} for scenario in scenarios}
    if unknown := given.keys() - set().union(*known.values()):
        raise ValueError(f"{', '.join(known)}: no --{unknown.pop()}")
    return [dataclasses.replace(one, **{name: value for name, value in given.items() if name in known[one.name]}) for one in scenarios]


def _own(given: dict[str, Any]) -> Scenario:
    scenario = dataclasses.replace(Talk(""), **given)
    return dataclasses.replace(scenario, name=f"{scenario.rooms}x{scenario.members}")


def measure(step: Step, services: Services) -> Result:
    with step.system.open(step.scenario.seats, step.scenario.posts, services, divide_cores(step.system.workers)) as stage:
        return step.scenario.measure(stage)


def run(steps: Sequence[Step], left_out: list[str]) -> list[Result]:
    """Measures all of them. A peer that fails is left out, and a line says why."""
    measured = []
    with Services() as services:
        for place, step in enumerate(steps, 1):
            title = f"{step.scenario.name} on {step.system.label}"
            print(f"{place}/{len(steps)} {title} ...", end="", file=sys.stderr, flush=True)
            try:
                measured.append(measure(step, services))
            except (OSError, ServerError) as error:
                if not step.system.is_peer:
                    raise
                left_out.append(f"{title} is left out: {error}")
                print(" failed", file=sys.stderr)
            else:
                print(" measured", file=sys.stderr)
    return measured


def main(argv: Sequence[str] | None = None) -> int:
    options = parser()
    arguments = options.parse_args(argv)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    is_named = bool(arguments.scenario or arguments.database or arguments.members)
    peers, left_out = chosen_peers(arguments.peer or (["none"] if is_named else ["all"]))
    for line in left_out:
        print(line, file=sys.stderr)
    try:
        steps = chosen_steps(arguments, peers)
    except ValueError as error:
        options.error(str(error))
    yardstick = take_yardstick()
    measured = run(steps, left_out)
    text = report(measured, left_out, yardstick)
    print(text)
    for path, content in ((arguments.json, json.dumps(as_json(measured, left_out, yardstick), indent=2) + "\n"), (arguments.report, text)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return 0 if all(one.is_clean for one in measured if not one.is_peer) else 1


if __name__ == "__main__":
    sys.exit(main())
