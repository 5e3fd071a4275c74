"""What is asked to be written into a room's history, before it has its place there."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from chat.events import Receipt


class Reacted(NamedTuple):
    """One reaction, of one person."""

    emoji: str
    user_id: int
    name: str


class Mentioned(NamedTuple):
    """One person whom a post calls."""

    user_id: int
    name: str


@dataclass(frozen=True)
class Person:
    """Who acts or is acted on: what the history needs to know of a User."""

    id: int
    name: str


class Draft(msgspec.Struct, frozen=True, gc=False):
    """What someone asks to say."""

    room_id: int
    author: Person
    nonce: str
    text: str
    html: str | None = None
    kind: str = "post"
    reply_to: int | None = None
    called: tuple[Mentioned, ...] = ()
    """Whom its text names, be they members or not."""


@dataclass(frozen=True)
class KnownNonce:
    room_id: int
    kind: str
    text: str
    receipt: Receipt
