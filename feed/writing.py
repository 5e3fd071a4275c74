"""The feed's actions, and the only code that changes the feed. They are idempotent.

A forbidden action, or one on a missing post, raises ActionError and changes nothing."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.directory import all_exist
from accounts.people.mentions import NamedPeople
from accounts.relations.visibility import Visibility
from feed import event_log, pictures
from feed.errors import comment_gone, gone, not_the_author, sent_before, too_late
from feed.formatting import MAX_COMMENT, MAX_POST, check_text, render
from feed.models import Comment, DeletedComment, Like, Picture, PictureFile, Post
from feed.pictures import NewPicture, PictureChange
from feed.undoing import ERASED, erase_deleted_by
from helpers.clock import now_ms
from helpers.db.database import is_sqlite
from helpers.errors import ActionError
from helpers.rendering import Renderer

NO_CHANGE = PictureChange()

_OF_DELETION = ("deleted_by", "undo_until")
"""What a deleted comment has beside the fields of a comment."""


class Writer:
    """Performs the actions. `on_commit` is called after each stored change. What is deleted can be taken
    back for `undo_ms`."""

    def __init__(
        self,
        database: AioDatabase,
        visibility: Visibility,
        renderer: Renderer,
        people: NamedPeople,
        on_commit: Callable[[], None],
        undo_ms: int,
    ) -> None:
        self._database = database
        self._renderer = renderer
        self._visibility = visibility
        self._on_commit = on_commit
        self._people = people
        self._undo_ms = undo_ms

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        async with self._database.aio_atomic():
            yield
        self._on_commit()

    async def post(
        self, author: User, text: str, new_pictures: Sequence[NewPicture] = (), nonce: str | None = None
    ) -> int:
        """Creates a post and returns its id. If the author has already sent the same post with this
        nonce, the id is that of the existing post."""
        text = _post_text(text, has_pictures=bool(new_pictures))
        html = await render(self._renderer, self._people, author.id, text)
        given = {
            "author_id": author.id,
            "text": text,
            "html": html,
            "at": now_ms(),
            "likes": 0,
            "comments": 0,
            "nonce": nonce,
        }
        async with self._transaction():
            found = await Post.insert(**given).on_conflict_ignore().returning(Post.id).aio_execute()
            if not found:
                return await _existing_post(author, text, new_pictures, nonce)
            post_id = int(found[0].id)
            await _add_pictures(post_id, 0, new_pictures)
            await event_log.append(
                event_log.POST, event_log.ADDED, author_id=author.id, post_id=post_id, user_id=author.id
            )
        return post_id

    async def edit(self, author: User, post_id: int, text: str, change: PictureChange = NO_CHANGE) -> None:
        text = _post_text(text, has_pictures=True)
        html = await render(self._renderer, self._people, author.id, text)
        async with self._transaction():
            post = _own(await self._visible_post(post_id, author), author)
            has_pictures, is_changed = await _change_pictures(post_id, change)
            _post_text(text, has_pictures)
            if post.text == text and not is_changed:
                return
            await (
                Post.update(text=text, html=html, edited_at=now_ms()).where(Post.id == post_id).aio_execute()
            )
            await event_log.append(
                event_log.POST, event_log.EDITED, author_id=author.id, post_id=post_id, user_id=author.id
            )

    async def delete(self, user: User, post_id: int) -> None:
        """Deletes a post: it becomes invisible with its comments and likes. For a while it can be
        taken back; then its text and pictures are erased. Administrators may delete any post."""
        await self._delete(user, post_id, {"undo_until": now_ms() + self._undo_ms})

    async def erase(self, user: User, post_id: int) -> None:
        """Deletes a post for good at once."""
        await self._delete(user, post_id, ERASED)

    async def _delete(self, user: User, post_id: int, fields: Mapping[str, Any]) -> None:
        async with self._transaction():
            post = (
                await self._locked_post(post_id)
                if user.is_admin
                else _own(await self._visible_post(post_id, user), user)
            )
            removed_by = user.id if post.author_id != user.id else None
            deleted = {**fields, "deleted_at": now_ms(), "removed_by": removed_by}
            await Post.update(deleted).where(Post.id == post_id).aio_execute()
            await event_log.append(
                event_log.POST, event_log.REMOVED, author_id=post.author_id, post_id=post_id, user_id=user.id
            )

    async def undelete(self, user: User, post_id: int) -> None:
        """Takes the deletion of a post back, for who deleted it. Raises ActionError when it is too late."""
        async with self._transaction():
            query: Any = Post.select().where(Post.id == post_id, Post.undo_until > now_ms())
            found: list[Post] = list(
                await (query if is_sqlite(self._database) else query.for_update()).aio_execute()
            )
            if not found or user.id != (found[0].removed_by or found[0].author_id):
                raise too_late()
            await self._check_undoable(user, found[0].author_id)
            shown = {"deleted_at": None, "removed_by": None, "undo_until": None}
            await Post.update(shown).where(Post.id == post_id).aio_execute()
            await event_log.append(
                *(event_log.POST, event_log.ADDED),
                author_id=found[0].author_id,
                post_id=post_id,
                user_id=user.id,
            )

    async def _check_undoable(self, user: User, author_id: int) -> None:
        """What somebody wrote who has left since stays deleted, and so does what an administrator removed
        who is none any more."""
        if not (user.is_admin or user.id == author_id) or not await all_exist([author_id]):
            raise too_late()

    async def comment(self, author: User, post_id: int, text: str, nonce: str | None = None) -> int:
        """Creates a comment and returns its id. The nonce works as for a post."""
        text = check_text(text, MAX_COMMENT)
        html = await render(self._renderer, self._people, author.id, text)
        async with self._transaction():
            post = await self._visible_post(post_id, author)
            given = {
                "post_id": post_id,
                "author_id": author.id,
                "text": text,
                "html": html,
                "at": now_ms(),
                "nonce": nonce,
            }
            found = await Comment.insert(**given).on_conflict_ignore().returning(Comment.id).aio_execute()
            if not found:
                return await _existing_comment(author, post_id, text, nonce)
            comment_id = int(found[0].id)
            await self._note_comment(event_log.ADDED, post, author, comment_id)
        return comment_id

    async def edit_comment(self, author: User, post_id: int, comment_id: int, text: str) -> None:
        text = check_text(text, MAX_COMMENT)
        html = await render(self._renderer, self._people, author.id, text)
        async with self._transaction():
            post = await self._visible_post(post_id, author)
            if (await self._own_comment(post_id, comment_id, author)).text == text:
                return
            await (
                Comment.update(text=text, html=html, edited_at=now_ms())
                .where(Comment.id == comment_id)
                .aio_execute()
            )
            await self._note_comment(event_log.EDITED, post, author, comment_id)

    async def delete_comment(self, user: User, post_id: int, comment_id: int) -> None:
        """Deletes a comment, which for a while can be taken back. Administrators may delete any
        comment."""
        await self._delete_comment(user, post_id, comment_id, now_ms() + self._undo_ms)

    async def erase_comment(self, user: User, post_id: int, comment_id: int) -> None:
        """Deletes a comment for good at once."""
        await self._delete_comment(user, post_id, comment_id, None)

    async def _delete_comment(
        self, user: User, post_id: int, comment_id: int, undo_until: int | None
    ) -> None:
        async with self._transaction():
            post = await (self._locked_post(post_id) if user.is_admin else self._visible_post(post_id, user))
            comment = await (
                _comment(post_id, comment_id)
                if user.is_admin
                else self._own_comment(post_id, comment_id, user)
            )
            if undo_until is not None:
                until = {"deleted_by": user.id, "undo_until": undo_until}
                await DeletedComment.insert({**comment.__data__, **until}).aio_execute()
            await Comment.delete().where(Comment.id == comment_id).aio_execute()
            await self._note_comment(event_log.REMOVED, post, user, comment_id)

    async def undelete_comment(self, user: User, post_id: int, comment_id: int) -> None:
        """Takes the deletion of a comment back, as `undelete` that of a post."""
        is_it = (DeletedComment.id == comment_id) & (DeletedComment.post_id == post_id)
        async with self._transaction():
            try:
                post = await (
                    self._locked_post(post_id) if user.is_admin else self._visible_post(post_id, user)
                )
            except ActionError:
                raise too_late() from None
            is_in_time = (DeletedComment.deleted_by == user.id) & (DeletedComment.undo_until > now_ms())
            found: DeletedComment | None = await DeletedComment.aio_get_or_none(is_it & is_in_time)
            if found is None:
                raise too_late()
            await self._check_undoable(user, found.author_id)
            given = {name: value for name, value in found.__data__.items() if name not in _OF_DELETION}
            # The same form may have been sent again meanwhile.
            if not await Comment.insert(given).on_conflict_ignore().returning(Comment.id).aio_execute():
                raise too_late()
            await DeletedComment.delete().where(is_it).aio_execute()
            await self._note_comment(event_log.ADDED, post, user, comment_id)

    async def like(self, user: User, post_id: int) -> None:
        async with self._transaction():
            post = await self._visible_post(post_id, user)
            given = {"post_id": post_id, "user_id": user.id, "at": now_ms()}
            if await Like.insert(**given).on_conflict_ignore().returning(Like.user_id).aio_execute():
                await event_log.append(
                    event_log.LIKE,
                    event_log.ADDED,
                    author_id=post.author_id,
                    post_id=post_id,
                    user_id=user.id,
                )

    async def unlike(self, user: User, post_id: int) -> None:
        async with self._transaction():
            post = await self._visible_post(post_id, user)
            if await Like.delete().where(Like.post_id == post_id, Like.user_id == user.id).aio_execute():
                await event_log.append(
                    event_log.LIKE,
                    event_log.REMOVED,
                    author_id=post.author_id,
                    post_id=post_id,
                    user_id=user.id,
                )

    async def erase_deleted(self, author_id: int) -> None:
        """Erases what a person wrote and can still be taken back."""
        await erase_deleted_by(self._database, author_id)

    async def _note_comment(self, change: str, post: Post, user: User, comment_id: int) -> None:
        given = {
            "author_id": post.author_id,
            "post_id": post.id,
            "user_id": user.id,
            "comment_id": comment_id,
        }
        await event_log.append(event_log.COMMENT, change, **given)

    async def _visible_post(self, post_id: int, user: User) -> Post:
        """Like `_locked_post`, but raises not_found if the user may not see the post."""
        post = await self._locked_post(post_id)
        if not await self._visibility.sees_posts(user.id, post.author_id):
            raise gone()
        return post

    async def _own_comment(self, post_id: int, comment_id: int, author: User) -> Comment:
        """Returns a comment of the author's. One that a block hides from them is not there, as one
        that doesn't exist."""
        comment = await _comment(post_id, comment_id)
        if await self._visibility.hidden_people([(author.id, comment.author_id)]):
            raise comment_gone()
        return _own(comment, author)

    async def _locked_post(self, post_id: int) -> Post:
        """Returns the post, locked until the commit. All actions lock the post before the clock,
        which prevents deadlocks."""
        query: Any = Post.select().where(Post.id == post_id, Post.deleted_at.is_null())
        found: list[Post] = list(
            await (query if is_sqlite(self._database) else query.for_update()).aio_execute()
        )
        if not found:
            raise gone()
        return found[0]


