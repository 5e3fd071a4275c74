"""What one round tells each connection of the user's rooms."""

from collections.abc import Callable, Collection, Iterable

from msgspec.structs import replace

from chat.delivery.connections import Connection
from chat.events import Online, OwnRoom, Unread, encode


class Whole:
    """All rooms of a user, and with whom they have a conversation of two."""

    __slots__ = ("_data", "_names")

    def __init__(self, event: Unread) -> None:
        self._data = encode(event)
        self._names = [room.title or "" for room in event.rooms if room.kind == "direct"]

    def lines(self, online_among: Callable[[Iterable[str]], Online]) -> list[bytes]:
        """The events for a connection: its rooms, and who of these people is online now."""
        return [self._data, encode(online_among(self._names))] if self._names else [self._data]


class Updates:
    """`name_of(room_id)` returns the name of a room."""

    def __init__(self, name_of: Callable[[int], str]) -> None:
        self._name_of = name_of
        self._rooms: dict[Connection, dict[int, OwnRoom]] = {}
        self._frames: dict[int, bytes] = {}
        """By room id: many connections get the same change of one room."""

    @property
    def watchers(self) -> Collection[Connection]:
        """The connections that are told anything."""
        return self._rooms.keys()

    def put_last_number(self, watchers: Iterable[Connection], room_id: int, number: int) -> None:
        """Before anything else of this room is told."""
        update = OwnRoom(self._name_of(room_id), last_number=number)
        for watcher in watchers:
            self._rooms.setdefault(watcher, {})[room_id] = update

    def add(self, watchers: Iterable[Connection], room_id: int, **fields: int | None) -> None:
        for watcher in watchers:
            rooms = self._rooms.setdefault(watcher, {})
            rooms[room_id] = replace(rooms.get(room_id) or OwnRoom(self._name_of(room_id)), **fields)

    def frame(self, watcher: Connection) -> bytes:
        """The event for this connection."""
        ((room_id, room), *others) = self._rooms[watcher].items()
        if others or room.read_number is not None or room.mentions is not None:
            return encode(Unread([*self._rooms[watcher].values()]))
        if room_id not in self._frames:
            self._frames[room_id] = encode(Unread([room]))
        return self._frames[room_id]
