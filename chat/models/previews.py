"""The tables of previews: what is to be fetched, what was, and the pictures."""

import peewee

from helpers.db.base import Base


class PreviewJob(Base):
    """A post whose links are to be looked at. The database itself adds it (migration 0045)."""

    id = peewee.AutoField()
    author_id = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "preview_jobs"


class KnownPage(Base):
    """What was fetched from an address, whose SHA-256 is the key. `card` is JSON, None where there was
    nothing to show."""

    address = peewee.TextField(primary_key=True)
    until = peewee.BigIntegerField()
    card = peewee.TextField(null=True)
    width = peewee.BigIntegerField(null=True)
    height = peewee.BigIntegerField(null=True)
    picture = peewee.BlobField(null=True)
    blob_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "linked_pages"


class PreviewPicture(Base):
    """The picture of a card of one post. It is erased with the post's text, by the database itself."""

    id = peewee.TextField(primary_key=True)
    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    picture = peewee.BlobField()
    blob_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "preview_pictures"
