"""Saying something: a text is checked, rendered, and given to the Journal."""

import asyncio
import secrets

from chat.engine import Engine
from chat.events import Receipt
from chat.formatting import render
from chat.journal import Answer
from chat.ledger import Draft, Person
from chat.refusal import Refused
from helpers.text import has_forbidden

MAX_TEXT = 10_000
MAX_NONCE = 64

RENDERED_IN_PLACE = 1000
"""Characters. Markdown made to be slow takes 30 ms a thousand; longer ones are rendered in a thread."""


def new_nonce() -> str:
    """For what comes without one: 128 random bits never meet a client's."""
    return secrets.token_urlsafe(16)


def check_nonce(nonce: str) -> str:
    """Raises Refused for what can't be a nonce."""
    if not 1 <= len(nonce) <= MAX_NONCE or not nonce.isascii() or not nonce.isprintable() or " " in nonce:
        raise Refused("bad_nonce", "A nonce is 1 to {most} visible ASCII characters.", most=MAX_NONCE)
    return nonce


def check_text(text: str) -> str:
    """Raises Refused for what can't be said."""
    if not text.strip():
        raise Refused("empty", "There is nothing in this message.")
    if len(text) > MAX_TEXT:
        raise Refused("too_long", "A message holds at most {most} characters; this has {given}.", most=MAX_TEXT, given=len(text))
    if has_forbidden(text):
        raise Refused("bad_text", "This holds control characters that no message can hold.")
    return text


def is_long(text: str) -> bool:
    """Might it take so long to render that nobody should wait for it? Then `post_long` is for it."""
    return len(text) > RENDERED_IN_PLACE


def post(engine: Engine, room_id: int, author: Person, text: str, nonce: str, answer: Answer, reply_to: int | None = None) -> None:
    """Queues a message whose text and nonce were checked. `answer` hears its Receipt, or what it was refused with.

    `reply_to` is the number of the post that it answers."""
    engine.journal.append(Draft(room_id, author, nonce, text, render(text), reply_to=reply_to), answer)


async def post_long(
    engine: Engine, room_id: int, author: Person, text: str, nonce: str, answer: Answer, reply_to: int | None = None
) -> None:
    """As `post`, rendered in a thread."""
    engine.journal.append(Draft(room_id, author, nonce, text, await rendered(text), reply_to=reply_to), answer)


async def say(engine: Engine, room_id: int, author: Person, text: str, nonce: str, kind: str) -> Receipt:
    """Says it and waits for the Receipt. Raises Refused."""
    check_text(text)
    return await engine.journal.change(Draft(room_id, author, nonce, text, await rendered(text), kind))


async def rendered(text: str) -> str | None:
    """As formatting.render, in a thread where it may take long."""
    return await asyncio.to_thread(render, text) if is_long(text) else render(text)
