"""The kinds of lines in a room's history: one table with the effects of each."""

from dataclasses import dataclass
from typing import Literal

from chat.events import Close

Whom = Literal["author", "target", "everybody"]

EVERYBODY = -1
"""The id that stands for all who are in the room."""


@dataclass(frozen=True)
class LineKind:
    about: Whom | None = None
    """Whose membership or role the line changes."""

    close_code: int = 0
    """The code with which this person's connections to the room close; 0 leaves them open."""

    is_checked: bool = False
    """This person's connections look at their standing again: with other permissions they get a new
    hello."""

    changes_rooms: bool = False
    """This person becomes a member of the room, is invited to it, or stops being a member."""

    adds_member: bool = False
    """This person becomes a member of the room."""

    changes_lists: bool = False
    """The room is another one in the lists of all its members: by its name, its title, or by what is
    unread."""

    is_folded: bool = False
    """Clients show a run of such lines as one."""

    is_past: bool = False
    """Such lines are recorded no more, and shown only to who asks for them."""


KINDS: dict[str, LineKind] = {
    "post": LineKind(),
    "me": LineKind(),
    "created": LineKind("author", changes_rooms=True),
    "joined": LineKind("author", changes_rooms=True, adds_member=True, is_folded=True),
    "came": LineKind("author", is_folded=True, is_past=True),
    "went": LineKind("author", is_folded=True, is_past=True),
    "left": LineKind("author", close_code=Close.LEFT, changes_rooms=True, is_folded=True),
    "invited": LineKind("target", changes_rooms=True),
    "killed": LineKind("target", close_code=Close.KILLED, changes_rooms=True),
    "role": LineKind("target", is_checked=True),
    "topic": LineKind(),
    "title": LineKind(changes_lists=True),
    "name": LineKind(changes_lists=True),
    "cleared": LineKind(changes_lists=True),
    "uncleared": LineKind(changes_lists=True),
    "banned": LineKind("target", close_code=Close.KILLED, changes_rooms=True),
    "unbanned": LineKind("target"),
    "readmitted": LineKind("target", changes_rooms=True, adds_member=True),
    "timeout": LineKind("target", is_checked=True),
    "untimeout": LineKind("target", is_checked=True),
    "slow": LineKind(),
    "locked": LineKind(),
    "unlocked": LineKind(),
    "rights": LineKind("everybody", is_checked=True),
    "history": LineKind("everybody", is_checked=True),
    "kind": LineKind("everybody", is_checked=True, changes_lists=True),
    "picture": LineKind(changes_lists=True),
    "archived": LineKind(changes_lists=True),
    "unarchived": LineKind(changes_lists=True),
    "ended": LineKind("everybody", close_code=Close.DELETED, changes_lists=True),
    "restored": LineKind(),
    "opened": LineKind("author", changes_rooms=True, adds_member=True),
    "retention": LineKind(),
    "previews": LineKind(),
}
"""By the name that is stored and sent to clients."""

PAST = tuple(kind for kind, found in KINDS.items() if found.is_past)
