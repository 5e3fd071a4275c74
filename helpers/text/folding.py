"""Texts as people search for them: without differences of case, and without accents.
static/js/words/folding.js does the same."""

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]+")
"""Accents of alphabets, and the vowel points of Hebrew and Arabic. Other scripts write letters by
marks."""

LATIN = {
    **{"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t"},
    **{"æ": "ae", "œ": "oe", "þ": "th"},
}
"""Latin letters that Unicode doesn't take apart, and how they are written without marks."""

_PLAIN = str.maketrans(LATIN)

MAX_FOLDED = 256
"""Characters: more than any name has."""

_APOSTROPHES = re.compile("['\u2019\u02bc\u02b9`]")


def folded(text: str) -> str:
    """The text without case and accents, as far as MAX_FOLDED: ordering marks takes the square of
    their number."""
    apart = unicodedata.normalize("NFKD", text[:MAX_FOLDED].casefold()).translate(_PLAIN)
    return unicodedata.normalize("NFC", _MARKS.sub("", apart))


class _Letters(dict[int, str]):
    """For str.translate: how each letter is folded, worked out when it is first seen."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code).casefold()).translate(_PLAIN)
        self[code] = unicodedata.normalize("NFC", _MARKS.sub("", apart))
        return self[code]


_LETTERS = _Letters()


def folded_letters(text: str) -> str:
    """The text without case and accents, letter by letter, however long it is. Marks are never put
    in order."""
    return text.translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """The words of the folded text, in their order: letters, digits and their marks."""
    return "".join(letter if _is_in_word(letter) else " " for letter in folded(text)).split()


def search_words(text: str) -> set[str]:
    """The words by which the text is found: `O'Neil` by `oneil` too."""
    return {*words_of(text), *words_of(_APOSTROPHES.sub("", text))}


def _is_in_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"
