"""The tables of what keeps order beside acts: reports of messages, and whom people ignore."""

import peewee

from helpers.db.base import Base


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
    that held it."""

    room_id = peewee.BigIntegerField()
    author_id = peewee.BigIntegerField()
    nonce = peewee.TextField()
    kind = peewee.TextField()
    text = peewee.TextField()
    reply_to = peewee.BigIntegerField(null=True)
    why = peewee.TextField()
    at = peewee.BigIntegerField()
    answered_at = peewee.BigIntegerField(null=True)
    answered_by = peewee.BigIntegerField(null=True)
    answer = peewee.TextField(null=True)

    class Meta:
        table_name = "held_posts"
