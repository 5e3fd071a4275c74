"""The posts and comments of the feed, to be rendered anew after the dialect has changed."""

from collections.abc import Sequence

from peewee_async.databases import AioDatabase

from accounts.people.mentions import NamedPeople
from feed import formatting
from feed.models import Comment, Post
from helpers.rendering import Renderer
from helpers.rerendering import Render, Stored, Texts

_POSTS = Texts(Post, Post.id, text=Post.text, html=Post.html, wanted=Post.text != "")
_COMMENTS = Texts(Comment, Comment.id, text=Comment.text, html=Comment.html, wanted=Comment.text != "")


def texts_of_the_feed(database: AioDatabase, renderer: Renderer) -> list[tuple[Texts, Render]]:
    """Nobody is called by a text that is rendered anew."""
    people = NamedPeople()

    async def render(texts: Sequence[Stored]) -> list[str | None]:
        return [await formatting.render(renderer, people, 0, text) for text, _ in texts]

    return [(_POSTS, render), (_COMMENTS, render)]