Written = TypeVar("Written", Post, Comment)


def _own(written: Written, author: User) -> Written:
    if written.author_id != author.id:
        raise not_the_author()
    return written


async def _comment(post_id: int, comment_id: int) -> Comment:
    found: Comment | None = await Comment.aio_get_or_none(
        Comment.id == comment_id, Comment.post_id == post_id
    )
    if found is None:
        raise comment_gone()
    return found


def _post_text(text: str, has_pictures: bool) -> str:
    """Returns the text as it is stored. It may only be empty if there are pictures. Raises
    ActionError."""
    return "" if has_pictures and not text.strip() else check_text(text, MAX_POST)


async def _existing_post(
    author: User, text: str, new_pictures: Sequence[NewPicture], nonce: str | None
) -> int:
    """Returns the post that the author sent with this nonce. Raises ActionError if it differs, or
    is deleted."""
    post = await Post.aio_get(Post.author_id == author.id, Post.nonce == nonce)
    if post.deleted_at is not None:
        raise gone()
    shown = (await pictures.pictures_of_posts([post.id]))[post.id]
    if (post.text, [picture["alt"] for picture in shown]) != (
        text,
        [picture.alt for picture in new_pictures],
    ):
        raise sent_before()
    return int(post.id)


async def _existing_comment(author: User, post_id: int, text: str, nonce: str | None) -> int:
    comment = await Comment.aio_get(Comment.author_id == author.id, Comment.nonce == nonce)
    if (comment.post_id, comment.text) != (post_id, text):
        raise sent_before()
    return int(comment.id)


