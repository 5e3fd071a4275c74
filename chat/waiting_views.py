"""What waits for a person beside what is unread, as the event `unread` tells of it."""

import msgspec


class InvitationView(msgspec.Struct, frozen=True):
    """An invitation as its guest sees it: all that they are told of the room."""

    name: str
    title: str
    topic: str
    kind: str
    inviter: str
    at: str


class OutcomeView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a message that the user has reported: whether something was done."""

    report: int
    name: str
    title: str
    kind: str
    number: int
    done: bool = False


class HeldView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A post of the user that waits for a moderator, or that wasn't let through. `name` is its room."""

    held: int
    name: str
    text: str
    at: str
    refused: bool = False


class AskingView(msgspec.Struct, frozen=True):
    """How many ask to be let into a closed room in which the user may let them."""

    name: str
    count: int
