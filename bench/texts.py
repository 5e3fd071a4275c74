"""The texts of messages: ordinary talk, or one line without any sign of Markdown. Each ends with a
mark, which tells its sender and turn."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.clients.guests import Guest
from bench.clients.wire import fill_template

MARK = b"X"
"""Begins each mark, and occurs nowhere else in the servers' data: counting this byte counts
messages, however the data is split."""

MARKED = re.compile(rb"X(\d{5}) (\d{8})")
MARKED_BYTES = 15

PLAIN_CHARACTERS = 120
_WORDS = (
    "the room is quiet this morning, so let us see how far a plain line of text gets before lunch, and who "
    "answers it "
)
_FIRST_MEMBERS = re.compile(r"@u(\d+)")


@dataclass(frozen=True)
class Texts:
    """Lines without `"`, `%` and backslashes, so that they can stand in JSON and in templates. The
    name `@u3` in a line is that of the member number 3 of the sender's room."""

    name: str
    lines: Sequence[str]

    def templates(self, guest: Guest) -> list[str]:
        """Returns the texts of a sender, with `%08d` for the turn: filling in a template is the
        cheapest way."""

        def member_name(found: re.Match[str]) -> str:
            return f"@u{guest.first + int(found[1])}"

        mark = f"X{guest.index:05d} %08d"
        return [f"{_FIRST_MEMBERS.sub(member_name, line)} {mark}" for line in self.lines]

    def message(self, guest: Guest, turn: int) -> str:
        """Returns the sender's message number `turn`."""
        return self.templates(guest)[self._place(guest, turn)] % turn

    def frames(self, guest: Guest, template: Callable[[bytes], bytes]) -> Callable[[int], bytes]:
        """Returns a function that encodes the sender's messages from their turns. `template` returns
        the frame for a text, with a placeholder `%08d` where the text has one."""
        fills = [fill_template(template(text.encode())) for text in self.templates(guest)]
        if len(fills) == 1:
            return fills[0]
        return lambda turn: fills[self._place(guest, turn)](turn)

    def _place(self, guest: Guest, turn: int) -> int:
        # Neighbours say different lines, and each sender says all of them.
        return (7919 * turn + 131 * guest.index) % len(self.lines)


def sender_and_turn(text: str) -> tuple[int, int] | None:
    """Returns the sender and turn of a text, None for a text without a mark."""
    if text[-MARKED_BYTES : 1 - MARKED_BYTES] != "X":
        return None
    return int(text[-14:-9]), int(text[-8:])


OFFICE = Texts("office", (Path(__file__).parent / "office.txt").read_text("utf-8").splitlines())
PLAIN = Texts("plain", [(_WORDS * 2)[: PLAIN_CHARACTERS - MARKED_BYTES - 1]])
TEXTS = {texts.name: texts for texts in (OFFICE, PLAIN)}