async def _add_pictures(post_id: int, first: int, new_pictures: Sequence[NewPicture]) -> None:
    for place, one in enumerate(new_pictures, first):
        given = {"post_id": post_id, "place": place, "width": one.width, "height": one.height, "alt": one.alt}
        picture_id = await Picture.insert(**given).aio_execute()
        files = [
            {"picture_id": picture_id, "size": size, "data": b"", "blob_id": blob_id}
            for size, blob_id in one.blobs.items()
        ]
        await PictureFile.insert_many(files).aio_execute()


async def _change_pictures(post_id: int, change: PictureChange) -> tuple[bool, bool]:
    """Returns whether the post has pictures afterwards, and whether anything changed. Raises
    ActionError for too many pictures."""
    query = Picture.select().where(Picture.post_id == post_id).order_by(Picture.place)
    before: list[Picture] = list(await query.aio_execute())
    kept = [picture for picture in before if picture.id not in change.removed]
    if len(kept) + len(change.added) > pictures.MAX_PICTURES:
        raise pictures.too_many()
    is_changed = bool(change.added) or len(kept) < len(before)
    for picture in before:
        alt = change.alts.get(picture.id, picture.alt)
        if picture not in kept:
            await Picture.delete().where(Picture.id == picture.id).aio_execute()
        elif alt != picture.alt:
            await Picture.update(alt=alt).where(Picture.id == picture.id).aio_execute()
            is_changed = True
    await _add_pictures(post_id, before[-1].place + 1 if before else 0, change.added)
    return bool(kept or change.added), is_changed
