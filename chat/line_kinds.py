"""The kinds of lines in a room's history: one table with the effects of each."""

from dataclasses import dataclass
from typing import Literal

from chat.events import Close

Whom = Literal["author", "target"]


@dataclass(frozen=True)
class LineKind:
    about: Whom | None = None
    """Whose membership, presence or role the line changes."""

    close_code: int = 0
    """The code with which this person's connections to the room close; 0 leaves them open."""

    changes_role: bool = False
    """This person's connections get a new hello with their new permissions."""

    changes_rooms: bool = False
    """This person becomes a member of the room, or stops being one."""

    is_folded: bool = False
    """Clients show a run of such lines as one."""


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
"""By the name that is stored and sent to clients."""
