"""The table of what was imported from other chats."""

import peewee

from helpers.db.base import Base


class ImportOrigin(Base):
    """What a person or a room of another chat became here: one of the two ids. `origin` is a digest of the
    chat and the id there. It outlives an account, so that who has left isn't made anew, and goes with a
    room."""

    origin = peewee.TextField(primary_key=True)
    user_id = peewee.BigIntegerField(null=True)
    room_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "import_origins"
