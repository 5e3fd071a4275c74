"""Rooms, their members and their history, as rows."""

import peewee

from accounts.models import User
from helpers.models import Base


class Room(Base):
    """A named place. It owns the numbering of what happens in it: `last_seq` and `posts` only ever grow.

    Everything before `cleared_seq` is hidden; `cleared_number` is the last post of it. `slug` is the name without capitals.
    `standings_seq` is the last change of who is in it and what they may do."""

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


class Member(Base):
    """A User's standing in a Room. `present` agrees with the history: the last line about them says that they are here."""

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
    """A line of a room's history: a post, or a service line about what happened."""

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

    class Meta:
        table_name = "messages"
        primary_key = peewee.CompositeKey("room_id", "seq")
