"""Parses a message's text: the room's subset of Markdown, with names of people and rooms. Imports
little, since it also runs in a process of its own (helpers/rendering.py)."""

import html
import re

from accounts.people.name_shape import PERSON
from helpers.markup.markdown import Markdown, Reference

_ROOM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}(?![\w-])")


def _room_at(text: str, start: int) -> str:
    found = _ROOM_NAME.match(text, start)
    return found[0] if found else ""


GROUPS = ("all", "here")
"""What `@` names in a room beside people, in any case: all members, and those who are online."""


GROUP_MENTION = f'<span class="{PERSON.css_class}">'
"""Begins the mention of a group, and nothing else: of a person there is a link."""


class _PersonOrGroup(Reference):
    def link(self, name: str) -> str:
        if name in GROUPS:
            return f"{GROUP_MENTION}{self.sign}{html.escape(name)}</span>"
        return super().link(name)


PERSON_OR_GROUP = _PersonOrGroup(PERSON.sign, PERSON.path, PERSON.css_class, PERSON.name_at)

ROOM = Reference("#", "/rooms/", "room-ref", _room_at)

markdown = Markdown(
    PERSON_OR_GROUP, ROOM, own=r"/rooms/[A-Za-z][A-Za-z0-9_-]{0,31}(?:/\d{1,16})?\Z", module=__name__
)
parse = markdown.parse
render = markdown.render
