"""What is to be written to a room's history, before it has a seq."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from chat.events import Receipt


class Reacted(NamedTuple):
    """One person's reaction."""

    emoji: str
    user_id: int
    name: str


class Mentioned(NamedTuple):
    """A person mentioned by a post."""

    user_id: int
    name: str


ALL = Mentioned(-1, "@all")
"""All members. It has one row in `mentions`, with this id; whoever counts looks whether it is meant
for them."""

HERE = Mentioned(-2, "@here")
"""The members who are online. They have a row each in `mentions`."""

GROUPS = {"all": ALL, "here": HERE}
"""By the name after `@`, in lower case. No name of a person contains `@`."""


class FileRef(NamedTuple):
    """A file that was sent and is to be posted, with what can be seen in it."""

    id: str
    description: str = ""


@dataclass(frozen=True)
class Person:
    """The author or the target of an action: what the history needs of a User."""

    id: int
    name: str


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A post to be stored."""

    room_id: int
    author: Person
    nonce: str
    text: str
    html: str | None = None
    kind: str = "post"
    reply_to: int | None = None
    mentions: tuple[Mentioned, ...] = ()
    """The people that the text names, members or not, and the GROUPS."""
    quiet_html: str | None = None
    """The HTML of a text with GROUPS where these aren't mentioned."""
    is_over_limit: bool = False
    """The author has mentioned GROUPS too often just now."""
    files: tuple[FileRef, ...] = ()

    @property
    def mentions_groups(self) -> bool:
        return any(one.user_id < 0 for one in self.mentions)


@dataclass(frozen=True)
class KnownNonce:
    room_id: int
    kind: str
    text: str
    receipt: Receipt
