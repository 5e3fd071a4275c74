"""The feed's sections of the personal data export. This module only reads."""

import base64
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from accounts.keys import Section
from accounts.models import User
from accounts.personal_data.export import PAGE
from feed.models import Comment, Like, Picture, Post
from feed.pictures import SIZES, read
from helpers.clock import iso
from helpers.storage.store import STORE, Store

Rows = AsyncIterator[dict[str, Any]]


def _common_fields(written: Post | Comment) -> dict[str, Any]:
    edited_at = iso(written.edited_at) if written.edited_at is not None else None
    return {"id": written.id, "at": iso(written.at), "text": written.text, "edited_at": edited_at}


async def _posts(store: Store, user: User) -> Rows:
    after = 0
    while True:
        query = Post.select().where(Post.author_id == user.id, Post.deleted_at.is_null(), Post.id > after)
        rows = list(await query.order_by(Post.id).limit(PAGE).aio_execute())
        pictures = await _pictures([post.id for post in rows])
        for post in rows:
            after = post.id
            # The image data is read per post: a page of posts may have a hundred megabytes.
            shown = [await _picture(store, picture) for picture in pictures.get(post.id, ())]
            yield {**_common_fields(post), **({"pictures": shown} if shown else {})}
        if len(rows) < PAGE:
            return


async def _pictures(post_ids: list[int]) -> dict[int, list[Picture]]:
    found: dict[int, list[Picture]] = {}
    query = Picture.select().where(Picture.post_id.in_(post_ids)).order_by(Picture.post_id, Picture.place)
    for picture in await query.aio_execute() if post_ids else ():
        found.setdefault(picture.post_id, []).append(picture)
    return found


async def _picture(store: Store, picture: Picture) -> dict[str, str]:
    data = await read(store, picture.id, SIZES[-1]) or b""
    return {"alt": picture.alt, "data": "data:image/webp;base64," + base64.b64encode(data).decode()}


async def _comments(user: User) -> Rows:
    after = 0
    while True:
        query = Comment.select().where(Comment.author_id == user.id, Comment.id > after)
        rows = list(await query.order_by(Comment.id).limit(PAGE).aio_execute())
        for comment in rows:
            after = comment.id
            yield {**_common_fields(comment), "post": comment.post_id}
        if len(rows) < PAGE:
            return


async def _likes(user: User) -> Rows:
    after = 0
    while True:
        query = Like.select(Like.post_id, Like.at).where(Like.user_id == user.id, Like.post_id > after)
        rows = await query.order_by(Like.post_id).limit(PAGE).tuples().aio_execute()
        for post_id, at in rows:
            after = post_id
            yield {"post": post_id, "at": iso(at)}
        if len(rows) < PAGE:
            return


def sections(app: web.Application) -> list[Section]:
    posts = Section("posts", lambda user: _posts(app[STORE], user))
    return [posts, Section("comments", _comments), Section("likes", _likes)]
