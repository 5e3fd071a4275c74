"""What is measured: how many rooms, people and messages. The named ones mean the same for ever, so that their figures can be compared."""

from dataclasses import dataclass

TEXT_CHARACTERS = 120
WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Scenario:
    """`rooms` of `members` each, of whom `senders` talk, for `seconds` after the warm-up.

    With a `rate`, so many messages a second are sent in all, whether answers come or not, and latency counts from the moment
    at which each was due. Without, `outstanding` messages are under way in all: each receipt brings the next one."""

    name: str
    rooms: int = 1
    members: int = 100
    senders: int = 10
    outstanding: int = 200
    rate: float = 0.0
    seconds: float = 3.0

    @property
    def connections(self) -> int:
        return self.rooms * self.members

    @property
    def load(self) -> str:
        """What drives it, in words for the table."""
        return f"{self.rate:g}/s" if self.rate else f"{self.outstanding} under way"

    def problem(self) -> str | None:
        """Why this can't be measured, or None."""
        if min(self.rooms, self.senders) < 1 or self.seconds <= 0 or self.rate < 0:
            return "rooms, senders and seconds are above zero"
        if self.members <= self.senders:
            return "a room needs more members than senders: somebody has to listen"
        if not self.rate and self.outstanding < self.rooms * self.senders:
            return f"{self.rooms * self.senders} senders need at least as many messages under way; see --outstanding"
        return None


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("r200", rate=200),
        Scenario("sat100"),
        Scenario("sat1000", members=1000, outstanding=100),
        Scenario("50x20", rooms=50, members=20, senders=4),
    )
}
