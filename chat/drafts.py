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
    """The people that the text names, members or not."""


@dataclass(frozen=True)
class KnownNonce:
    room_id: int
    kind: str
    text: str
    receipt: Receipt
