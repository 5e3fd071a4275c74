"""The scenarios by name. A scenario never changes, so that figures stay comparable."""

from bench.scenarios.base import Scenario
from bench.scenarios.catchup import CatchUp
from bench.scenarios.flood import Flood
from bench.scenarios.history import History
from bench.scenarios.idle import Idle
from bench.scenarios.storm import Storm
from bench.scenarios.talk import PersonalTalk, Talk

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Talk("r200", rate=200),
        Talk("sat100"),
        Talk("sat1000", members=1000, outstanding=100),
        Talk("50x20", rooms=50, members=20, senders=4),
        Talk("r10k", rate=10_000),
        Talk("ten", rooms=50, members=20, senders=4, rooms_each=10),
        PersonalTalk("ten-personal", rooms=50, members=20, senders=4, rooms_each=10),
        CatchUp("catchup"),
        Storm("storm"),
        Flood("flood"),
        History("history"),
        Idle("idle"),
    )
}
