"""Saying something: a checked text is rendered and given to the Journal; and what follows a post,
through whatever door it came."""

import asyncio
from typing import NamedTuple

from chat.drafts import Draft, Mentioned, Person
from chat.engine import Engine
from chat.events import Receipt
from chat.formatting import parse, render
from chat.history.journal import Answer as Answer
from chat.requests import check_text
from helpers.text.markdown import is_slow, may_contain_name


class Rendered(NamedTuple):
    """A text's HTML, None where it says no more than the text, and whom it names."""

    html: str | None
    called: tuple[Mentioned, ...]


def takes_time(text: str) -> bool:
    """Must names be looked up for it, or might it take long to render? Then `post_later` is for
    it."""
    return is_slow(text) or may_contain_name(text)


def post(
    engine: Engine,
    room_id: int,
    author: Person,
    text: str,
    nonce: str,
    answer: Answer,
    reply_to: int | None = None,
) -> None:
    """Queues a message whose text and nonce were checked. `answer` hears its Receipt, or what it
    was refused with.

    `reply_to` is the number of the post that it answers."""
    engine.journal.append(Draft(room_id, author, nonce, text, render(text), reply_to=reply_to), answer)


async def post_later(
    engine: Engine,
    room_id: int,
    author: Person,
    text: str,
    nonce: str,
    answer: Answer,
    reply_to: int | None = None,
) -> None:
    """As `post`, rendered with the names in it, and in a thread where that may take long."""
    html, called = await rendered(engine, text)
    engine.journal.append(Draft(room_id, author, nonce, text, html, reply_to=reply_to, called=called), answer)


async def say(engine: Engine, room_id: int, author: Person, text: str, nonce: str, kind: str) -> Receipt:
    """Says it and waits for the Receipt. Raises ActionError."""
    check_text(text)
    html, called = await rendered(engine, text)
    receipt = await engine.journal.change(Draft(room_id, author, nonce, text, html, kind, called=called))
    after_post(engine, room_id, author, receipt)
    return receipt


def after_post(engine: Engine, room_id: int, author: Person, receipt: Receipt) -> None:
    """What follows a stored post: who writes has seen what is above it, and isn't away any more."""
    if receipt.number is not None:
        engine.read_marks.note(room_id, author.id, receipt.number)
        engine.statuses.posted(author.id, author.name)


async def rendered(engine: Engine, text: str) -> Rendered:
    """The HTML with the people and rooms that the text names."""
    slow = is_slow(text)
    markup = await asyncio.to_thread(parse, text) if slow else parse(text)
    if markup is None:
        return Rendered(None, ())
    people, rooms = (
        await engine.directory.find(markup.names, markup.rooms) if markup.names or markup.rooms else ({}, {})
    )
    names = {typed: called.name for typed, called in people.items()}
    html = await asyncio.to_thread(markup.html, names, rooms) if slow else markup.html(names, rooms)
    return Rendered(html, tuple(dict.fromkeys(people.values())))
