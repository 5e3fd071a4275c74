"""The tables of history: messages, their former texts, reactions and mentions."""

import peewee

from helpers.db.base import Base


class Message(Base):
    """A line of a room's history: a post, or a service line that records an action. `changed_seq`
    is the seq of its last change.

    `reply_to` is the number of another post. No client gets the text of a deleted post any more;
    chat/personal_data/purge.py erases it, and that of cleared lines. `reactions` counts them;
    `mentions` holds the ids of the people and of the GROUPS mentioned, separated by commas; `previews`
    the cards of the links, as chat/history/previews.py writes them. `files` is the JSON of what the
    events tell of its files."""

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
    reply_to = peewee.BigIntegerField(null=True)
    edited_at = peewee.BigIntegerField(null=True)
    deleted_at = peewee.BigIntegerField(null=True)
    deleted_by = peewee.BigIntegerField(null=True)
    pinned = peewee.BooleanField(default=False)
    reactions = peewee.BigIntegerField(default=0)
    mentions = peewee.TextField(null=True)
    previews = peewee.TextField(null=True)
    files = peewee.TextField(null=True)

    class Meta:
        table_name = "messages"
        primary_key = peewee.CompositeKey("room_id", "seq")


class Reaction(Base):
    """One person's emoji on a message. `added_seq` is the seq of the change that added it;
    reactions are ordered by it."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    emoji = peewee.TextField()
    added_seq = peewee.BigIntegerField()

    class Meta:
        table_name = "reactions"
        primary_key = peewee.CompositeKey("room_id", "seq", "user_id", "emoji")


class Mention(Base):
    """A person mentioned by a post that isn't deleted, for counting: a row for each id in
    Message.mentions, and one of `of_group` for each person whom its `@here` means. Of a post that
    mentions ALL there is only that row."""

    room_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    of_group = peewee.BooleanField(default=False)

    class Meta:
        table_name = "mentions"
        primary_key = peewee.CompositeKey("user_id", "room_id", "number")


class MessageVersion(Base):
    """The text of a message from `at` until the change `replaced_seq`."""

    room_id = peewee.BigIntegerField()
    seq = peewee.BigIntegerField()
    replaced_seq = peewee.BigIntegerField()
    text = peewee.TextField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "message_versions"
        primary_key = peewee.CompositeKey("room_id", "seq", "replaced_seq")


class Clearing(Base):
    """A cleared history whose lines before `before_seq` are still to be erased, from `due_at` on.
    Those up to `done_seq` are."""

    room_id = peewee.BigIntegerField()
    before_seq = peewee.BigIntegerField()
    due_at = peewee.BigIntegerField()
    done_seq = peewee.BigIntegerField()

    class Meta:
        table_name = "clearings"
        primary_key = peewee.CompositeKey("room_id", "before_seq")
