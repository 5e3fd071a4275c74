"""The verbs of the feed, and the only code that changes it. Each asks for a state, so that asking twice changes nothing more.

Whoever may not, or asks for what is gone, gets a Refused, and nothing has changed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from peewee_async.databases import AioDatabase

from accounts.mentions import NamedPeople
from accounts.models import User
from feed import journal
from feed.formatting import MAX_COMMENT, MAX_POST, check_text, render
from feed.models import Comment, Like, Post
from feed.refusal import Refused, comment_gone, gone
from helpers.clock import now_ms
from helpers.database import is_sqlite


class Writer:
    """Writes what people ask for. `on_commit` is called after each change that was stored."""

    def __init__(self, database: AioDatabase, on_commit: Callable[[], None]) -> None:
        self._database = database
        self._on_commit = on_commit
        self._people = NamedPeople()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        async with self._database.aio_atomic():
            yield
        self._on_commit()

    async def post(self, author: User, text: str) -> int:
        """Returns the post's id."""
        text = check_text(text, MAX_POST)
        html = await render(self._people, text)
        async with self._transaction():
            post_id = int(await Post.insert(author_id=author.id, text=text, html=html, at=now_ms(), likes=0, comments=0).aio_execute())
            await journal.note(journal.POST, journal.ADDED, author_id=author.id, post_id=post_id, user_id=author.id)
        return post_id

    async def edit(self, author: User, post_id: int, text: str) -> None:
        text = check_text(text, MAX_POST)
        html = await render(self._people, text)
        async with self._transaction():
            post = _own(await self._locked(post_id), author)
            if post.text == text:
                return
            await Post.update(text=text, html=html, edited_at=now_ms()).where(Post.id == post_id).aio_execute()
            await journal.note(journal.POST, journal.EDITED, author_id=author.id, post_id=post_id, user_id=author.id)

    async def delete(self, author: User, post_id: int) -> None:
        """Its text goes for good; its comments and likes are seen by nobody any more."""
        async with self._transaction():
            _own(await self._locked(post_id), author)
            await Post.update(text="", html=None, deleted_at=now_ms()).where(Post.id == post_id).aio_execute()
            await journal.note(journal.POST, journal.REMOVED, author_id=author.id, post_id=post_id, user_id=author.id)

    async def comment(self, author: User, post_id: int, text: str) -> int:
        """Returns the comment's id."""
        text = check_text(text, MAX_COMMENT)
        html = await render(self._people, text)
        async with self._transaction():
            post = await self._locked(post_id)
            given = {"post_id": post_id, "author_id": author.id, "text": text, "html": html, "at": now_ms()}
            comment_id = int(await Comment.insert(**given).aio_execute())
            await self._note_comment(journal.ADDED, post, author, comment_id)
        return comment_id

    async def edit_comment(self, author: User, post_id: int, comment_id: int, text: str) -> None:
        text = check_text(text, MAX_COMMENT)
        html = await render(self._people, text)
        async with self._transaction():
            post = await self._locked(post_id)
            if _own(await _comment(post_id, comment_id), author).text == text:
                return
            await Comment.update(text=text, html=html, edited_at=now_ms()).where(Comment.id == comment_id).aio_execute()
            await self._note_comment(journal.EDITED, post, author, comment_id)

    async def delete_comment(self, author: User, post_id: int, comment_id: int) -> None:
        async with self._transaction():
            post = await self._locked(post_id)
            _own(await _comment(post_id, comment_id), author)
            await Comment.delete().where(Comment.id == comment_id).aio_execute()
            await self._note_comment(journal.REMOVED, post, author, comment_id)

    async def like(self, user: User, post_id: int) -> None:
        async with self._transaction():
            post = await self._locked(post_id)
            given = {"post_id": post_id, "user_id": user.id, "at": now_ms()}
            if await Like.insert(**given).on_conflict_ignore().returning(Like.user_id).aio_execute():
                await journal.note(journal.LIKE, journal.ADDED, author_id=post.author_id, post_id=post_id, user_id=user.id)

    async def unlike(self, user: User, post_id: int) -> None:
        async with self._transaction():
            post = await self._locked(post_id)
            if await Like.delete().where(Like.post_id == post_id, Like.user_id == user.id).aio_execute():
                await journal.note(journal.LIKE, journal.REMOVED, author_id=post.author_id, post_id=post_id, user_id=user.id)

    async def _note_comment(self, change: str, post: Post, user: User, comment_id: int) -> None:
        given = {"author_id": post.author_id, "post_id": post.id, "user_id": user.id, "comment_id": comment_id}
        await journal.note(journal.COMMENT, change, **given)

    async def _locked(self, post_id: int) -> Post:
        """The post, which nobody else changes before the commit. All lock it before the clock: so nobody waits in a circle."""
        query: Any = Post.select().where(Post.id == post_id, Post.deleted_at.is_null())
        found: list[Post] = list(await (query if is_sqlite(self._database) else query.for_update()).aio_execute())
        if not found:
            raise gone()
        return found[0]


Written = TypeVar("Written", Post, Comment)


def _own(written: Written, author: User) -> Written:
    if written.author_id != author.id:
        raise Refused("forbidden", "Only who wrote it may change it.", status=403)
    return written


async def _comment(post_id: int, comment_id: int) -> Comment:
    found: Comment | None = await Comment.aio_get_or_none(Comment.id == comment_id, Comment.post_id == post_id)
    if found is None:
        raise comment_gone()
    return found
