"""Reads posts and comments for display. This module only reads."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from peewee_async.databases import AioDatabase

from accounts.people.directory import shown_names, users_by_ids
from accounts.relations.visibility import Visibility
from feed import pictures
from feed.errors import gone, removed
from feed.models import Comment, Like, Post
from helpers.base_path import html_with_base
from helpers.clock import iso
from helpers.db.database import fetch, is_sqlite
from helpers.markup.markdown import plain_html
from helpers.weights import MAX_PAGE_WEIGHT, fitting, weight_of

PAGE = 30
COMMENTS_PAGE = 100
NEWEST = 2**53

Json = dict[str, Any]


_REMOVED: Json = {"removed": True, "text": "", "html": "", "pictures": []}
"""Of a post that an administrator removed: nothing of it is shown, also while that can be taken back."""


class Page(NamedTuple):
    """Posts or comments, and the position of the next page, or None."""

    items: list[Json]
    next: int | None


# Only the authors of the newest posts can be on the page: for thirty posts at most thirty authors,
# found by one index lookup per followed person. Thirty posts of each of them are then enough.
_FEED = """
    WITH latest AS (
        SELECT followed.author_id, (
            SELECT post.id FROM feed_posts AS post
            WHERE post.author_id = followed.author_id AND post.deleted_at IS NULL AND post.id < {before}
            ORDER BY post.id DESC LIMIT 1) AS id
        FROM (SELECT followed_id AS author_id FROM follows
            WHERE follower_id = {me} UNION ALL SELECT {me}) AS followed),
    authors AS (SELECT author_id FROM latest WHERE id IS NOT NULL ORDER BY id DESC LIMIT {most})
    SELECT newest.id FROM authors JOIN {newest} ORDER BY newest.id DESC LIMIT {most}"""

_AUTHOR_NEWEST = """
    SELECT post.id FROM feed_posts AS post
    WHERE post.author_id = authors.author_id AND post.deleted_at IS NULL
        AND post.id < {before} ORDER BY post.id DESC LIMIT {most}"""

_NEWEST = {
    True: f"feed_posts AS newest ON newest.id IN ({_AUTHOR_NEWEST})",
    False: f"LATERAL ({_AUTHOR_NEWEST}) AS newest ON TRUE",
}
"""SQLite has no LATERAL. With the other form PostgreSQL scans all posts."""


def feed_statement(database: AioDatabase, user_id: int, before: int, most: int) -> str:
    """Returns the SQL that finds the newest posts of a user's feed. Only numbers are inserted into
    it."""
    newest = _NEWEST[is_sqlite(database)].format(before=int(before), most=int(most))
    me = int(user_id) if is_sqlite(database) else f"CAST({int(user_id)} AS BIGINT)"
    return _FEED.format(before=int(before), me=me, most=int(most), newest=newest)


async def feed_page(database: AioDatabase, user_id: int, before: int = NEWEST, limit: int = PAGE) -> Page:
    """Returns the posts of the user and of followed people with ids below `before`, newest
    first."""
    ids = [
        post_id for (post_id,) in await fetch(database, feed_statement(database, user_id, before, limit + 1))
    ]
    return _page(await posts_by_ids(ids[:limit], user_id), len(ids) > limit)


async def author_page(author_id: int, viewer_id: int, before: int = NEWEST, limit: int = PAGE) -> Page:
    """Returns the posts of a person, newest first. The author also sees posts that an administrator
    removed.

    The caller checks whether `viewer_id` may see them."""
    found: list[Post] = []
    for is_shown in (
        Post.deleted_at.is_null(),
        *([Post.removed_by.is_null(False)] if author_id == viewer_id else []),
    ):
        query = Post.select().where(Post.author_id == author_id, is_shown, Post.id < before)
        found += await query.order_by(Post.id.desc()).limit(limit + 1).aio_execute()
    found.sort(key=lambda post: -post.id)
    return _page(await _posts_as_json(found[:limit], viewer_id), len(found) > limit)


def _page(items: list[Json], more: bool) -> Page:
    shown = list(fitting(items, lambda item: weight_of(item["text"], item["html"]), MAX_PAGE_WEIGHT))
    return Page(shown, shown[-1]["id"] if shown and (more or len(shown) < len(items)) else None)


async def posts_by_ids(ids: Sequence[int], viewer_id: int | None = None) -> list[Json]:
    """Returns the existing posts, newest first, as `viewer_id` sees them."""
    if not ids:
        return []
    query = Post.select().where(Post.id.in_(ids), Post.deleted_at.is_null()).order_by(Post.id.desc())
    return await _posts_as_json(list(await query.aio_execute()), viewer_id)


async def visible_post(visibility: Visibility, post_id: int, viewer_id: int) -> Json:
    """Returns a post as `viewer_id` sees it. Raises ActionError if it isn't visible; the author of
    a removed post gets another error."""
    post: Post | None = await Post.aio_get_or_none(Post.id == post_id)
    if post is not None and post.removed_by is not None and post.author_id == viewer_id:
        raise removed()
    if (
        post is None
        or post.deleted_at is not None
        or not await visibility.sees_posts(viewer_id, post.author_id)
    ):
        raise gone()
    return (await _posts_as_json([post], viewer_id))[0]


async def counts_of(ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Returns the numbers of likes and comments by post id, deleted posts included."""
    query = Post.select(Post.id, Post.likes, Post.comments).where(Post.id.in_(ids)).tuples()
    return {post_id: (likes, comments) for post_id, likes, comments in await query.aio_execute()}


