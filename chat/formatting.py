"""Parses a message's text: the room's subset of Markdown, with names of people and rooms. Imports
little, since it also runs in a process of its own (helpers/rendering.py)."""

import re

from accounts.people.name_shape import PERSON
from helpers.markup.markdown import Markdown, Reference

_ROOM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}(?![\w-])")


def _room_at(text: str, start: int) -> str:
    found = _ROOM_NAME.match(text, start)
    return found[0] if found else ""


ROOM = Reference("#", "/rooms/", "room-ref", _room_at)

markdown = Markdown(PERSON, ROOM, own=r"/rooms/[A-Za-z][A-Za-z0-9_-]{0,31}(?:/\d{1,16})?\Z", module=__name__)
parse = markdown.parse
render = markdown.render
