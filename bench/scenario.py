"""What every scenario is: how many rooms and people there are, and what is measured of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench.guests import Seats
from bench.result import Result
from bench.stage import Stage

WITNESSES = 2
"""Of each room, if it has so many who don't talk; one of each room where there are many rooms."""


@dataclass(frozen=True)
class Scenario(ABC):
    """`rooms` of `members` each, of whom `senders` talk."""

    name: str
    rooms: int = 1
    members: int = 100
    senders: int = 10
    seconds: float = 3.0

    for_peers: ClassVar[bool] = False
    """Can servers without a history be measured?"""

    @abstractmethod
    def measure(self, stage: Stage) -> Result:
        """Measures what is on the stage. Raises OSError where the servers don't answer."""

    @property
    def posts(self) -> Sequence[int]:
        """How many messages are in each of the rooms before anybody comes."""
        return [0] * self.rooms

    @property
    def seats(self) -> Seats:
        return Seats(self.rooms, self.members, self.senders, WITNESSES if self.rooms <= 5 else 1)

    @property
    def connections(self) -> int:
        return self.rooms * self.members

    def problem(self) -> str | None:
        """Why this can't be measured, or None."""
        if min(self.rooms, self.members) < 1 or self.senders < 0 or self.seconds <= 0:
            return "rooms, members and seconds are above zero"
        return None
