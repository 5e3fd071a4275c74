"""What is read of an archive, whatever its format. `key` is what tells one of a kind from all others in the
chat that it comes from, for ever: by it an archive that comes again changes nothing."""

from typing import Literal

import msgspec

Kind = Literal["open", "closed", "direct", "group"]

PERSON_MARK, ROOM_MARK, END_MARK = "\ue000", "\ue001", "\ue002"
"""In the text of a message: what stands between a mark and END_MARK is the key of somebody who is mentioned,
or of a room. No archive's text keeps these characters."""


class Person(msgspec.Struct, frozen=True):
    """`name` is the wanted handle. Who `is_gone` can't sign in there any more: their address isn't taken
    over."""

    key: str
    name: str
    display_name: str = ""
    email: str = ""
    is_gone: bool = False


class Room(msgspec.Struct, frozen=True):
    """`members` and `owners` are keys of people. A conversation (direct, group) belongs to its members.
    `created_at` is in milliseconds since 1970, 0 where it isn't known."""

    key: str
    kind: Kind
    title: str
    members: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    topic: str = ""
    created_at: int = 0
    is_archived: bool = False
    moderators: tuple[str, ...] = ()
    name: str = ""
    """That of its address, where it has one as here."""


class SentFile(msgspec.Struct, frozen=True):
    """`path` is where the archive has it, empty where it hasn't; then `url` says where it was."""

    name: str
    path: str = ""
    url: str = ""
    description: str = ""


class Reacted(msgspec.Struct, frozen=True):
    """`emoji` is one, or the name of one without colons."""

    emoji: str
    people: tuple[str, ...]


class Message(msgspec.Struct, frozen=True):
    """`text` is in our dialect, with marks. `answers` is the key of another message of the room."""

    key: str
    room: str
    author: str
    at: int
    text: str
    is_me: bool = False
    answers: str = ""
    edited_at: int | None = None
    pinned: bool = False
    reactions: tuple[Reacted, ...] = ()
    files: tuple[SentFile, ...] = ()


class Left(msgspec.Struct, frozen=True):
    """Something that can't be taken over: why, and where it stands."""

    why: str
    where: str


Record = Person | Room | Message | Left


def unmarked(text: str) -> str:
    """A text of an archive without the characters of marks."""
    return text.translate(_NO_MARKS) if any(mark in text for mark in _MARKS) else text


_MARKS = (PERSON_MARK, ROOM_MARK, END_MARK)
_NO_MARKS = {ord(mark): None for mark in _MARKS}


def person_mark(key: str) -> str:
    return f"{PERSON_MARK}{key}{END_MARK}"


def room_mark(key: str) -> str:
    return f"{ROOM_MARK}{key}{END_MARK}"
