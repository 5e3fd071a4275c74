"""The office of office.txt, read as if it were the archive of another chat."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import IO

from helpers.clock import now_ms
from operations.importing.records import Message, Person, Reacted, Record, Room, person_mark

SCRIPT = Path(__file__).with_name("office.txt")

_PERSON = re.compile(r"person (\w+): (.+)")
_ROOM = re.compile(r"room (.+) \((open|closed); (\w+),([\w ]+)\): (.+)")
_TALK = re.compile(r"talk (\w+) (\w+)")
_MESSAGE = re.compile(r"(\d+) (\d\d):(\d\d) (\w+): (>{0,2} ?)(!?)(.+?)((?: \{[^{}]+\})*)")
_REACTION = re.compile(r"\{(\S+) ([\w ]+)\}")
_NAMED = re.compile(r"@(\w+)")


class Office:
    """A reader as those of operations/importing/formats.py. Nothing in it is of the future: what would be
    said later today was said yesterday."""

    name = "demo"
    label = "the demo"
    zone: tzinfo = UTC
    opens = False

    def __init__(self, script: str, today: datetime | None = None) -> None:
        self._lines = script.splitlines()
        self._now = today or datetime.fromtimestamp(now_ms() / 1000, UTC)
        self.people: dict[str, str] = {}
        """What they are called, by their handles."""

    def source(self) -> str:
        return ""

    def open(self, path: str) -> IO[bytes]:
        return io.BytesIO()

    def read(self) -> Iterator[Record]:
        """Raises ValueError for a line that is none of these."""
        room, said = "", 0
        # Before the first person stands what the file is.
        begin = next(place for place, line in enumerate(self._lines) if not line)
        for number, line in enumerate(self._lines[begin:], begin + 1):
            if found := _PERSON.fullmatch(line):
                self.people[found[1]] = found[2]
                yield Person(found[1], found[1], found[2])
            elif found := _ROOM.fullmatch(line):
                room, said = found[1], 0
                kind, owner, others, topic = found.groups()[1:]
                members = (owner, *others.split())
                yield Room(room, "open" if kind == "open" else "closed", room, members, (owner,), topic)
            elif found := _TALK.fullmatch(line):
                room, said = line, 0
                yield Room(room, "direct", "", (found[1], found[2]))
            elif found := _MESSAGE.fullmatch(line):
                said += 1
                yield self._message(found, room, said)
            elif line:
                raise ValueError(f"{SCRIPT.name}, line {number}")

    def _message(self, found: re.Match[str], room: str, number: int) -> Message:
        days, hour, minute, author, answer, pinned, text, reactions = found.groups()
        at = self._now.replace(hour=int(hour), minute=int(minute), second=number % 60, microsecond=0)
        at -= timedelta(days=int(days) + (self._now.replace(hour=15, minute=0) > self._now))
        back = answer.count(">")
        return Message(
            f"{room} {number}",
            room,
            author,
            round(at.timestamp() * 1000),
            _NAMED.sub(lambda one: person_mark(one[1]), text.replace("\\n", "\n")),
            answers=f"{room} {number - back}" if back else "",
            pinned=bool(pinned),
            reactions=tuple(
                Reacted(emoji, tuple(who.split())) for emoji, who in _REACTION.findall(reactions)
            ),
        )
