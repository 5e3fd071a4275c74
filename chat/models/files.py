"""The tables of files: those of messages, uploads that are under way, and what people have."""

import peewee

from helpers.db.base import Base


class File(Base):
    """A file that was sent. Until it is posted, `room_id`, `seq` and `place` are empty and it ends at
    `until`. Its content is a blob (helpers/storage/blobs.py); `type` and `kind` are what that is, whatever
    its name says. What a message tells of it is in Message.files too."""

    id = peewee.TextField(primary_key=True)
    owner_id = peewee.BigIntegerField()
    blob_id = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField(null=True)
    seq = peewee.BigIntegerField(null=True)
    place = peewee.BigIntegerField(default=0)
    name = peewee.TextField()
    type = peewee.TextField()
    kind = peewee.TextField()
    size = peewee.BigIntegerField()
    width = peewee.BigIntegerField(null=True)
    height = peewee.BigIntegerField(null=True)
    until = peewee.BigIntegerField(null=True)
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "files"


class Upload(Base):
    """A file that is on its way: `came` of `size` bytes are in the store, in the parts whose names are
    in `parts`, separated by commas. `state` is `open`, then `whole`, and in the end `ready` or `refused`
    with the `error` that says why. A process looks at a whole one until `looked_until`."""

    id = peewee.TextField(primary_key=True)
    owner_id = peewee.BigIntegerField()
    name = peewee.TextField()
    size = peewee.BigIntegerField()
    came = peewee.BigIntegerField(default=0)
    parts = peewee.TextField(default="")
    state = peewee.TextField(default="open")
    error = peewee.TextField(default="")
    looked_until = peewee.BigIntegerField(default=0)
    until = peewee.BigIntegerField()

    class Meta:
        table_name = "uploads"


class FileUsage(Base):
    """How many files somebody has, and their bytes; that of the whole store where `owner_id` is 0. The
    database counts."""

    owner_id = peewee.BigIntegerField(primary_key=True)
    bytes = peewee.BigIntegerField()
    files = peewee.BigIntegerField()

    class Meta:
        table_name = "file_usage"
