"""The tables of moderation: what was done, who may not come or write, what was reported, and rooms that
were deleted."""

import peewee

from helpers.db.base import Base

FOR_GOOD = 2**53 - 1
"""The end of what doesn't end, in milliseconds since 1970: JavaScript knows no larger whole
number."""


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
    first_seq = peewee.BigIntegerField(default=0)
    hidden_number = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "former_members"
        primary_key = peewee.CompositeKey("room_id", "user_id")


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


class Report(Base):
    """A post that somebody has reported: open until it is answered. `act` is the number of the act
    that answered it, if there is one. Of a post there is one open Report at most."""

    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    author_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()
    answered_at = peewee.BigIntegerField(null=True)
    answered_by = peewee.BigIntegerField(null=True)
    answer = peewee.TextField(null=True)
    act = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "reports"


class ReportLine(Base):
    """The reported post, or one of those around it, as it was when it was reported first."""

    report_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField()
    author_id = peewee.BigIntegerField()
    kind = peewee.TextField()
    text = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "report_lines"
        primary_key = peewee.CompositeKey("report_id", "number")


class ReportReason(Base):
    """A person who has reported a post, and why. `outcome` is what they are still to be told of what
    became of it."""

    report_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    reason = peewee.TextField()
    at = peewee.BigIntegerField()
    outcome = peewee.TextField(null=True)

    class Meta:
        table_name = "report_reasons"
        primary_key = peewee.CompositeKey("report_id", "user_id")


class Ignored(Base):
    """A person whose messages `user_id` doesn't want to see. They aren't told."""

    user_id = peewee.BigIntegerField()
    ignored_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "ignored"
        primary_key = peewee.CompositeKey("user_id", "ignored_id")


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


class KeptRecord(Base):
    """What a hold keeps of what was erased or overwritten meanwhile, but for messages, which stay where
    they are. The database itself adds it (migration 0052): `record` is the JSON of the row, `what` it was,
    `data` its bytes. It goes when the hold ends."""

    hold_kind = peewee.TextField()
    subject_id = peewee.BigIntegerField()
    what = peewee.TextField()
    record = peewee.TextField()
    data = peewee.BlobField(null=True)
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "kept_records"


class Filter(Base):
    """A rule of a room, or of the site where `room_id` is 0. `kind` is `word`, `host`, or `new`, whose
    pattern is how many first posts of a new account are held; `action` is `refuse`, `report` or
    `hold`."""

    room_id = peewee.BigIntegerField()
    kind = peewee.TextField()
    pattern = peewee.TextField()
    action = peewee.TextField()
    author_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "filters"


class HeldPost(Base):
    """A post that waits for a moderator, until it is answered: `approve` or `reject`. `why` is the rule
    that held it, `files` the JSON of the files that it asks for."""

    room_id = peewee.BigIntegerField()
    author_id = peewee.BigIntegerField()
    nonce = peewee.TextField()
    kind = peewee.TextField()
    text = peewee.TextField()
    reply_to = peewee.BigIntegerField(null=True)
    files = peewee.TextField(null=True)
    why = peewee.TextField()
    at = peewee.BigIntegerField()
    answered_at = peewee.BigIntegerField(null=True)
    answered_by = peewee.BigIntegerField(null=True)
    answer = peewee.TextField(null=True)

    class Meta:
        table_name = "held_posts"
