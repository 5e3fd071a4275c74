"""The shape of names, and how a text names a person. Kept apart from names.py, whose tables of
letters take 25 MB, for the processes that only render texts."""

import re
import unicodedata

from helpers.markup.markdown import Reference

MAX_LENGTH = 32

# A name is one word: in `@name, hello` it ends before the comma. L is a letter or digit, M a
# combining mark, with which most scripts of India write vowels. Three marks are enough for every
# language and too few to overlap the line above.
_SHAPE = re.compile(r"LM{0,3}(?:[._-]*LM{0,3})*")

# The same for names without marks, which most are.
_UNMARKED = re.compile(r"[^\W_](?:[._-]*+[^\W_])*+")


def has_shape(name: str) -> bool:
    return _SHAPE.fullmatch("".join(map(_kind, name))) is not None


def name_at(text: str, start: int) -> str:
    """Returns the longest part of the text from `start` that has the shape of a name. Empty if
    there is none, or if it is too long."""
    unmarked = _UNMARKED.match(text, start, start + MAX_LENGTH + 1)
    if unmarked is None:
        return ""
    if text[unmarked.end() : unmarked.end() + 1].isascii():
        return unmarked[0] if len(unmarked[0]) <= MAX_LENGTH else ""
    found = _SHAPE.match("".join(map(_kind, text[start : start + MAX_LENGTH + 1])))
    return text[start : start + found.end()] if found and found.end() <= MAX_LENGTH else ""


def _kind(letter: str) -> str:
    if letter.isalnum():
        return "L"
    return "M" if unicodedata.category(letter) in ("Mn", "Mc") else letter


PERSON = Reference("@", "/users/", "mention", name_at)
