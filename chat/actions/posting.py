"""Posting: a checked text is rendered and handed to the journal. `after_post` does what follows a
stored post, for every door."""

from typing import NamedTuple

from accounts.people.name_shape import PERSON
from chat.drafts import Draft, Mentioned, Person
from chat.engine import Engine
from chat.events import Receipt
from chat.formatting import ROOM, markdown
from chat.history.journal import Answer as Answer
from chat.history.mentions import Directory, Named
from chat.requests import clean_text
from helpers.markup.markdown import Markup, is_slow
from helpers.rendering import Renderer


class Rendered(NamedTuple):
    """A text's HTML, None where it equals the escaped text, and the people that the text names."""

    html: str | None
    mentions: tuple[Mentioned, ...]


PLAIN = Rendered(None, ())


def render_now(engine: Engine, text: str) -> Rendered | None:
    """The rendered text. None where that may be slow, or somebody whom it names has to be looked up:
    then use `render_with_names`."""
    if is_slow(text):
        return None
    markup = markdown.parse(text)
    if markup is None:
        return PLAIN
    named = engine.directory.known(markup.names_after(PERSON.sign), markup.names_after(ROOM.sign))
    return None if named is None else _with_names(markup, named)


def post(
    engine: Engine,
    room_id: int,
    author: Person,
    text: str,
    rendered: Rendered,
    nonce: str,
    answer: Answer,
    reply_to: int | None = None,
) -> None:
    """Queues a message whose text and nonce have been checked. `answer` is called with its Receipt
    or with the ActionError.

    `reply_to` is the number of the post that it replies to."""
    html, mentions = rendered
    engine.journal.append(
        Draft(room_id, author, nonce, text, html, reply_to=reply_to, mentions=mentions), answer
    )


async def post_and_wait(
    engine: Engine, room_id: int, author: Person, text: str, nonce: str, kind: str
) -> Receipt:
    """Posts a text of this kind, waits for its commit and returns the Receipt. Raises
    ActionError."""
    text = clean_text(text)
    html, mentions = await render_with_names(engine, author.id, text)
    receipt = await engine.journal.change(Draft(room_id, author, nonce, text, html, kind, mentions=mentions))
    after_post(engine, room_id, author, receipt)
    return receipt


def after_post(engine: Engine, room_id: int, author: Person, receipt: Receipt) -> None:
    """Moves the author's read mark to the stored post, and ends the author's "away"."""
    if receipt.number is not None:
        engine.read_marks.note(room_id, author.id, receipt.number)
        engine.statuses.posted(author.id, author.name)


async def render_with_names(engine: Engine, author_id: int, text: str) -> Rendered:
    """The text's HTML with links to the people and rooms that it names. `author_id` takes turns with
    others whose texts may be slow."""
    return await render_text(engine.renderer, engine.directory, author_id, text)


async def render_text(renderer: Renderer, directory: Directory, author_id: int, text: str) -> Rendered:
    """The same, without an engine."""
    markup = await renderer.parse(author_id, markdown, text)
    if markup is None:
        return PLAIN
    names, rooms = markup.names_after(PERSON.sign), markup.names_after(ROOM.sign)
    return _with_names(markup, await directory.find(names, rooms))


def _with_names(markup: Markup, named: Named) -> Rendered:
    people, rooms = named
    names = {PERSON.sign: {typed: person.name for typed, person in people.items()}, ROOM.sign: rooms}
    return Rendered(markdown.html(markup, names), tuple(dict.fromkeys(people.values())))
