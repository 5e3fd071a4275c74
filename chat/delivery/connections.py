"""What delivery needs of a person's connection, and of their stay in a room over it."""

from typing import Protocol

from chat.events import Close
from chat.roles import Past
from helpers.websocket.frames import Outbox


class Client(Protocol):
    """A stay in a room over one connection."""

    user_id: int
    room_id: int
    outbox: Outbox
    """For the room's events."""
    read_number: int
    """The last post of the room that was read or written over this connection, which needs no word
    of it."""

    @property
    def past(self) -> Past:
        """What of the room's history is hidden from the user."""

    @property
    def connection(self) -> "Connection": ...

    def end(self, code: int) -> None:
        """Ends the stay without waiting."""

    def check_standing(self, code: int = Close.KILLED) -> None:
        """Looks at the user's standing in the room again, without waiting. It ends with `code`
        where the user is no member any more."""


class Connection(Protocol):
    """A socket: of one room, or a personal one, over which several rooms may be entered."""

    user_id: int
    session_id: str
    mark: int
    """The mark of its browser and address, as in accounts.keys.Successor."""
    outbox: Outbox
    """For what is of no room."""
    is_personal: bool

    def stay_in(self, room_id: int) -> Client | None:
        """The stay in this room. Its messages are sent over this connection."""

    def end(self, code: int) -> None:
        """Closes the connection without waiting."""
