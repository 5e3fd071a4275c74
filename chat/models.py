"""The tables of rooms, members and history."""

import peewee

from accounts.models import User
from chat.roles import CONVERSATION_GRANTS, Modes, Role
from helpers.db.base import Base

CONVERSATIONS = tuple(CONVERSATION_GRANTS)
"""Kinds of rooms that belong to certain people: to two, or to a small group. They have no name of
their own, no owner and no moderators."""

DELETED_KIND = "deleted"
"""The kind of a room that was deleted and isn't erased yet. Nobody is a member of it."""

FOR_GOOD = 2**53 - 1
"""The end of what doesn't end, in milliseconds since 1970: JavaScript knows no larger whole
number."""


MODE_COLUMNS = (
    *("posting", "slow_seconds", "archived_at", "inviting", "pinning", "mentioning", "topic_setting"),
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
) -> Modes:
    """The Modes in these columns."""
    return Modes(
        *(Role(posting), slow_seconds, archived_at is not None),
        Role(inviting) if inviting is not None else None,
        Role(pinning),
        Role(mentioning) if mentioning is not None else None,
        Role(topic_setting),
    )


class Room(Base):
    """A named place. It owns the numbering of its history: `last_seq` and `posts` only grow.

    Lines before `cleared_seq` are hidden; `cleared_number` is the last hidden post. `name` is that
    in its address, `slug` the same in lower case, `title` what people read (None for the name, and
    in conversations), `title_key` the key by which it is searched and compared.
    `standings_seq` is the seq of the last change of memberships and permissions.

    `archived_at` is since when the room is read only; the other MODE_COLUMNS are in Modes."""

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


class DeletedRoom(Base):
    """A room that was deleted by `act`, and can be restored until `due_at`: Room.kind is DELETED_KIND,
    `kind` is what it was. `erasing` says that this time is over."""

    room_id = peewee.BigIntegerField(primary_key=True)
    kind = peewee.TextField()
    deleted_by = peewee.BigIntegerField()
    deleted_at = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField()
    act = peewee.BigIntegerField()
    erasing = peewee.BooleanField(default=False)

    class Meta:
        table_name = "deleted_rooms"


class FormerMember(Base):
    """Who was a member of a room when it was deleted. The columns are those of Member."""

    room_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    role = peewee.SmallIntegerField()
    read_number = peewee.BigIntegerField()
    times_back = peewee.BigIntegerField()
    joined_at = peewee.BigIntegerField()

    class Meta:
        table_name = "former_members"
        primary_key = peewee.CompositeKey("room_id", "user_id")


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
    `present` is of the past, when presence was recorded for each room: nothing reads it."""

    room = peewee.ForeignKeyField(Room)
    user = peewee.ForeignKeyField(User)
    role = peewee.SmallIntegerField()
    present = peewee.BooleanField(default=False)
    read_number = peewee.BigIntegerField()
    times_back = peewee.BigIntegerField(default=0)
    joined_at = peewee.BigIntegerField()

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


class Ban(Base):
    """A person who can't come to a room before `until`: FOR_GOOD for one who never may. Removing
    somebody from a room bans them for some minutes."""

    room_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "kicks"
        primary_key = peewee.CompositeKey("room_id", "user_id")


class Timeout(Base):
    """A person who only reads in a room until `until`, also when they leave it and come back."""

    room_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "timeouts"
        primary_key = peewee.CompositeKey("room_id", "user_id")


class LastPost(Base):
    """When a member posted last in a room in slow mode."""

    room_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "last_posts"
        primary_key = peewee.CompositeKey("room_id", "user_id")


class Act(Base):
    """An act of order in a room, numbered there from 1. `act` is one of ACTS in
    chat/actions/audit.py; `before` and `after` are JSON objects of what it changed, by which it is
    undone. `until` is when it ends by itself, `seq` the seq that it took in the history. `undoes` is
    the number of the act that this one undid, `undone_by` that of the act that undid this one."""

    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    act = peewee.TextField()
    author_id = peewee.BigIntegerField()
    target_id = peewee.BigIntegerField(null=True)
    reason = peewee.TextField()
    before = peewee.TextField()
    after = peewee.TextField()
    at = peewee.BigIntegerField()
    until = peewee.BigIntegerField(null=True)
    seq = peewee.BigIntegerField()
    undoes = peewee.BigIntegerField(null=True)
    undone_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "acts"
        primary_key = peewee.CompositeKey("room_id", "number")


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


class Message(Base):
    """A line of a room's history: a post, or a service line that records an action. `changed_seq`
    is the seq of its last change.

    `reply_to` is the number of another post. No client gets the text of a deleted post any more;
    chat/personal_data/purge.py erases it, and that of cleared lines. `reactions` counts them;
    `mentions` holds the ids of the people and of the GROUPS mentioned, separated by commas."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    changed_seq = peewee.BigIntegerField()
    number = peewee.BigIntegerField(null=True)
    kind = peewee.TextField()
    author_id = peewee.BigIntegerField()
    target_id = peewee.BigIntegerField(null=True)
    nonce = peewee.TextField()
    text = peewee.TextField()
    html = peewee.TextField(null=True)
    at = peewee.BigIntegerField()
    reply_to = peewee.BigIntegerField(null=True)
    edited_at = peewee.BigIntegerField(null=True)
    deleted_at = peewee.BigIntegerField(null=True)
    deleted_by = peewee.BigIntegerField(null=True)
    pinned = peewee.BooleanField(default=False)
    reactions = peewee.BigIntegerField(default=0)
    mentions = peewee.TextField(null=True)

    class Meta:
        table_name = "messages"
        primary_key = peewee.CompositeKey("room_id", "seq")


class Reaction(Base):
    """One person's emoji on a message. `added_seq` is the seq of the change that added it;
    reactions are ordered by it."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    emoji = peewee.TextField()
    added_seq = peewee.BigIntegerField()

    class Meta:
        table_name = "reactions"
        primary_key = peewee.CompositeKey("room_id", "seq", "user_id", "emoji")


class Mention(Base):
    """A person mentioned by a post that isn't deleted, for counting: a row for each id in
    Message.mentions, and one of `of_group` for each person whom its `@here` means. Of a post that
    mentions ALL there is only that row."""

    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    of_group = peewee.BooleanField(default=False)

    class Meta:
        table_name = "mentions"
        primary_key = peewee.CompositeKey("user_id", "room_id", "number")


class MessageVersion(Base):
    """The text of a message from `at` until the change `replaced_seq`."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    replaced_seq = peewee.BigIntegerField()
    text = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "message_versions"
        primary_key = peewee.CompositeKey("room_id", "seq", "replaced_seq")


class Clearing(Base):
    """A cleared history whose lines before `before_seq` are still to be erased, from `due_at` on.
    Those up to `done_seq` are."""

    room_id = peewee.BigIntegerField()
    before_seq = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField()
    done_seq = peewee.BigIntegerField()

    class Meta:
        table_name = "clearings"
        primary_key = peewee.CompositeKey("room_id", "before_seq")


class Status(Base):
    """A user's status in all rooms: `away` or `dnd`. It ends at `until`. Most users have no row."""

    user_id = peewee.BigIntegerField(primary_key=True)
    status = peewee.TextField()
    text = peewee.TextField()
    until = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "statuses"
