"""The tables of posts, comments, likes, and events."""

import peewee

from helpers.db.base import Base


class Post(Base):
    """A post. Triggers maintain `likes` and `comments` (migration 0012); the code never writes
    them."""

    author_id = peewee.BigIntegerField()
    text = peewee.TextField()
    html = peewee.TextField(null=True)
    at = peewee.BigIntegerField()
    edited_at = peewee.BigIntegerField(null=True)
    deleted_at = peewee.BigIntegerField(null=True)
    undo_until = peewee.BigIntegerField(null=True)
    """Until then a deleted post can be taken back: it keeps its text and pictures, which nobody sees."""
    removed_by = peewee.BigIntegerField(null=True)
    """The administrator who deleted the post, if it wasn't the author."""
    likes = peewee.BigIntegerField()
    comments = peewee.BigIntegerField()
    nonce = peewee.TextField(null=True)

    class Meta:
        table_name = "feed_posts"


class Picture(Base):
    """A picture of a post, with its largest displayed size. The database deletes it with its post,
    and its files with it."""

    post_id = peewee.BigIntegerField()
    place = peewee.SmallIntegerField()
    width = peewee.IntegerField()
    height = peewee.IntegerField()
    alt = peewee.TextField()

    class Meta:
        table_name = "feed_pictures"


class PictureFile(Base):
    """A picture as WebP, in one of the sizes of feed/pictures.py."""

    picture_id = peewee.BigIntegerField()
    size = peewee.SmallIntegerField()
    data = peewee.BlobField()
    blob_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "feed_picture_files"
        primary_key = peewee.CompositeKey("picture_id", "size")


class Comment(Base):
    """A comment on a post."""

    post_id = peewee.BigIntegerField()
    author_id = peewee.BigIntegerField()
    text = peewee.TextField()
    html = peewee.TextField(null=True)
    at = peewee.BigIntegerField()
    edited_at = peewee.BigIntegerField(null=True)
    nonce = peewee.TextField(null=True)

    class Meta:
        table_name = "feed_comments"


class DeletedComment(Base):
    """A deleted comment that can be taken back until `undo_until`, by who deleted it."""

    id = peewee.BigIntegerField(primary_key=True)
    post_id = peewee.BigIntegerField()
    author_id = peewee.BigIntegerField()
    text = peewee.TextField()
    html = peewee.TextField(null=True)
    at = peewee.BigIntegerField()
    edited_at = peewee.BigIntegerField(null=True)
    nonce = peewee.TextField(null=True)
    deleted_by = peewee.BigIntegerField()
    undo_until = peewee.BigIntegerField()

    class Meta:
        table_name = "feed_deleted_comments"


class Like(Base):
    post_id = peewee.BigIntegerField()
    user_id = peewee.BigIntegerField()
    at = peewee.BigIntegerField()

    class Meta:
        table_name = "feed_likes"
        primary_key = peewee.CompositeKey("post_id", "user_id")


class Clock(Base):
    """The id of the last event, in a single row."""

    last = peewee.BigIntegerField()

    class Meta:
        table_name = "feed_clock"


class FeedEvent(Base):
    """An event: one change of the feed. `author_id` is the post's author, whose followers receive
    the event; `user_id` made the change."""

    id = peewee.BigIntegerField(primary_key=True)
    kind = peewee.TextField()
    change = peewee.TextField()
    author_id = peewee.BigIntegerField()
    post_id = peewee.BigIntegerField()
    comment_id = peewee.BigIntegerField(null=True)
    user_id = peewee.BigIntegerField()

    class Meta:
        table_name = "feed_events"
