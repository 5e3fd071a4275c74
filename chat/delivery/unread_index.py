"""Whom an unread post concerns: the connections of members, by user and by room."""

from typing import Protocol

from helpers.websocket.frames import Outbox

Pair = tuple[int, int]


class Watcher(Protocol):
    """What is needed of a Connection."""

    user_id: int
    room_id: int
    outbox: Outbox


class Reader:
    """Somebody who is connected here: their connections, and of each of their rooms the read mark
    and the calls that they were told."""

    __slots__ = ("rooms", "watchers")

    def __init__(self) -> None:
        self.watchers: tuple[Watcher, ...] = ()
        self.rooms: dict[int, Pair] = {}


class KnownRoom:
    """A room that somebody connected here is in. `elsewhere` are those of its members' connections
    that aren't connected to it."""

    __slots__ = ("elsewhere", "last_number", "name", "readers")

    def __init__(self, name: str, last_number: int) -> None:
        self.name = name
        self.last_number = last_number
        self.readers = 0
        self.elsewhere: set[Watcher] = set()
