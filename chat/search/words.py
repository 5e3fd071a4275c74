"""The text of a post as it is searched, and where what was found stands in it.

Both databases find parts of words by trigrams, three letters in a row. What is shorter is found by
tokens: words of one or two letters, and the pairs of letters of scripts that are written without
spaces, where most words have two letters."""

import re

from helpers.markup.plain_text import strip_markup
from helpers.text.folding import folded_letters

LEAST = 3
"""Letters that trigrams find."""

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese; and Korean, whose words are short."""

_SHORT_WORD = re.compile(r"(?<!\w)\w{1,2}(?!\w)")
_WORD = re.compile(r"\w+")
_LINK = re.compile(r"\bhttps?://", re.IGNORECASE)

MAX_TOKENS = 2000
"""Of one post: as many different pairs as a long one in Chinese has."""

AROUND = 90
"""Characters of an excerpt on each side of the first word that was found."""

MARK_LOOKS = 20_000
"""Steps in which the words that were found are looked for in one post."""


def searched(text: str) -> str:
    """The text without markup, case, accents, and with one space where there were several."""
    return " ".join(folded_letters(strip_markup(text)).split())


def tokens(text: str) -> list[str]:
    """The tokens of a text that `searched` has returned: words of one or two letters, and pairs."""
    found: dict[str, None] = {}
    for run in UNSPACED.findall(text):
        for place in range(len(run)):
            found[run[place : place + 2]] = None
            if len(found) >= MAX_TOKENS:
                return list(found)
    for word in _SHORT_WORD.findall(UNSPACED.sub(" ", text)):
        found[word] = None
        if len(found) >= MAX_TOKENS:
            break
    return list(found)


def has_link(text: str) -> bool:
    return _LINK.search(text) is not None


def is_unspaced(text: str) -> bool:
    return UNSPACED.fullmatch(text) is not None


def is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None


def pieces(text: str, terms: list[str]) -> list[tuple[str, bool]]:
    """An excerpt of a post's text around what was found, as pieces, each with whether it was found.
    `terms` are folded."""
    shown = " ".join(strip_markup(text).split())
    folded, places = _with_places(shown)
    marks = _marks(folded, terms)
    begins = max(0, places[marks[0][0]] - AROUND) if marks else 0
    ends = min(len(shown), max(begins + 3 * AROUND, (places[marks[0][1]] + AROUND) if marks else 0))
    found: list[tuple[str, bool]] = []
    at = begins
    for first, end in marks:
        start, stop = places[first], places[end]
        if start < at or stop > ends:
            continue
        found += [(shown[at:start], False), (shown[start:stop], True)]
        at = stop
    found.append((shown[at:ends], False))
    if begins:
        found.insert(0, ("…", False))
    if ends < len(shown):
        found.append(("…", False))
    return [(piece, is_found) for piece, is_found in found if piece]


def _with_places(shown: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its letters, and its end, the place in the text as shown. A
    letter without a fold of its own, as an accent, belongs to the one before."""
    folded = folded_letters(shown)
    if len(folded) == len(shown) and shown.isascii():
        return folded, list(range(len(shown) + 1))
    places: list[int] = []
    for place, letter in enumerate(shown):
        places += [place] * len(folded_letters(letter))
    return folded, [*places, len(shown)]


def _marks(folded: str, terms: list[str]) -> list[tuple[int, int]]:
    """Where the terms stand, in order, without those within others."""
    found: list[tuple[int, int]] = []
    looks = MARK_LOOKS
    for term in terms:
        whole = is_word(term) and len(term) < LEAST and not is_unspaced(term)
        at = folded.find(term)
        while at >= 0 and looks:
            looks -= 1
            end = at + len(term)
            is_part = whole and (folded[at - 1 : at].isalnum() or folded[end : end + 1].isalnum())
            if not is_part:
                found.append((at, end))
            at = folded.find(term, end)
    marks: list[tuple[int, int]] = []
    for first, end in sorted(found, key=lambda mark: (mark[0], -mark[1])):
        if not marks or first >= marks[-1][1]:
            marks.append((first, end))
    return marks
