"""Whom an unread post concerns: the connections of members, by user and by room. Nothing is told or
read from the database here."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from chat.history.unread_counts import Mark, OwnRoomView
from helpers.websocket.frames import Outbox

Pair = tuple[int, int]


class Watcher(Protocol):
    """What is needed of a Connection."""

    user_id: int
    room_id: int
    outbox: Outbox


class Reader:
    """Somebody who is connected here: their connections, and of each of their rooms what they
    were told."""

    __slots__ = ("rooms", "watchers")

    def __init__(self) -> None:
        self.watchers: tuple[Watcher, ...] = ()
        self.rooms: dict[int, Mark] = {}


class KnownRoom:
    """A room that somebody connected here is in. `elsewhere` are those of its members' connections
    that aren't connected to it."""

    __slots__ = ("elsewhere", "last_number", "name", "readers")

    def __init__(self, name: str, last_number: int) -> None:
        self.name = name
        self.last_number = last_number
        self.readers = 0
        self.elsewhere: set[Watcher] = set()


class UnreadIndex:
    """Those who are connected here, and the rooms that they are in."""

    def __init__(self) -> None:
        self.readers: dict[int, Reader] = {}
        self._rooms: dict[int, KnownRoom] = {}

    def add(self, watcher: Watcher) -> None:
        reader = self.readers.setdefault(watcher.user_id, Reader())
        reader.watchers += (watcher,)
        for room_id in reader.rooms:
            if room_id != watcher.room_id:
                self._rooms[room_id].elsewhere.add(watcher)

    def remove(self, watcher: Watcher) -> None:
        """Calling it twice, or for one that was never added, is harmless."""
        reader = self.readers.get(watcher.user_id)
        if reader is None or watcher not in reader.watchers:
            return
        reader.watchers = tuple(other for other in reader.watchers if other is not watcher)
        for room_id in reader.rooms:
            self._rooms[room_id].elsewhere.discard(watcher)
        if not reader.watchers:
            self._leave(reader, list(reader.rooms))
            del self.readers[watcher.user_id]

    def name_of(self, room_id: int) -> str:
        """Raises KeyError where nobody who is connected here is in the room."""
        return self._rooms[room_id].name

    def raise_last_number(self, room_id: int, number: int) -> KnownRoom | None:
        """The room, if somebody connected here is in it and its last post was an earlier one."""
        room = self._rooms.get(room_id)
        if room is None or number <= room.last_number:
            return None
        room.last_number = number
        return room

    def mark_of(self, room_id: int, user_id: int) -> Mark | None:
        """What somebody connected here was told of a room of theirs."""
        reader = self.readers.get(user_id)
        return None if reader is None else reader.rooms.get(room_id)

    def counts_in(self, amended: Collection[int], deleted: Mapping[int, int]) -> Iterator[Pair]:
        """(room id, user id) of those whose counts may be others when posts of these rooms were
        amended: `deleted` says which is the last one that was deleted."""
        for user_id, reader in self.readers.items():
            for room_id, mark in reader.rooms.items():
                if room_id in amended and (
                    mark.mentions or mark.deleted or mark.read_number < deleted.get(room_id, 0)
                ):
                    yield room_id, user_id

    def members_of(self, room_ids: set[int]) -> Iterator[int]:
        """The ids of those connected here who are in any of these rooms."""
        for user_id, reader in self.readers.items():
            if not room_ids.isdisjoint(reader.rooms):
                yield user_id

    def put_rooms(self, reader: Reader, found: Iterable[OwnRoomView]) -> list[Pair]:
        """These are somebody's rooms now, and what they are told of them. Returns the id and
        the last post of those whose last post was thought to be an earlier one."""
        now = {view.id: view for view in found}
        self._leave(reader, [room_id for room_id in reader.rooms if room_id not in now])
        grown = []
        for view in now.values():
            number = view.told.last_number or 0
            room = self._rooms.setdefault(view.id, KnownRoom(view.told.name, number))
            if view.id not in reader.rooms:
                room.readers += 1
                room.elsewhere.update(watcher for watcher in reader.watchers if watcher.room_id != view.id)
            if number > room.last_number:
                grown.append((view.id, number))
        reader.rooms = {room_id: view.mark for room_id, view in now.items()}
        return grown

    def _leave(self, reader: Reader, room_ids: Iterable[int]) -> None:
        for room_id in room_ids:
            room = self._rooms[room_id]
            room.elsewhere.difference_update(reader.watchers)
            room.readers -= 1
            if not room.readers:
                del self._rooms[room_id]
