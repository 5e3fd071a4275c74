"""People, and what the site itself remembers, as rows."""

import peewee

from helpers.db.base import Base


class User(Base):
    """A person or bot with a name. `name_key` and `skeleton` (accounts/people/names.py) keep two
    names from looking alike."""

    name = peewee.TextField()
    name_key = peewee.TextField(unique=True)
    skeleton = peewee.TextField(unique=True)
    email = peewee.TextField(null=True, unique=True)
    password_hash = peewee.TextField()
    is_admin = peewee.BooleanField()
    created_at = peewee.BigIntegerField()
    # accounts/people/profiles.py says what may stand in these. Empty is what somebody doesn't tell.
    display_name = peewee.TextField(default="")
    bio = peewee.TextField(default="")
    place = peewee.TextField(default="")
    time_zone = peewee.TextField(default="")
    picture = peewee.BigIntegerField(default=0)
    is_private = peewee.BooleanField(default=False)
    """Then posts are for those who follow, and to follow one has to ask."""
    left_at = peewee.BigIntegerField(null=True)
    """When the account was deleted (accounts/personal_data/deletion.py). The row stays, for what
    refers to it, and says nothing of anybody."""

    class Meta:
        table_name = "users"


class Block(Base):
    """`blocker_id` wants nothing to do with `blocked_id`. It holds both ways
    (accounts/relations/visibility.py)."""

    blocker_id = peewee.BigIntegerField()
    blocked_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "blocks"
        primary_key = peewee.CompositeKey("blocker_id", "blocked_id")


class Picture(Base):
    """A person's picture in one of the sizes of accounts/people/pictures.py."""

    user_id = peewee.BigIntegerField()
    size = peewee.SmallIntegerField()
    version = peewee.BigIntegerField()
    data = peewee.BlobField()

    class Meta:
        table_name = "pictures"
        primary_key = peewee.CompositeKey("user_id", "size")


class EndedSession(Base):
    """A session that was ended by another program than the server; see
    accounts/signin/ended_sessions.py."""

    session_id = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "ended_sessions"


class PendingErasure(Base):
    """What is still to be taken away of somebody who has left: as long as the row is there, some of
    it may be.

    `name` is what they were called. From `due_at` on a process may take it up, which holds it until
    `taken_until`."""

    user_id = peewee.BigIntegerField(primary_key=True)
    name = peewee.TextField()
    removes = peewee.BooleanField()
    at = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField()
    taken_by = peewee.TextField()
    taken_until = peewee.BigIntegerField()

    class Meta:
        table_name = "leavings"


class Download(Base):
    """Somebody's data are being written for them, until then at the latest."""

    user_id = peewee.BigIntegerField(primary_key=True)
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "downloads"


class SiteFact(Base):
    """One thing the site remembers: who became its first administrator, the epoch of its
    history."""

    name = peewee.TextField(primary_key=True)
    value = peewee.TextField()

    class Meta:
        table_name = "site"
