"""Latin letters for a text in another alphabet, as they are used in addresses."""

import re
import unicodedata

from helpers.text.folding import LATIN

_LETTERS = {
    # Cyrillic: Russian, with the letters that Ukrainian, Belarusian, Serbian and Macedonian add.
    **dict(zip("абвгдезийклмнопрстуфхцчшщъыьэюя", [
        *("a", "b", "v", "g", "d", "e", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u"),
        *("f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"),
    ], strict=True)),
    **{"ж": "zh", "ё": "yo", "є": "ye", "і": "i", "ї": "yi", "ґ": "g", "ў": "u", "ђ": "dj", "ј": "j"},
    **{"љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ѓ": "gj", "ќ": "kj", "ѕ": "dz"},
    # Greek.
    **dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", [
        *("a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "s"),
        *("t", "y", "f", "ch", "ps", "o"),
    ], strict=True)),
    # Latin letters that aren't a plain one with a mark.
    **LATIN,
    **{"ß": "ss", "ŋ": "ng", "ĸ": "k"},
}  # fmt: skip

_OTHERS = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile("['’ʼ]")


def address_words(text: str, most: int) -> str:
    """Returns the words of the text in small Latin letters and digits, joined by `-`: at most this
    many characters, whole words where the first one fits. Empty where nothing of the text can be
    written so, and where a single letter can't: what is left would say something else."""
    letters = []
    for letter in unicodedata.normalize("NFC", text.casefold()[: 4 * most]):
        plain = _LETTERS.get(letter)
        if plain is None:
            parts = unicodedata.normalize("NFKD", letter)
            plain = "".join(_LETTERS.get(part, part) for part in parts if not unicodedata.combining(part))
            if not plain.isascii() and any(part.isalpha() for part in plain):
                return ""
        letters.append(plain)
    words = _OTHERS.sub("-", _APOSTROPHES.sub("", "".join(letters))).strip("-")
    if len(words) <= most:
        return words
    cut = words[:most]
    whole = cut if words[most] == "-" else cut.rpartition("-")[0]
    return (whole or cut).strip("-")
