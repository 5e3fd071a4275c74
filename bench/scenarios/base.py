"""The base of all scenarios: the numbers of rooms and people, and the measurement."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.clients.guests import Seats
from bench.reporting.result import Result
from bench.stage import Stage

WITNESSES = 2
"""Per room, as far as there are members that don't send; one per room if there are many rooms."""


@dataclass(frozen=True)
class Scenario(ABC):
    """`rooms` with `members` each, of whom `senders` send messages."""

    name: str
    rooms: int = 1
    members: int = 100
    senders: int = 10
    seconds: float = 3.0
    rooms_each: int = 1
    """The rooms that each person is in."""

    for_peers: ClassVar[bool] = False
    """Can servers without a history be measured?"""

    @abstractmethod
    def measure(self, stage: Stage) -> Result:
        """Measures the servers of the stage. Raises OSError if they don't respond."""

    @property
    def posts(self) -> Sequence[int]:
        """The number of messages in each room before the clients connect."""
        return [0] * self.rooms

    @property
    def seats(self) -> Seats:
        witnesses = WITNESSES if self.rooms <= 5 else 1
        return Seats(self.rooms, self.members, self.senders, witnesses, self.rooms_each)

    @property
    def connections(self) -> int:
        return self.rooms * self.members

    def problem(self) -> str | None:
        """Returns why this can't be measured, or None."""
        if min(self.rooms, self.members) < 1 or self.senders < 0 or self.seconds <= 0:
            return "rooms, members and seconds are above zero"
        if self.rooms_each < 1 or self.rooms % self.rooms_each:
            return "the rooms that each person is in divide the rooms"
        return None
