"""The tables of rooms, of who is in them, and of who is here."""

import peewee

from accounts.models import User
from chat.roles import CONVERSATION_GRANTS, Modes, Role
from helpers.db.base import Base

CONVERSATIONS = tuple(CONVERSATION_GRANTS)
"""Kinds of rooms that belong to certain people: to two, or to a small group. They have no name of
their own, no owner and no moderators."""

DELETED_KIND = "deleted"
"""The kind of a room that was deleted and isn't erased yet. Nobody is a member of it."""

MODE_COLUMNS = (
    *("posting", "slow_seconds", "archived_at", "inviting", "pinning", "mentioning", "topic_setting"),
    *("hides_past", "hides_previews"),
)
"""The columns of a Room from which its Modes are made."""


def modes_of(
    posting: int,
    slow_seconds: int,
    archived_at: int | None,
    inviting: int | None,
    pinning: int,
    mentioning: int | None,
    topic_setting: int,
    hides_past: bool,
    hides_previews: bool,
) -> Modes:
    """The Modes in these columns."""
    return Modes(
        *(Role(posting), slow_seconds, archived_at is not None),
        Role(inviting) if inviting is not None else None,
        Role(pinning),
        Role(mentioning) if mentioning is not None else None,
        Role(topic_setting),
        bool(hides_past),
        bool(hides_previews),
    )


class Room(Base):
    """A named place. It owns the numbering of its history: `last_seq` and `posts` only grow.

    Lines before `cleared_seq` are hidden; `cleared_number` is the last hidden post. `name` is that
    in its address, `slug` the same in lower case, `title` what people read (None for the name, and
    in conversations), `title_key` the key by which it is searched and compared.
    `standings_seq` is the seq of the last change of memberships and permissions.

    `archived_at` is since when the room is read only; the other MODE_COLUMNS are in Modes.

    `retention_days` is for how long the room keeps its messages, as was decided at
    `retention_since`; None for as long as the site. Lines before `kept_seq` are gone for good, but
    for those that are pinned where it `keeps_pinned`; `kept_number` is the last post before it."""

    name = peewee.TextField()
    slug = peewee.TextField(unique=True)
    title = peewee.TextField(null=True)
    title_key = peewee.TextField(null=True)
    topic = peewee.TextField()
    kind = peewee.TextField()
    last_seq = peewee.BigIntegerField()
    posts = peewee.BigIntegerField()
    standings_seq = peewee.BigIntegerField(default=0)
    cleared_seq = peewee.BigIntegerField()
    cleared_number = peewee.BigIntegerField()
    created_at = peewee.BigIntegerField()
    posting = peewee.SmallIntegerField(default=Role.MEMBER)
    slow_seconds = peewee.BigIntegerField(default=0)
    archived_at = peewee.BigIntegerField(null=True)
    inviting = peewee.SmallIntegerField(null=True)
    pinning = peewee.SmallIntegerField(default=Role.MODERATOR)
    mentioning = peewee.SmallIntegerField(null=True)
    topic_setting = peewee.SmallIntegerField(default=Role.MODERATOR)
    hides_past = peewee.BooleanField(default=False)
    hides_previews = peewee.BooleanField(default=False)
    retention_days = peewee.BigIntegerField(null=True)
    retention_since = peewee.BigIntegerField(default=0)
    keeps_pinned = peewee.BooleanField(default=False)
    kept_seq = peewee.BigIntegerField(default=0)
    kept_number = peewee.BigIntegerField(default=0)
    picture = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "rooms"

    @property
    def is_open(self) -> bool:
        return bool(self.kind == "open")

    @property
    def shown(self) -> str:
        """The title, for what isn't a conversation."""
        return str(self.title or self.name)

    @property
    def is_conversation(self) -> bool:
        return self.kind in CONVERSATIONS

    @property
    def modes(self) -> Modes:
        return modes_of(*(getattr(self, name) for name in MODE_COLUMNS))


class RoomPicture(Base):
    """A picture of a Room in one of the sizes of people's pictures. Room.picture is the version that is
    shown, 0 for none; former ones are kept for an undo."""

    room_id = peewee.BigIntegerField()
    version = peewee.BigIntegerField()
    size = peewee.SmallIntegerField()
    data = peewee.BlobField()
    blob_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "room_pictures"
        primary_key = peewee.CompositeKey("room_id", "version", "size")


class RoomName(Base):
    """A name that a room has, or has had, since `at`: its addresses lead to the room, and no other
    room gets it. `slug` is the same in lower case. Conversations have none here."""

    slug = peewee.TextField(primary_key=True)
    room = peewee.ForeignKeyField(Room)
    name = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "room_names"


class Member(Base):
    """A User's membership of a Room. `times_back` is how often the read mark was set back.
    `first_seq` and `hidden_number` are a Past, of who came to a room that hides what was before.
    `notify` is how much of the room calls them (notifications/deciding.py has the levels), until
    `notify_until` where that isn't None; empty for the usual.
    `present` is of the past, when presence was recorded for each room: nothing reads it."""

    room = peewee.ForeignKeyField(Room)
    user = peewee.ForeignKeyField(User)
    role = peewee.SmallIntegerField()
    present = peewee.BooleanField(default=False)
    read_number = peewee.BigIntegerField()
    times_back = peewee.BigIntegerField(default=0)
    joined_at = peewee.BigIntegerField()
    first_seq = peewee.BigIntegerField(default=0)
    hidden_number = peewee.BigIntegerField(default=0)
    notify = peewee.TextField(default="")
    notify_until = peewee.BigIntegerField(null=True)
    notify_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "members"
        primary_key = peewee.CompositeKey("room", "user")


class SitePresence(Base):
    """Whether a User is connected to the site, by any connection to any process. `version` is that
    of the last change: chat/history/presence.py counts them. Who was never connected has no row."""

    user_id = peewee.BigIntegerField(primary_key=True)
    online = peewee.BooleanField()
    version = peewee.BigIntegerField()

    class Meta:
        table_name = "presence"


class PresenceClock(Base):
    """One row: the last version of SitePresence."""

    version = peewee.BigIntegerField()

    class Meta:
        table_name = "presence_clock"


class Invitation(Base):
    """A person invited to a room, who is no member yet. It ends at `until`.

    One that is `declined` isn't shown to its guest any more, and looks pending to everybody else.
    `inviter_id` is None where it was withdrawn after that."""

    room_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    inviter_id = peewee.BigIntegerField(null=True)
    at = peewee.BigIntegerField()
    until = peewee.BigIntegerField()
    declined = peewee.BooleanField()

    class Meta:
        table_name = "invitations"
        primary_key = peewee.CompositeKey("room_id", "user_id")


class InviteLinkRoom(Base):
    """A room to which a link invites (accounts.models.InviteLink). A link to the site has none."""

    link_id = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField()

    class Meta:
        table_name = "invite_link_rooms"
        primary_key = peewee.CompositeKey("link_id", "room_id")


class RoomRequest(Base):
    """Somebody who knows the address of a closed room asks to be let in."""

    room_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "room_requests"
        primary_key = peewee.CompositeKey("room_id", "user_id")


class Status(Base):
    """A user's status in all rooms: `away` or `dnd`. It ends at `until`. Most users have no row."""

    user_id = peewee.BigIntegerField(primary_key=True)
    status = peewee.TextField()
    text = peewee.TextField()
    until = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "statuses"
