"""The words of a text without the signs that act, for a preview of one line."""

import html
import re

from helpers.markup.blocks import Blocks, lines_of
from helpers.markup.markdown import MAX_SIGNS, may_have_markup
from helpers.markup.writer import TooManySigns, Writer, escaped

HIDDEN = "▒▒▒"
"""Stands for a spoiler."""

_SPOILER = re.compile(r'<span class="spoiler".*?</span>', re.DOTALL)
_CELL_END = re.compile(r"</t[dh]>(?=<t)")
_TAG = re.compile(r"<[^<>]*+>")


def _anything(url: str) -> bool:
    return True


def _without_colours(code: str, language: str) -> str:
    return escaped(code)


def strip_markup(text: str) -> str:
    """Returns the text as people read it, without what shows how it looks. What was too much to be
    parsed stays as it was typed."""
    if not may_have_markup(text):
        return text
    writer = Writer({}, MAX_SIGNS)
    try:
        Blocks(writer, text, _anything, _without_colours).write(lines_of(text))
    except TooManySigns:
        return text
    shown = _SPOILER.sub(HIDDEN, "".join(writer.pieces))
    return html.unescape(_TAG.sub("", _CELL_END.sub(" ", shown))).strip("\n")
