"""Checks the texts of posts and comments, and renders them with mentions."""

import asyncio

from accounts.people.mentions import PERSON, NamedPeople
from helpers.errors import ActionError
from helpers.text.characters import has_forbidden
from helpers.text.markdown import Markdown, is_slow

MAX_POST = 10_000
MAX_COMMENT = 4_000

_markdown = Markdown(PERSON, own=r"/feed/\d{1,16}\Z")


def check_text(text: str, most: int) -> str:
    """Returns the text as it is stored. Raises ActionError."""
    # Leading spaces are significant in Markdown.
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    if not text:
        raise ActionError("empty", "There is nothing in it.", field="text")
    if len(text) > most:
        raise ActionError(
            "too_long",
            "At most {most} characters, please; this has {given}.",
            field="text",
            most=most,
            given=len(text),
        )
    if has_forbidden(text):
        raise ActionError("bad_text", "It holds a control character, which nobody could see.", field="text")
    return text


async def render(people: NamedPeople, text: str) -> str | None:
    """Returns the HTML of a text, or None if it equals the escaped text."""
    slow = is_slow(text)
    markup = await asyncio.to_thread(_markdown.parse, text) if slow else _markdown.parse(text)
    if markup is None:
        return None
    found = {typed: user.name for typed, user in (await people.find(markup.names(PERSON.sign))).items()}
    named = {PERSON.sign: found}
    return await asyncio.to_thread(markup.html, named) if slow else markup.html(named)
