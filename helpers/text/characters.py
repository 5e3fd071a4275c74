"""Which characters a text may contain: letters of all scripts, and no control characters other than
those of line breaks and tabs."""

import re
import unicodedata
from typing import Literal

# C0 except tab, line feed and carriage return; DEL and C1; surrogates, which UTF-8 can't encode;
# noncharacters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def is_unicode(text: str) -> bool:
    """Returns False for lone surrogates. They come from decoding bytes that aren't UTF-8, and can't
    be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def composed(text: str, most: int, form: Literal["NFC", "NFKC"] = "NFC") -> str | None:
    """Returns the text in this normal form, or None if that could never have only `most`
    characters. Ordering marks takes the square of their number: 40,000 of them take 1.6 s."""
    return unicodedata.normalize(form, text) if len(text) <= 4 * most else None


def has_forbidden(text: str) -> bool:
    """Does the text contain a character that is forbidden in a multi-line text?"""
    # A printable text contains none of them, and most single lines are printable. This check takes
    # a tenth of the search's time.
    return not text.isprintable() and _FORBIDDEN.search(text) is not None


def is_one_line(text: str) -> bool:
    """The text has no line break, tab or control character."""
    return _NO_LINE.search(text) is None


# Letters by category that render as nothing: Hangul fillers, the blank Braille pattern.
_EMPTY_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_JOINER = "\u200d"
_MARKS_AT_MOST = 3


def is_plainly_visible(text: str) -> bool:
    """Is every character visible in its place? Rejects control and invisible characters, changes of
    direction, unassigned characters, and more combining marks on one letter than any language uses.
    Emoji may be joined."""
    marks = 0
    for place, letter in enumerate(text):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if letter == _JOINER and place and unicodedata.category(text[place - 1]) in ("So", "Sk", "Mn"):
            continue
        if (
            category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
            or letter in _EMPTY_LETTERS
            or marks > _MARKS_AT_MOST
        ):
            return False
    return True


def one_line(error: BaseException) -> str:
    """Formats an error for one log line: drivers' messages span several lines."""
    return " ".join(str(error).split())
