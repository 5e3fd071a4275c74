"""What is measured on what, and in which order: the scenarios of a run beside the systems of a run."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.scenario import Scenario
from bench.scenarios import SCENARIOS
from bench.systems import Setup, System

USUAL_SETUPS = (Setup("sqlite"), Setup("postgresql+redis"))
USUAL_SCENARIOS = ("r200", "sat100", "sat1000", "50x20", "r10k")
BESIDE_PEERS = ("r200", "sat100", "sat1000", "50x20")

THROUGH_NGINX = Setup("postgresql+redis", nginx=True)
TWO_WORKERS = Setup("postgresql+redis", workers=2)
TWO_WORKERS_NGINX = Setup("postgresql+redis", workers=2, nginx=True)


@dataclass(frozen=True)
class Step:
    scenario: Scenario
    system: System


def steps(scenarios: Iterable[Scenario], systems: Sequence[System]) -> list[Step]:
    """Each scenario on each system that it can be measured on, the systems of a scenario one after the other."""
    return [Step(scenario, system) for scenario in scenarios for system in systems if scenario.for_peers or not system.is_peer]


def usual(peers: Sequence[System]) -> list[Step]:
    """A few minutes."""
    found = []
    for name in USUAL_SCENARIOS:
        found += steps([SCENARIOS[name]], [*USUAL_SETUPS, *(peers if name in BESIDE_PEERS else ())])
    return found


def everything(peers: Sequence[System]) -> list[Step]:
    """A quarter of an hour."""
    setups = [*USUAL_SETUPS, THROUGH_NGINX, TWO_WORKERS, TWO_WORKERS_NGINX]
    return steps(SCENARIOS.values(), [*setups, *peers])


def quicker(found: Sequence[Step], seconds: float) -> list[Step]:
    return [dataclasses.replace(step, scenario=dataclasses.replace(step.scenario, seconds=seconds)) for step in found]
