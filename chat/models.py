"""Rooms, their members and their history, as rows."""

import peewee

from accounts.models import User
from chat.roles import CONVERSATION_GRANTS
from helpers.db.base import Base

CONVERSATIONS = tuple(CONVERSATION_GRANTS)
"""Kinds of rooms that belong to certain people: two, or some. They have no name of their own, no
owner and nobody who moderates."""


class Room(Base):
    """A named place. It owns the numbering of what happens in it: `last_seq` and `posts` only ever
    grow.

    Everything before `cleared_seq` is hidden; `cleared_number` is the last post of it. `slug` is
    the name without capitals. `standings_seq` is the last change of who is in it and what they may
    do."""

    name = peewee.TextField()
    slug = peewee.TextField(unique=True)
    topic = peewee.TextField()
    kind = peewee.TextField()
    last_seq = peewee.BigIntegerField()
    posts = peewee.BigIntegerField()
    standings_seq = peewee.BigIntegerField(default=0)
    cleared_seq = peewee.BigIntegerField()
    cleared_number = peewee.BigIntegerField()
    created_at = peewee.BigIntegerField()

    class Meta:
        table_name = "rooms"

    @property
    def is_open(self) -> bool:
        return bool(self.kind == "open")

    @property
    def is_conversation(self) -> bool:
        return self.kind in CONVERSATIONS


class Member(Base):
    """A User's standing in a Room. `present` agrees with the history: the last line about them says
    that they are here."""

    room = peewee.ForeignKeyField(Room)
    user = peewee.ForeignKeyField(User)
    role = peewee.SmallIntegerField()
    present = peewee.BooleanField()
    read_number = peewee.BigIntegerField()
    joined_at = peewee.BigIntegerField()

    class Meta:
        table_name = "members"
        primary_key = peewee.CompositeKey("room", "user")


class Message(Base):
    """A line of a room's history: a post, or a service line about what happened. `changed_seq` is
    when it was changed last.

    `reply_to` is the number of another post. A deleted one keeps its text, which nobody is told
    any more. `reactions` is their count, `mentions` the ids of those whom it calls, divided by
    commas."""

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
    """An emoji that somebody put to a message. `added_seq` is the change that did it, and so their
    order."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    emoji = peewee.TextField()
    added_seq = peewee.BigIntegerField()

    class Meta:
        table_name = "reactions"
        primary_key = peewee.CompositeKey("room_id", "seq", "user_id", "emoji")


class Mention(Base):
    """Somebody whom a post calls, as long as it isn't deleted: what Message.mentions says, for
    counting."""

    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()

    class Meta:
        table_name = "mentions"
        primary_key = peewee.CompositeKey("user_id", "room_id", "number")


class MessageVersion(Base):
    """What a message said from `at` on, until the change `replaced_seq`."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    replaced_seq = peewee.BigIntegerField()
    text = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "message_versions"
        primary_key = peewee.CompositeKey("room_id", "seq", "replaced_seq")


class Status(Base):
    """What a user says of themselves, `away` or `dnd`, everywhere. From `until` on it says nothing.
    Most have none."""

    user_id = peewee.BigIntegerField(primary_key=True)
    status = peewee.TextField()
    text = peewee.TextField()
    until = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "statuses"
