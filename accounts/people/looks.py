"""What names look like: keys that are the same for names that common typefaces draw alike.

Users are stored with them. What changes them changes no stored ones: it needs a migration like 0028,
and leaves what a landed migration uses as it is."""

import re
from functools import cache
from typing import Any, Literal

from confusable_homoglyphs import confusables

from helpers.text.characters import composed
from helpers.text.folding import MAX_FOLDED, folded

_APART = str.maketrans({"m": "rn", "w": "vv", "d": "cl", "0": "o", "1": "l", "\u0138": "k"})
"""Beside Unicode's confusables: what is drawn alike, too. A letter becomes the two that look like
it, so that no order of replacing matters."""

_DOTS = re.compile("(?<=[ilj])\u0307")
"""The dot of the Turkish capital, or one typed apart, where the letter has its own."""

_UNSEEN = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U00016fe4\U000e0100-\U000e01ef]")
"""Marks that choose a form of the letter before them, or do nothing to be seen."""

_SEPARATORS = re.compile(r"[\s._\-'\u2019]+")


@cache
def _prototypes() -> dict[int, str]:
    """Unicode's confusables (UTS 39, 4): for each character what stands for all that look like it.
    Takes some MB: only processes that compare names need it."""
    # Some of the library's keys hold marks of direction.
    data: dict[str, Any] = confusables.confusables_data
    alike = {
        key.strip("\u200e"): [twin["c"].strip("\u200e") for twin in twins] for key, twins in data.items()
    }
    found = {}
    for letter, twins in alike.items():
        # Each is told with its prototype, and a prototype with all that it stands for. Of a pair that
        # is told with each other alone, either will do.
        is_told_with_one = len(letter) == len(twins) == 1
        if is_told_with_one and (len(twins[0]) > 1 or len(alike[twins[0]]) > 1 or twins[0] < letter):
            found[ord(letter)] = twins[0]
    return found


def look(name: str) -> str:
    """The key of a handle. Its case and its accents count; whoever compares handles compares their
    name_key too."""
    return dotted_look(name).replace("i", "l")


def display_look(name: str) -> str:
    """The key of a displayed name, or of a handle where it is displayed: the same also but for case,
    accents, and what stands between words. Empty for no name."""
    return dotted_display_look(name).replace("i", "l")


def dotted_look(name: str) -> str:
    """As `look`, but i and l are two."""
    letters = _apart(name[:MAX_FOLDED], "NFKD")
    # A capital may look like another letter than its small one does.
    for _ in range(2):
        letters = letters.translate(_prototypes()).lower()
    return _DOTS.sub("", _apart(letters, "NFD")).translate(_APART)


def _apart(name: str, form: Literal["NFD", "NFKD"]) -> str:
    return composed(name, 4 * MAX_FOLDED, form) or ""


def dotted_display_look(name: str) -> str:
    """As `display_look`, but i and l are two."""
    return _SEPARATORS.sub("", dotted_look(folded(_UNSEEN.sub("", name))))
