"""The tables of what is still to be erased, or isn't: deleted rooms, lines that are kept no more, and
holds."""

import peewee

from helpers.db.base import Base


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


class Sweep(Base):
    """A room whose lines before Room.kept_seq are looked through, from `done_seq` on, for those that
    aren't kept."""

    room_id = peewee.BigIntegerField(primary_key=True)
    done_seq = peewee.BigIntegerField()

    class Meta:
        table_name = "sweeps"


class Hold(Base):
    """A `room`, or a `person`, of whom nothing is erased. `name` is what it was called then."""

    kind = peewee.TextField()
    subject_id = peewee.BigIntegerField()
    name = peewee.TextField()
    reason = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "holds"
        primary_key = peewee.CompositeKey("kind", "subject_id")
