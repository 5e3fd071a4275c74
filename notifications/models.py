"""The tables of notices, of their ways, and of how each person wants them."""

import peewee

from helpers.db.base import Base


class Notice(Base):
    """What a person was told of. There is one for each person and `subject`.

    `rule` is the name of the rule of notifications/deciding.py that decided, `word` the keyword that was
    found, `ways` JSON of what was decided of each way. `by_id` is who caused it. One that isn't `listed`
    isn't shown under the bell. Of a message are `room_id`, `seq` and `number`, of the feed `post_id` and
    `comment_id`."""

    user_id = peewee.BigIntegerField()
    kind = peewee.TextField()
    subject = peewee.TextField()
    room_id = peewee.BigIntegerField(null=True)
    seq = peewee.BigIntegerField(null=True)
    number = peewee.BigIntegerField(null=True)
    post_id = peewee.BigIntegerField(null=True)
    comment_id = peewee.BigIntegerField(null=True)
    by_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()
    rule = peewee.TextField()
    word = peewee.TextField(default="")
    ways = peewee.TextField(default="{}")
    listed = peewee.BooleanField(default=True)
    read_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "notices"


WAITING = "waiting"
SENT = "sent"
CANCELLED = "cancelled"
FAILED = "failed"


class NoticeDelivery(Base):
    """A notice on one way, `push` or `mail`: WAITING until `due_at` has come and it is SENT, or CANCELLED
    (`detail` says why, as `read`), or FAILED. `at` is when it became so."""

    notice_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    way = peewee.TextField()
    due_at = peewee.BigIntegerField()
    state = peewee.TextField(default=WAITING)
    detail = peewee.TextField(null=True)
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "notice_deliveries"


class NoticeSettings(Base):
    """How a person wants to be told; who has no row wants the usual. `ways` is JSON of the kinds that
    differ. Quiet hours are minutes of the day in `zone`, that of the profile where empty."""

    user_id = peewee.BigIntegerField(primary_key=True)
    ways = peewee.TextField(default="")
    quiet_from = peewee.IntegerField(null=True)
    quiet_until = peewee.IntegerField(null=True)
    zone = peewee.TextField(default="")
    mail_minutes = peewee.IntegerField(default=15)
    focus_until = peewee.BigIntegerField(null=True)
    changed_at = peewee.BigIntegerField()

    class Meta:
        table_name = "notice_settings"


class NoticeKeyword(Base):
    """A word that calls a person: as typed, folded, and the part by which it is found."""

    user_id = peewee.BigIntegerField()
    word = peewee.TextField()
    folded = peewee.TextField()
    begins = peewee.TextField()

    class Meta:
        table_name = "notice_keywords"
        primary_key = peewee.CompositeKey("user_id", "folded")


class NoticeProgress(Base):
    """The change of a room's history up to which it is decided, and the person up to whom the next one
    is."""

    room_id = peewee.BigIntegerField(primary_key=True)
    seq = peewee.BigIntegerField()
    after_id = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "notice_progress"


class NoticeJob(Base):
    """What may concern people and isn't decided yet, outside of the histories of rooms. Of a comment and a
    like `user_id` is 0: who is concerned follows from the post. Of an outcome `by_id` is the report."""

    kind = peewee.TextField()
    user_id = peewee.BigIntegerField()
    by_id = peewee.BigIntegerField()
    room_id = peewee.BigIntegerField(null=True)
    number = peewee.BigIntegerField(null=True)
    post_id = peewee.BigIntegerField(null=True)
    comment_id = peewee.BigIntegerField(null=True)
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "notice_jobs"
