"""Counts lost, duplicated and reordered messages, by numbers that should arrive as n, n + 1, n +
2."""

from dataclasses import dataclass, field


@dataclass
class Sequence:
    """The numbers received of a sequence. `next` is the next expected number."""

    next: int
    duplicates: int = 0
    out_of_order: int = 0
    _missing: set[int] = field(default_factory=set)

    def take(self, number: int) -> None:
        """One number arrived."""
        if number == self.next:
            self.next += 1
        elif number > self.next:
            self._missing.update(range(self.next, number))
            self.next = number + 1
        elif number in self._missing:
            self._missing.remove(number)
            self.out_of_order += 1
        else:
            self.duplicates += 1

    def take_run(self, first: int, count: int) -> None:
        """`count` consecutive numbers arrived, starting at `first`."""
        if first == self.next:
            self.next += count
        else:
            for number in range(first, first + count):
                self.take(number)

    def skip_to(self, number: int) -> None:
        """Numbers before `number` are no longer expected."""
        self.next = max(self.next, number)

    def lost(self, last: int) -> int:
        """Returns how many numbers are missing if `last` is the last one."""
        return len(self._missing) + max(0, last + 1 - self.next)


@dataclass(frozen=True)
class Verdict:
    """The errors at one receiver, or the sum of several."""

    lost: int = 0
    duplicates: int = 0
    out_of_order: int = 0

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.lost + other.lost, self.duplicates + other.duplicates, self.out_of_order + other.out_of_order
        )

    def __or__(self, other: "Verdict") -> "Verdict":
        """The worse of two verdicts on the same messages."""
        return Verdict(
            max(self.lost, other.lost),
            max(self.duplicates, other.duplicates),
            max(self.out_of_order, other.out_of_order),
        )

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicates or self.out_of_order)


def judge(sequence: Sequence, last: int) -> Verdict:
    """Returns the verdict on a sequence whose last number is `last`."""
    return Verdict(sequence.lost(last), sequence.duplicates, sequence.out_of_order)
