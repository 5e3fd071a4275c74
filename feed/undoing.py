"""What was deleted in the feed, while it can be taken back: how long, and how it ends. `feed/writing.py`
deletes and takes back."""

import asyncio
import logging

from peewee_async.databases import AioDatabase

from feed.models import DeletedComment, Post
from helpers.clock import now_ms
from helpers.db.database import is_unavailable
from timings import Timings

log = logging.getLogger("aiochat.feed")

ERASED = {"text": "", "html": None, "undo_until": None}
"""Of a post. The database removes its pictures then."""


async def erase_due(at: int) -> None:
    """Erases what can't be taken back any more at this time."""
    await Post.update(ERASED).where(Post.undo_until <= at).aio_execute()
    await DeletedComment.delete().where(DeletedComment.undo_until <= at).aio_execute()


async def erase_deleted_by(database: AioDatabase, author_id: int) -> None:
    """Erases what a person has written and was deleted lately."""
    async with database.aio_atomic():
        is_waiting = Post.undo_until.is_null(False)
        await Post.update(ERASED).where(Post.author_id == author_id, is_waiting).aio_execute()
        await DeletedComment.delete().where(DeletedComment.author_id == author_id).aio_execute()


async def erase_forever(timings: Timings) -> None:
    while True:
        try:
            await erase_due(now_ms())
        except Exception as error:
            if not is_unavailable(error):
                log.exception("what was deleted in the feed wasn't erased")
        await asyncio.sleep(timings.feed_undo_sweep)
