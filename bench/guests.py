"""Who comes, where to, and who they are there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A server, or nginx before some, and the origin it takes its clients to come from."""

    port: int
    origin: str

    @property
    def host(self) -> str:
        return self.origin.partition("//")[2]


@dataclass(frozen=True)
class Guest:
    """Who connects: to which room, signed in by which token, and where."""

    room: int
    room_name: str
    name: str
    token: str
    address: Address
    index: int
    is_sender: bool
    is_witness: bool


@dataclass(frozen=True)
class Seats:
    """How many rooms, of how many members each. The first `senders` of a room talk.

    One or two `witnesses` read every word: the last to come, since many servers send to them last,
    and the first after the senders."""

    rooms: int
    members: int
    senders: int
    witnesses: int

    def guest(self, place: int, token: str, addresses: list[Address], *, mixed: bool = False) -> Guest:
        """The guest number `place`, room by room. A room's guests come by one address, as nginx
        would send them, or, `mixed`, by all."""
        room, seat = divmod(place, self.members)
        is_sender = seat < self.senders
        is_witness = not is_sender and seat in (self.members - 1, self.senders)[: self.witnesses]
        address = addresses[(place if mixed else room) % len(addresses)]
        return Guest(room, room_name(room), user_name(place), token, address, place, is_sender, is_witness)


def room_name(room: int) -> str:
    return f"bench{room}"


def user_name(place: int) -> str:
    return f"bench{place}"
