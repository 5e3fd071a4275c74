"""What the feed does when somebody's account is deleted: likes go, and what they wrote where they
want it to. Readers are told of each."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable

from accounts.keys import DeletedAccount
from accounts.models import User
from feed.models import Comment, Like, Post
from feed.streams import POLL_SECONDS
from feed.writing import Writer
from helpers.errors import ActionError

AT_ONCE = 200
"""Rows in one look for what is left. Each goes by a transaction of its own."""

Steps = AsyncGenerator[None, None]


async def erase_feed_data(writer: Writer, account: DeletedAccount) -> Steps:
    """An accounts.leaving.Eraser."""
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
    if not account.removes:
        return
    is_own = Comment.author_id == account.user_id
    comments = (
        Comment.select(Comment.id, Comment.post_id).where(is_own).order_by(Comment.id).limit(AT_ONCE).tuples()
    )
    while rows := list(await comments.aio_execute()):
        for comment_id, post_id in rows:
            if not await _succeeded(writer.delete_comment(deleted_user, post_id, comment_id)):
                await Comment.delete().where(is_own, Comment.id == comment_id).aio_execute()
            yield
    posts = Post.select(Post.id).where(Post.author_id == account.user_id, Post.deleted_at.is_null())
    posts = posts.order_by(Post.id).limit(AT_ONCE).tuples()
    removed = False
    while post_ids := [row[0] for row in await posts.aio_execute()]:
        removed = True
        for post_id in post_ids:
            await _succeeded(writer.delete(deleted_user, post_id))
            yield
    if removed:
        # The streams of all processes look up who follows when they read of it; after this nobody
        # does any more.
        await asyncio.sleep(POLL_SECONDS + 0.5)
        yield


async def _succeeded(action: Awaitable[None]) -> bool:
    """False where the post is gone: then nobody is to be told of what hangs on it."""
    try:
        await action
    except ActionError:
        return False
    return True
