"""The events that clients get: one frozen class for each event in docs/protocol.md, and their
encoding."""

from typing import Any, ClassVar

import msgspec

from chat.waiting_views import AskingView, HeldView, InvitationView, OutcomeView


class Told(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """Fields with their default value are left out."""


class Event(Told, frozen=True):
    """What the sockets of rooms tell, and personal sockets as well."""


class CommandHelp(msgspec.Struct, frozen=True):
    name: str
    usage: str
    help: str
    aliases: tuple[str, ...]
    says: bool = False
    """It only says something: what else commands do isn't to be done when it was meant long ago."""


class RoomState(msgspec.Struct, frozen=True, omit_defaults=True):
    """`title` is shown as the room's name, in a conversation the names of the others; `name` stands
    in its address. `id` names the room over a personal socket, and is told there alone."""

    name: str
    topic: str
    kind: str
    title: str
    id: str | None = None
    slow: int = 0
    """The seconds that members wait between their posts."""
    locked: bool = False
    """Only moderators post."""
    archived: bool = False
    """It can only be read."""
    kept_days: int = 0
    """For so many days messages are kept; 0 for good."""
    first_seq: int = 0
    """Lines before this one aren't kept any more; 0 where all are."""
    rights: dict[str, str] = {}
    """Who may `post`, `invite`, `pin`, `mention` all and set the `topic`: `members`, `moderators` or
    `owners`, where the owners have chosen something else than is usual."""
    picture: int = 0
    """The version of its picture, 0 for none."""
    hides_past: bool = False
    """Whoever becomes a member reads only what comes after."""


class You(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    role: str | None
    timeout_until: str | None = None
    """Until then the user only reads."""


class Hello(Event, tag="hello", frozen=True):
    room: RoomState
    you: You
    last_seq: int
    last_number: int
    epoch: str
    commands: list[CommandHelp]
    may: list[str]
    """The names of the permissions that the user has in this room."""
    entered: str | None = None
    """The name by which the room was entered over a personal socket, when it was."""


class Quote(msgspec.Struct, frozen=True, omit_defaults=True):
    """The line that a reply shows of the post that it replies to. `files` is the kind of the first one,
    where there is no text."""

    author: str
    text: str
    files: str | None = None


class Reactions(msgspec.Struct, frozen=True):
    """The names of all who reacted with one emoji, oldest reaction first."""

    emoji: str
    names: list[str]


class Preview(msgspec.Struct, frozen=True, omit_defaults=True):
    """The card of a link: what the page says of itself. `picture` is an address of this site. Of a
    `permalink`, an address of a post of this site, there is nothing more: the post tells it itself."""

    url: str
    title: str = ""
    site: str = ""
    description: str = ""
    picture: str | None = None
    width: int | None = None
    height: int | None = None
    permalink: bool = False


class FileView(msgspec.Struct, frozen=True):
    """A file of a message. `type` is what its content is, `width` and `height` those of a picture, and
    `thumbnail` the address of a smaller one; `description` says what can be seen."""

    id: str
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    description: str
    url: str
    thumbnail: str | None


class Message(Event, tag="message", frozen=True):
    seq: int
    kind: str
    author: str
    text: str
    at: str
    number: int | None = None
    html: str | None = None
    target: str | None = None
    nonce: str | None = None
    reply_to: int | None = None
    quote: Quote | None = None
    edited_at: str | None = None
    deleted: bool = False
    reactions: list[Reactions] | None = None
    pinned: bool = False
    mentions: list[str] | None = None
    previews: list[Preview] | None = None
    files: list[FileView] | None = None
    role: str | None = None
    """The new role of the target, in a line of the kind `role`."""


class Changed(Event, tag="changed", frozen=True):
    """The current state of a post. `of` is the post's own seq, `seq` that of the change."""

    seq: int
    of: int
    number: int
    kind: str
    author: str
    text: str
    at: str
    html: str | None = None
    nonce: str | None = None
    reply_to: int | None = None
    quote: Quote | None = None
    edited_at: str | None = None
    deleted: bool = False
    reactions: list[Reactions] | None = None
    pinned: bool = False
    mentions: list[str] | None = None
    previews: list[Preview] | None = None
    files: list[FileView] | None = None
    excerpt: str | None = None


class Cleared(Event, tag="cleared", frozen=True):
    seq: int
    author: str
    text: str
    at: str
    kind: str
    """Always `cleared`, so that it reads like the other lines of a history."""


class Receipt(Event, tag="receipt", frozen=True):
    """`seq` is 0, and left out, where nothing was added to a history."""

    nonce: str
    seq: int = 0
    number: int | None = None
    unheard: str | None = None
    """Why `@all` and `@here` of the text mention nobody: the code of an error."""
    act: int | None = None
    """The number of the act of order that was recorded."""


class Notice(Event, tag="notice", frozen=True):
    text: str
    nonce: str | None = None


class Error(Event, tag="error", frozen=True):
    code: str
    text: str
    nonce: str | None = None
    retry_after: float | None = None


class CaughtUp(Event, tag="caught_up", frozen=True):
    seq: int


class Reset(Event, tag="reset", frozen=True):
    seq: int


class Expired(Event, tag="expired", frozen=True):
    """The lines before the seq `before` aren't kept any more, but for pinned ones where `pinned`;
    `number` is the last post of them. It isn't stored: a later Hello tells it too."""

    before: int
    number: int
    pinned: bool = False


class Typing(Event, tag="typing", frozen=True):
    name: str
    on: bool


class Viewing(Event, tag="viewing", frozen=True):
    """Who has the room in front of them from now on, and who no longer. With `whole`, all who have."""

    names: list[str] = []
    gone: list[str] = []
    whole: bool = False


class Presence(Event, tag="presence", frozen=True):
    """A user's status; an empty status means none."""

    name: str
    status: str
    text: str = ""
    until: str | None = None


class Online(Event, tag="online", frozen=True):
    """Who is connected to the site from now on, and who no longer is, of those with whom the reader
    shares a room. Of two events about somebody the one with the higher `version` is the later one.

    `whole`: `names` are all who are online of those with whom the reader has a conversation of two.
    `stale`: too many changes to be told again; the members of the room are to be asked for anew."""

    version: int
    names: list[str] = []
    offline: list[str] = []
    whole: bool = False
    stale: bool = False


class Renamed(Event, tag="person", frozen=True):
    """How a person is shown from now on, in old messages too; empty for the handle."""

    name: str
    display_name: str = ""


class OwnRoom(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the user's own rooms, or the fields of it that changed. `last_number` is its last
    post, `read_number` the last post that the user has read, `mentions` how many later posts
    mention the user, `deleted` how many later posts are deleted. `times_back` is how often the user
    has set the mark back, None where never: of two marks the one with more is the later one.
    `reports` is how many reports wait for an answer, for those who answer them, None where none."""

    name: str
    kind: str | None = None
    title: str | None = None
    last_number: int | None = None
    read_number: int | None = None
    mentions: int | None = None
    deleted: int | None = None
    times_back: int | None = None
    reports: int | None = None
    archived: bool | None = None
    """It can only be read, and is shown apart."""
    picture: int | None = None
    level: str | None = None
    """How much of it calls the user: `all`, `mentions` or `none`, where that isn't the usual."""
    level_until: str | None = None


class Unread(Event, tag="unread", frozen=True):
    """In an event that is `whole`, `invitations` are all that wait for an answer, `outcomes` what the
    user hasn't seen yet of what became of their reports, `ignored` whom they ignore, `held` what they
    have written that waits."""

    rooms: list[OwnRoom]
    whole: bool = False
    invitations: list[InvitationView] = []
    outcomes: list[OutcomeView] = []
    ignored: list[str] = []
    site_reports: int = 0
    """How many reports wait for those who run the site, if the user is one of them."""
    held: tuple[HeldView, ...] = ()
    notices: int = 0
    """How many notices the user hasn't read."""
    asking: tuple[AskingView, ...] = ()
    newcomers: int = 0
    """How many accounts wait for approval, if the user may let them in."""

    def beside_marks(self) -> tuple[Any, ...]:
        """What is compared beside the marks of the rooms, to find what wasn't told."""
        reports = tuple((room.name, room.reports) for room in self.rooms if room.reports)
        return (
            self.invitations,
            self.outcomes,
            self.ignored,
            self.site_reports,
            self.held,
            self.notices,
            self.asking,
            self.newcomers,
            reports,
        )


class NoticeCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notice as it is told live. `by` caused it; `room` and `number` lead to the message. Of a `quiet`
    one the page only counts."""

    id: int
    kind: str
    by: str
    room: str | None = None
    title: str | None = None
    number: int | None = None
    quiet: bool = False


class Notices(Event, tag="notices", frozen=True):
    """How many notices the user hasn't read, at most 100, and the new ones, the latest first. It is told over
    personal sockets alone."""

    count: int
    new: list[NoticeCall] = []


class Pong(Event, tag="pong", frozen=True):
    pass


CATALOGUE: dict[str, type[Event]] = {
    str(event.__struct_config__.tag): event for event in Event.__subclasses__()
}

RESTART = 1012
"""The close code that the WebSocket has for a server that is coming back: clients reconnect."""


class Close:
    """Close codes from 4000 to 4999. After codes up to 4499 clients reconnect; after codes from
    4500 on they don't."""

    TOO_SLOW: ClassVar[int] = 4001
    UNAVAILABLE: ClassVar[int] = 4002
    KILLED: ClassVar[int] = 4501
    LEFT: ClassVar[int] = 4502
    SIGNED_OUT: ClassVar[int] = 4503
    TOO_MANY: ClassVar[int] = 4504
    DELETED: ClassVar[int] = 4505


_encoder = msgspec.json.Encoder()


def encode(event: Told) -> bytes:
    return _encoder.encode(event)


def encode_value(value: Any) -> bytes:
    return _encoder.encode(value)
