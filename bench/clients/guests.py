"""The clients of a run: their rooms, names, tokens and addresses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A server, or nginx in front of several, and the origin that clients send."""

    port: int
    origin: str

    @property
    def host(self) -> str:
        return self.origin.partition("//")[2]


@dataclass(frozen=True)
class Guest:
    """One client: its room, its session token, and the server's address. `first` is the index of
    the room's first member."""

    room: int
    room_name: str
    name: str
    token: str
    address: Address
    index: int
    first: int
    is_sender: bool
    is_witness: bool
    is_elsewhere: bool = False
    """Is the same person in other rooms as well?"""


@dataclass(frozen=True)
class Seats:
    """The number of rooms and of members in each. The first `senders` of a room send messages.

    One or two `witnesses` per room read every message: the last to connect, since many servers send
    to it last, and the first after the senders."""

    rooms: int
    members: int
    senders: int
    witnesses: int
    rooms_each: int = 1
    """The rooms that each person is in: of so many rooms in a row the members are the same."""

    @property
    def people(self) -> int:
        return self.rooms // self.rooms_each * self.members

    def person(self, place: int) -> int:
        """Returns the number of the person who has this place."""
        room, seat = divmod(place, self.members)
        return room // self.rooms_each * self.members + seat

    def guest(self, place: int, token: str, addresses: list[Address], *, mixed: bool = False) -> Guest:
        """Returns the guest number `place`, counted room by room. A room's guests use one address,
        as behind nginx, or all of them if `mixed`."""
        room, seat = divmod(place, self.members)
        is_sender = seat < self.senders
        is_witness = not is_sender and seat in (self.members - 1, self.senders)[: self.witnesses]
        address = addresses[(place if mixed else room) % len(addresses)]
        first = self.person(room * self.members)
        return Guest(
            *(room, room_name(room), user_name(self.person(place)), token, address, place, first),
            *(is_sender, is_witness, self.rooms_each > 1),
        )


def room_name(room: int) -> str:
    return f"bench{room}"


def user_name(place: int) -> str:
    return f"u{place}"
