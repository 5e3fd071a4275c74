"""Which scenarios are measured on which systems, in which order."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from bench.scenarios.base import Scenario
from bench.scenarios.registry import SCENARIOS
from bench.scenarios.storm import Storm
from bench.scenarios.talk import Talk
from bench.sweep import BY_RATE, BY_SIZE
from bench.systems import Setup, System

SQLITE = Setup("sqlite")
POSTGRES = Setup("postgresql+redis")
USUAL_SETUPS = (SQLITE, POSTGRES)
ALL_SETUPS = (
    *USUAL_SETUPS,
    Setup("postgresql+redis", nginx=True),
    Setup("postgresql+redis", workers=2),
    Setup("postgresql+redis", workers=2, mixed=True),
    Setup("postgresql+redis", workers=2, nginx=True),
)


@dataclass(frozen=True)
class Step:
    """One measurement."""

    scenario: Scenario
    system: System


@dataclass(frozen=True)
class Part:
    """Scenarios, each measured on all setups of aiochat and then on the peers."""

    scenarios: Sequence[Scenario]
    setups: Sequence[Setup] = USUAL_SETUPS
    beside_peers: bool = True

    def steps(self, peers: Sequence[System]) -> list[Step]:
        return [
            Step(scenario, system)
            for scenario in self.scenarios
            for system in (*self.setups, *(peers if self.beside_peers and scenario.for_peers else ()))
        ]


def _named(*names: str) -> list[Scenario]:
    return [SCENARIOS[name] for name in names]


Plan = Sequence[Part]

USUAL: Plan = (
    Part(_named("r200", "sat100", "sat1000", "50x20")),
    Part(_named("r10k"), beside_peers=False),
    Part(_named("catchup"), (POSTGRES,)),
)
"""A few minutes: a peer that can't keep up with a rate takes long to finish."""

EVERYTHING: Plan = (
    Part(_named("r200", "sat100", "sat1000", "50x20", "r10k"), ALL_SETUPS),
    Part(_named("ten", "ten-personal"), ALL_SETUPS, beside_peers=False),
    Part(_named("catchup", "storm"), ALL_SETUPS),
    Part(_named("history", "idle")),
    Part(_named("flood"), (*USUAL_SETUPS, Setup("postgresql+redis", workers=2, nginx=True))),
)
SWEEP: Plan = (Part([*BY_SIZE.values(), *BY_RATE.values()]),)


def with_setups(plan: Plan, setups: Sequence[Setup]) -> Plan:
    """Returns the plan on other setups."""
    return [dataclasses.replace(part, setups=setups) for part in plan]


def with_texts(plan: Plan, names: Sequence[str]) -> Plan:
    """Returns the plan with the scenarios that post repeated for each of these texts."""
    return [
        dataclasses.replace(
            part,
            scenarios=[
                changed
                for one in part.scenarios
                for changed in (
                    [dataclasses.replace(one, texts=name) for name in names]
                    if isinstance(one, Talk | Storm)
                    else [one]
                )
            ],
        )
        for part in plan
    ]


def with_seconds(plan: Plan, seconds: float) -> Plan:
    """Returns the plan with this duration of each measurement."""
    return [
        dataclasses.replace(
            part, scenarios=[dataclasses.replace(one, seconds=seconds) for one in part.scenarios]
        )
        for part in plan
    ]
