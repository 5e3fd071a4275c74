"""The kinds of lines in a room's history: one table that says what each of them does."""

from dataclasses import dataclass
from typing import Literal

from chat.events import Close

Whom = Literal["author", "target"]


@dataclass(frozen=True)
class LineKind:
    about: Whom | None = None
    """Whose place in the room the line tells of."""

    close_code: int = 0
    """With this code their connections to the room end; 0: they stay open."""

    changes_role: bool = False
    """Their connections are greeted anew, with what they may do from now on."""

    changes_rooms: bool = False
    """They are a member of the room from now on, or no longer."""

    is_folded: bool = False
    """Runs of such lines are shown as one."""


KINDS: dict[str, LineKind] = {
    "post": LineKind(),
    "me": LineKind(),
    "created": LineKind("author", changes_rooms=True),
    "joined": LineKind("author", changes_rooms=True, is_folded=True),
    "came": LineKind("author", is_folded=True),
    "went": LineKind("author", is_folded=True),
    "left": LineKind("author", close_code=Close.LEFT, changes_rooms=True, is_folded=True),
    "invited": LineKind("target", changes_rooms=True),
    "killed": LineKind("target", close_code=Close.KILLED, changes_rooms=True),
    "role": LineKind("target", changes_role=True),
    "topic": LineKind(),
    "cleared": LineKind(),
}
"""By the name that is stored and told."""
