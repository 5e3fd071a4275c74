"""Words that call a person wherever they stand: by whole words, without case and accents, in any script.
In scripts that are written without spaces a word may stand in the middle of others."""

import re
from collections.abc import Iterable

from chat.search.words import UNSPACED, searched
from helpers.text.characters import is_one_line
from helpers.text.folding import folded_letters

MAX_WORDS = 30
MAX_LENGTH = 60
MAX_KEYS = 1000
"""Different words of one message that are looked at."""

_WORD = re.compile(r"\w+")


class BadKeyword(Exception):
    """It can't be a keyword."""


def folded(word: str) -> str:
    return " ".join(folded_letters(word).split())


def check(word: str) -> str:
    """The word with single spaces. Raises BadKeyword where it has no letter, or isn't one line, or is
    too long."""
    text = " ".join(word.split())
    if not text or len(text) > MAX_LENGTH or not is_one_line(text) or not _WORD.search(folded(text)):
        raise BadKeyword(text)
    return text


def begins(text: str) -> str:
    """The part of a folded keyword by which it is found: its first word, or its first letter in a script
    without spaces."""
    found = _WORD.search(text)
    first = found.group() if found else ""
    return first[0] if first and UNSPACED.match(first) else first


def keys_in(text: str) -> tuple[str, list[str]]:
    """A message's text as it is compared, and all parts by which keywords in it are found."""
    shown = searched(text)
    keys: dict[str, None] = {}
    for run in UNSPACED.findall(shown):
        keys.update(dict.fromkeys(run))
    for word in _WORD.findall(UNSPACED.sub(" ", shown)):
        keys[word] = None
        if len(keys) >= MAX_KEYS:
            break
    # A word of two scripts is one to whoever wrote it.
    keys.update(dict.fromkeys(_WORD.findall(shown)))
    return shown, list(keys)[:MAX_KEYS]


def stands_in(keyword: str, shown: str) -> bool:
    """Whether the folded keyword stands in the text as whole words."""
    at = shown.find(keyword)
    while at >= 0:
        end = at + len(keyword)
        if _is_edge(shown, at) and _is_edge(shown, end):
            return True
        at = shown.find(keyword, at + 1)
    return False


def _is_edge(text: str, place: int) -> bool:
    """Whether a word may begin or end at this place."""
    if place in (0, len(text)):
        return True
    before, after = text[place - 1], text[place]
    if not (_WORD.match(before) and _WORD.match(after)):
        return True
    return bool(UNSPACED.match(before) or UNSPACED.match(after))


def first_of(keywords: Iterable[tuple[str, str]], shown: str) -> str:
    """The first of the keywords, each as typed and folded, that stands in the text; empty for none."""
    return next((word for word, key in keywords if stands_in(key, shown)), "")
