"""Checks the texts of posts and comments, and renders them with mentions."""

from accounts.people.mentions import NamedPeople
from accounts.people.name_shape import PERSON
from feed.markup import markdown
from helpers.errors import ActionError
from helpers.rendering import Renderer
from helpers.text.characters import cleaned, is_blank

MAX_POST = 10_000
MAX_COMMENT = 4_000


def check_text(text: str, most: int) -> str:
    """Returns the text as it is stored. Raises ActionError."""
    # Leading spaces are significant in Markdown.
    text = cleaned(text).replace("\r\n", "\n").strip("\n").rstrip()
    if is_blank(text):
        raise ActionError("empty", "There is nothing in it.", field="text")
    if len(text) > most:
        raise ActionError(
            "too_long",
            "At most {most} characters, please; this has {given}.",
            field="text",
            most=most,
            given=len(text),
        )
    return text


async def render(renderer: Renderer, people: NamedPeople, author_id: int, text: str) -> str | None:
    """Returns the HTML of a text, or None if it equals the escaped text."""
    markup = await renderer.parse(author_id, markdown, text)
    if markup is None:
        return None
    names = markup.names_after(PERSON.sign)
    found = {typed: person.name for typed, person in (await people.find(names)).items()} if names else {}
    return markdown.html(markup, {PERSON.sign: found})
