"""The events that personal sockets alone tell."""

import msgspec

from chat.events import Told


class PersonalEvent(Told, frozen=True):
    """What personal sockets alone tell."""


class Named(msgspec.Struct, frozen=True):
    name: str


class PersonalHello(PersonalEvent, tag="hello", frozen=True):
    you: Named
    epoch: str


class Refused(PersonalEvent, tag="refused", frozen=True):
    """A room isn't entered. `room` is the name as it was asked for."""

    room: str
    code: str
    text: str
    retry_after: float | None = None


class Closed(PersonalEvent, tag="closed", frozen=True):
    """A room that was entered is so no more. `room` is its id, `code` that with which the socket of
    the room would close."""

    room: str
    code: int


PERSONAL_CATALOGUE: dict[str, type[PersonalEvent]] = {
    str(event.__struct_config__.tag): event for event in PersonalEvent.__subclasses__()
}
