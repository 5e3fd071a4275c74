"""Erases a deleted account's data from the feed: likes, and on request posts and comments. Readers
receive an event for each."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable

from accounts.keys import DeletedAccount
from accounts.models import User
from feed.models import Comment, Like, Post
from feed.writing import Writer
from helpers.errors import ActionError
from timings import Timings

AT_ONCE = 200
"""Rows per query. Each is deleted in a transaction of its own."""

Steps = AsyncGenerator[None, None]


async def erase_feed_data(writer: Writer, account: DeletedAccount, timings: Timings) -> Steps:
    """Erases an account's data from the feed; an accounts.keys.Eraser."""
    deleted_user = User(id=account.user_id)
    own_likes = Like.user_id == account.user_id
    while post_ids := [
        row[0]
        for row in await Like.select(Like.post_id).where(own_likes).limit(AT_ONCE).tuples().aio_execute()
    ]:
        for post_id in post_ids:
            if not await _succeeded(writer.unlike(deleted_user, post_id)):
                await Like.delete().where(own_likes, Like.post_id == post_id).aio_execute()
            yield
    await writer.erase_deleted(account.user_id)
    yield
    if not account.removes:
        return
    is_own = Comment.author_id == account.user_id
    comments = (
        Comment.select(Comment.id, Comment.post_id).where(is_own).order_by(Comment.id).limit(AT_ONCE).tuples()
    )
    while rows := list(await comments.aio_execute()):
        for comment_id, post_id in rows:
            if not await _succeeded(writer.erase_comment(deleted_user, post_id, comment_id)):
                await Comment.delete().where(is_own, Comment.id == comment_id).aio_execute()
            yield
    posts = Post.select(Post.id).where(Post.author_id == account.user_id, Post.deleted_at.is_null())
    posts = posts.order_by(Post.id).limit(AT_ONCE).tuples()
    removed = False
    while post_ids := [row[0] for row in await posts.aio_execute()]:
        removed = True
        for post_id in post_ids:
            await _succeeded(writer.erase(deleted_user, post_id))
            yield
    if removed:
        # The streams of all processes look up followers when they read the events. After this wait
        # the follows may be deleted.
        await asyncio.sleep(timings.feed_poll + 0.5)
        yield


async def _succeeded(action: Awaitable[None]) -> bool:
    """Returns False if the post is gone. Then no event is needed for what belongs to it."""
    try:
        await action
    except ActionError:
        return False
    return True
