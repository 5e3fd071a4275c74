"""The tables of devices, and of what is to be closed on them."""

import peewee

from helpers.db.base import Base


class PushDevice(Base):
    """A browser that is told by Web Push, as long as its session lasts: whoever signs out there hears
    nothing more.

    The endpoint is an address that the browser's maker gave it, and with it a secret; the hash finds it.
    `used_at` is when a page in it said last that it is there, `told_at` when it was told something."""

    user_id = peewee.BigIntegerField()
    session_id = peewee.TextField()
    endpoint = peewee.TextField()
    endpoint_hash = peewee.TextField(unique=True)
    browser_key = peewee.TextField()
    auth = peewee.TextField()
    name = peewee.TextField()
    made_at = peewee.BigIntegerField()
    used_at = peewee.BigIntegerField()
    told_at = peewee.BigIntegerField(null=True)
    refused = peewee.IntegerField(default=0)
    """How many messages in a row its service wouldn't take."""

    class Meta:
        table_name = "push_devices"


class PushClosing(Base):
    """A person has read a room up to `number`: notifications of it until then are closed on all devices."""

    user_id = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField()

    class Meta:
        table_name = "push_closings"
        primary_key = peewee.CompositeKey("user_id", "room_id")