async def _posts_as_json(posts: list[Post], viewer_id: int | None) -> list[Json]:
    authors = await _authors_of(posts)
    pictures_by_post = await pictures.pictures_of_posts(post.id for post in posts)
    liked: set[int] = set()
    if posts and viewer_id is not None:
        mine = Like.select(Like.post_id).where(
            Like.post_id.in_([post.id for post in posts]), Like.user_id == viewer_id
        )
        liked = {post_id for (post_id,) in await mine.tuples().aio_execute()}
    return [
        {
            **_common_fields(post, authors[post.author_id]),
            "likes": post.likes,
            "comments": post.comments,
            "pictures": pictures_by_post[post.id],
            **({"liked": post.id in liked} if viewer_id is not None else {}),
            **(_REMOVED if post.removed_by is not None else {}),
        }
        for post in posts
    ]


async def _authors_of(written: Sequence[Post | Comment]) -> dict[int, Json]:
    """Returns what posts and comments tell of their authors, by user id."""
    ids = sorted({one.author_id for one in written})
    if not ids:
        return {}
    names = await shown_names(ids)
    return {
        user.id: {
            "author": user.name,
            "author_name": names.get(user.id, ""),
            "author_picture": user.picture,
        }
        for user in (await users_by_ids(ids)).values()
    }


def _common_fields(written: Post | Comment, author: Json) -> Json:
    return {
        "id": written.id,
        **author,
        "text": written.text,
        "html": html_with_base(written.html or (plain_html(written.text) if written.text else "")),
        "at": iso(written.at),
        "edited_at": iso(written.edited_at) if written.edited_at is not None else None,
    }


async def comments_page(
    visibility: Visibility, post_id: int, viewer_id: int, after: int = 0, limit: int = COMMENTS_PAGE
) -> Page:
    """Returns the comments of a post with ids above `after`, oldest first. Comments hidden from
    `viewer_id` are left out, so a page may have fewer; so may one of long comments."""
    query = Comment.select().where(Comment.post_id == post_id, Comment.id > after).order_by(Comment.id)
    found = list(await query.limit(limit + 1).aio_execute())
    shown = fitting(found[:limit], lambda comment: weight_of(comment.text, comment.html), MAX_PAGE_WEIGHT)
    hidden = await visibility.hidden_people((viewer_id, comment.author_id) for comment in shown)
    seen = [comment for comment in shown if (viewer_id, comment.author_id) not in hidden]
    return Page(await _comments_as_json(seen), shown[-1].id if len(found) > len(shown) else None)


async def comments_by_ids(ids: Sequence[int]) -> list[Json]:
    """Returns the existing comments."""
    return (
        await _comments_as_json(list(await Comment.select().where(Comment.id.in_(ids)).aio_execute()))
        if ids
        else []
    )


async def _comments_as_json(comments: list[Comment]) -> list[Json]:
    authors = await _authors_of(comments)
    return [
        {**_common_fields(comment, authors[comment.author_id]), "post": comment.post_id}
        for comment in comments
    ]
