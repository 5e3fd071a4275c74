"""Keys of names that look alike, as migration 0026 stored them and as titles of rooms are compared.
Never changed. Those of people's names are in looks.py."""

import re
from typing import Any

from confusable_homoglyphs import confusables

from accounts.people.name_shape import MAX_LENGTH
from helpers.text.characters import composed
from helpers.text.folding import folded

_TWINS = str.maketrans("01", "ol")

_UNSEEN = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U00016fe4\U000e0100-\U000e01ef]")
_SEPARATORS = re.compile(r"[\s._\-'\u2019]+")


def skeleton(name: str) -> str:
    """Returns a key that is the same for names that look alike: Unicode UTS 39, 4, by single
    letters."""
    letters = []
    for letter in (composed(name, MAX_LENGTH, "NFKC") or "").replace("I", "l"):
        found: Any = (
            confusables.is_confusable(letter, preferred_aliases=["latin"]) if not letter.isascii() else False
        )
        twins = (
            [twin["c"] for twin in found[0]["homoglyphs"] if len(twin["c"]) == 1 and twin["c"].isascii()]
            if found
            else []
        )
        letters.append(min(twins) if twins else letter)
    # Of the ASCII confusables only those count that common typefaces draw alike.
    return "".join(letters).lower().translate(_TWINS)


def display_skeleton(name: str) -> str:
    """The same also but for accents and for what stands between words."""
    return _SEPARATORS.sub("", skeleton(folded(_UNSEEN.sub("", name))))
