"""The connections that an unread post concerns, by user and by room. Nothing here sends or reads
the database."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from chat.delivery.connections import Connection
from chat.history.unread_counts import Mark, OwnRoomView

Pair = tuple[int, int]


class Reader:
    """A user who is connected here: their connections, and for each of their rooms the mark that
    they were sent; and what they were sent beside it."""

    __slots__ = ("beside", "rooms", "watchers")

    def __init__(self) -> None:
        self.watchers: tuple[Connection, ...] = ()
        self.beside: tuple[Any, ...] = ()
        self.rooms: dict[int, Mark] = {}


class KnownRoom:
    """A room with a member who is connected here. `elsewhere` are the members' connections that
    aren't to this room."""

    __slots__ = ("elsewhere", "last_number", "name", "readers")

    def __init__(self, name: str, last_number: int) -> None:
        self.name = name
        self.last_number = last_number
        self.readers = 0
        self.elsewhere: set[Connection] = set()


class UnreadIndex:
    """The users connected here, and the rooms of which they are members."""

    def __init__(self) -> None:
        self.readers: dict[int, Reader] = {}
        self._rooms: dict[int, KnownRoom] = {}

    def add(self, watcher: Connection) -> None:
        reader = self.readers.setdefault(watcher.user_id, Reader())
        reader.watchers += (watcher,)
        for room_id in reader.rooms:
            if watcher.stay_in(room_id) is None:
                self._rooms[room_id].elsewhere.add(watcher)

    def enters(self, watcher: Connection, room_id: int) -> None:
        """The connection is to this room from now on."""
        if room_id in self._rooms:
            self._rooms[room_id].elsewhere.discard(watcher)

    def exits(self, watcher: Connection, room_id: int) -> None:
        """The connection isn't to this room any more."""
        reader = self.readers.get(watcher.user_id)
        if reader is not None and watcher in reader.watchers and room_id in reader.rooms:
            self._rooms[room_id].elsewhere.add(watcher)

    def last_number_for(self, watcher: Connection, room_id: int) -> int | None:
        """The room's last post, where it is one of the user's and the connection isn't to it."""
        room = self._rooms.get(room_id)
        return room.last_number if room is not None and watcher in room.elsewhere else None

    def elsewhere(self, room_id: int) -> Collection[Connection]:
        """The connections of members of this room that aren't to it."""
        room = self._rooms.get(room_id)
        return () if room is None else room.elsewhere

    def remove(self, watcher: Connection) -> None:
        """Calling it twice, or for a connection that was never added, is harmless."""
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
        """Raises KeyError where no member of the room is connected here."""
        return self._rooms[room_id].name

    def raise_last_number(self, room_id: int, number: int) -> KnownRoom | None:
        """The room, where a member of it is connected here and its last post was an earlier one."""
        room = self._rooms.get(room_id)
        if room is None or number <= room.last_number:
            return None
        room.last_number = number
        return room

    def mark_of(self, room_id: int, user_id: int) -> Mark | None:
        """The mark that a user connected here was sent for this room."""
        reader = self.readers.get(user_id)
        return None if reader is None else reader.rooms.get(room_id)

    def put_mark(self, reader: Reader, room_id: int, mark: Mark) -> None:
        """Sets the mark of a user's room as it is sent."""
        reader.rooms[room_id] = mark
        for watcher in reader.watchers:
            if (stay := watcher.stay_in(room_id)) is not None:
                # Another connection may have set the mark back, or this one far ahead.
                stay.read_number = min(stay.read_number, mark.read_number)

    def counts_in(self, amended: Collection[int], deleted: Mapping[int, int]) -> Iterator[Pair]:
        """The (room id, user id) whose counts may change when posts of these rooms were changed.
        `deleted` is the number of the last deleted post, by room."""
        for user_id, reader in self.readers.items():
            for room_id, mark in reader.rooms.items():
                if room_id in amended and (
                    mark.mentions or mark.deleted or mark.read_number < deleted.get(room_id, 0)
                ):
                    yield room_id, user_id

    def pairs_of(self, room_ids: set[int]) -> Iterator[Pair]:
        """The (room id, user id) of all users connected here who are members of these rooms."""
        for user_id, reader in self.readers.items():
            for room_id in room_ids.intersection(reader.rooms):
                yield room_id, user_id

    def members_of(self, room_ids: set[int]) -> Iterator[int]:
        """The ids of the connected users who are members of any of these rooms."""
        for user_id, reader in self.readers.items():
            if not room_ids.isdisjoint(reader.rooms):
                yield user_id

    def put_rooms(self, reader: Reader, found: Iterable[OwnRoomView]) -> list[Pair]:
        """Sets a user's rooms and marks as they are sent. Returns the id and last post of the rooms
        for which an earlier last post was known."""
        now = {view.id: view for view in found}
        self._leave(reader, [room_id for room_id in reader.rooms if room_id not in now])
        grown = []
        for view in now.values():
            number = view.room.last_number or 0
            room = self._rooms.setdefault(view.id, KnownRoom(view.room.name, number))
            room.name = view.room.name
            if view.id not in reader.rooms:
                room.readers += 1
                room.elsewhere.update(
                    watcher for watcher in reader.watchers if watcher.stay_in(view.id) is None
                )
            if number > room.last_number:
                grown.append((view.id, number))
        reader.rooms = {}
        for room_id, view in now.items():
            self.put_mark(reader, room_id, view.mark)
        return grown

    def _leave(self, reader: Reader, room_ids: Iterable[int]) -> None:
        for room_id in room_ids:
            room = self._rooms[room_id]
            room.elsewhere.difference_update(reader.watchers)
            room.readers -= 1
            if not room.readers:
                del self._rooms[room_id]
