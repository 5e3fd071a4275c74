"""What may stand in a text that people will read: any letter of any script, and no control
characters but those of a line."""

import re
import unicodedata

# C0 but tab, line feed and carriage return; DEL and C1; surrogates, which UTF-8 can't hold;
# noncharacters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def is_unicode(text: str) -> bool:
    """No lone surrogate: those come in where bytes that aren't UTF-8 were decoded, and nothing can
    hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def has_forbidden(text: str) -> bool:
    """Does it hold a character that no text of several lines may?"""
    # What is printable holds none of them, and a line of text mostly is. This look costs a tenth of
    # the other.
    return not text.isprintable() and _FORBIDDEN.search(text) is not None


def is_one_line(text: str) -> bool:
    """No line break, no tab and no control character."""
    return _NO_LINE.search(text) is None


# Letters by their category that are drawn as nothing: fillers of Hangul, the empty pattern of
# Braille.
_EMPTY_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_JOINER = "\u200d"
_MARKS_AT_MOST = 3


def is_plainly_visible(text: str) -> bool:
    """Is all of it drawn, and where it stands? No control or invisible characters, none that change
    the direction of what follows, none without a meaning, and no more marks on one letter than any
    language has. Emoji may be joined."""
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
    """What an error says, for a line of a log: drivers write theirs over several."""
    return " ".join(str(error).split())
