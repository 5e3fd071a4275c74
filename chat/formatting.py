"""Renders a message's text as HTML: the room's subset of Markdown, with names of people and
rooms."""

import re
from collections.abc import Mapping

from accounts.people.mentions import PERSON
from helpers.text.markdown import Markdown, Reference
from helpers.text.markdown import Markup as MarkupOfHelpers

_ROOM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}(?![\w-])")


def _room_at(text: str, start: int) -> str:
    found = _ROOM_NAME.match(text, start)
    return found[0] if found else ""


ROOM = Reference("#", "/rooms/", "room-ref", _room_at)

markdown = Markdown(PERSON, ROOM, own=r"/rooms/[A-Za-z][A-Za-z0-9_-]{0,31}(?:/\d{1,16})?\Z")


class Markup:
    """A parsed text. `names` and `rooms` are its possible names of people and rooms, without the
    sign."""

    def __init__(self, markup: MarkupOfHelpers) -> None:
        self._markup = markup
        self.names = markup.names(PERSON.sign)
        self.rooms = markup.names(ROOM.sign)

    def html(self, people: Mapping[str, str], rooms: Mapping[str, str]) -> str | None:
        """The HTML, or None where it looks the same as the escaped text with its line breaks.

        `people` and `rooms` map the names that exist, as typed, to their spelling."""
        return self._markup.html({PERSON.sign: people, ROOM.sign: rooms})


def parse(text: str) -> Markup | None:
    """The parsed text, or None where it holds no markup."""
    markup = markdown.parse(text)
    return Markup(markup) if markup is not None else None


render = markdown.render
"""The HTML of a message that names nobody, or None as in Markup.html."""
