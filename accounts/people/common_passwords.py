"""Passwords that are guessed first: the common ones and common words of zxcvbn's lists, 94,000
together, also with digits around them or written with digits and signs for letters; repetitions;
sequences; the person's own names and the site's.

Everything here is linear in the length of the password."""

import re
from array import array
from bisect import bisect_left
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from typing import Any

from helpers.text.characters import composed

SITE_WORDS = ("aiochat", "chatchat")

MAX_AROUND = 8
"""Digits and signs around a word, such as a date, that make no better password of it."""

MAX_DATE = 10
"""Digits alone are a date or a telephone number."""

MAX_FEW = 20
"""Of less than four different letters, a longer one may be."""

MIN_WORD = 4
MIN_OWN = 3

MAX_FOLDED = 254
"""No password, name or address that is taken is longer."""

_LETTERS = (
    str.maketrans("01345789@$!+|", "oieastbgasitl"),
    str.maketrans("01345789@$!+|", "oleastbgaslti"),
)
"""What stands for letters; 1 and ! for two of them."""


_NO_WORD = re.compile(r"[.-]")


@cache
def _common() -> "array[int]":
    """The sorted hashes of all words, as this process makes them: as strings they took 11 MB."""
    spec = find_spec("zxcvbn")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("zxcvbn is missing: see requirements.txt")
    # Its lists alone: the package builds tables of its own when it is imported.
    path = Path(spec.submodule_search_locations[0]) / "frequency_lists.py"
    lists: Any = spec_from_file_location("frequency_lists", path)
    module = module_from_spec(lists)
    lists.loader.exec_module(module)
    words = {word for found in module.FREQUENCY_LISTS.values() for word in found}
    return array("q", sorted(map(hash, words)))


def load_common() -> None:
    """Reads the lists now: it takes a tenth of a second once."""
    _common()


def _folded(text: str) -> str:
    """The text without differences of case and form, "" if it is too long for any name."""
    return (composed(text, MAX_FOLDED, "NFKC") or "").casefold()


def _is_listed(word: str) -> bool:
    words, key = _common(), hash(word)
    place = bisect_left(words, key)
    return place < len(words) and words[place] == key


def is_common(password: str) -> bool:
    """Is it among the first that anyone would try?"""
    folded = _folded(password)
    return (
        len(set(folded)) == 1
        or (len(set(folded)) < MIN_WORD and len(folded) <= MAX_FEW)
        or (folded.isdecimal() and len(folded) <= MAX_DATE)
        or _is_sequence(folded)
        or any(_is_word(found) for found in {folded, _repeated(folded)})
    )


def _is_word(text: str) -> bool:
    if _is_listed(text):
        return True
    core = _without_ends(text)
    if not text.replace(core, "", 1).isascii():
        return False
    written = {core, *(text.translate(table) for table in _LETTERS)}
    written |= {core.translate(table) for table in _LETTERS}
    return any(
        len(word) >= MIN_WORD and len(text) - len(word) <= MAX_AROUND and _is_listed(word) for word in written
    )


def _without_ends(text: str) -> str:
    """The text from its first letter to its last."""
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    return text[places[0] : places[-1] + 1] if places else ""


def _repeated(text: str) -> str:
    """What the text repeats: `abc` of `abcabcabc`, itself where it repeats nothing."""
    return text[: (text + text).find(text, 1)]


def _is_sequence(text: str) -> bool:
    steps = {ord(second) - ord(first) for first, second in pairwise(text)}
    return steps in ({0}, {1}, {-1})


def words_of_host(host: str) -> tuple[str, ...]:
    """The host's name, and the words in it."""
    return (host, *host.split("."), *_NO_WORD.split(host))


def is_own(password: str, own: tuple[str, ...]) -> bool:
    """Is it made of the person's names or the site's, with nothing but a few letters beside them?

    `own` are names and addresses, of the site's host too."""
    rest = folded = _folded(password)
    names = {_folded(text) for text in (*own, *SITE_WORDS)}
    parts = {part for name in names for part in (name, name.partition("@")[0], _without_ends(name))}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= MIN_OWN:
            rest = rest.replace(part, "")
    return rest != folded and len(_without_ends(rest)) < MIN_OWN
