"""Which characters a text may contain: letters of all scripts, and no control characters other than
those of line breaks and tabs. What comes with pasted text beside its letters is taken out."""

import re
import unicodedata
from typing import Literal

# What a terminal is told beside its text (ECMA-48): colours, titles, character sets, modes. Then C0
# except tabs and breaks of lines; DEL and C1; noncharacters.
_CONTROLS = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)"
    r"|\x1b(?:[ -/]++[0-~]|[=>78])"
    r"|[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]"
)
_LINE_BREAKS = re.compile("\r(?!\n)|[\x0b\x0c\x85\u2028\u2029]")
"""Those that browsers don't break a line at."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def is_unicode(text: str) -> bool:
    """Returns False for lone surrogates. They come from decoding bytes that aren't UTF-8, and can't
    be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def composed(text: str, most: int, form: Literal["NFC", "NFKC", "NFD", "NFKD"] = "NFC") -> str | None:
    """Returns the text in this normal form, or None if that could never have only `most`
    characters. Ordering marks takes the square of their number: 40,000 of them take 1.6 s."""
    return unicodedata.normalize(form, text) if len(text) <= 4 * most else None


def cleaned(text: str) -> str:
    """Returns a text of several lines as it can be stored and shown: every break of a line is shown as one,
    half a surrogate pair is U+FFFD, and control characters are gone, with the sequences that they
    begin."""
    # A printable text contains none of them, and most single lines are printable.
    if text.isprintable():
        return text
    return _CONTROLS.sub("", _LINE_BREAKS.sub("\n", _SURROGATES.sub("\ufffd", text)))


# White space, control characters, and what Unicode's Default_Ignorable_Code_Point and the Braille
# pattern without dots show: nothing.
_NOTHING = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*+"
)
_NOTHING_AT_ALL = re.compile(_NOTHING.pattern.removesuffix("*+") + "+")


def is_blank(text: str) -> bool:
    """Does the text show nothing at all?"""
    # Most texts begin with something to see.
    return not "!" <= text[:1] <= "~" and _NOTHING.fullmatch(text) is not None


_JOINERS = "\u200c\u200d"
_EMOJI_SHAPE = "\ufe0f"
_KEYCAP = "\u20e3"


def visible_line(text: str) -> str:
    """Returns the text as one line of what can be seen: runs of white space are one space, and what
    shows nothing or turns the direction of a line is gone. Joiners stay between letters of the
    scripts that use them and in emoji."""
    text = " ".join(cleaned(text).split())
    if text.isascii():
        return text
    kept = [
        letter
        for place, letter in enumerate(text)
        if letter == " " or not _NOTHING.fullmatch(letter) or _is_joining(text, place)
    ]
    return " ".join("".join(kept).split())


def _is_joining(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if text[place] == _EMOJI_SHAPE:
        return after == _KEYCAP or (before != "" and unicodedata.category(before)[0] == "S")
    return text[place] in _JOINERS and all(one != " " and not one.isascii() for one in (before, after))


def without_invisible(text: str) -> str:
    """Returns the text without what shows nothing, spaces included."""
    return _NOTHING_AT_ALL.sub("", text)


def is_one_line(text: str) -> bool:
    """The text has no line break, tab or control character."""
    return _NO_LINE.search(text) is None


# Letters by category that render as nothing: Hangul fillers, the blank Braille pattern.
_EMPTY_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_JOINER = "\u200d"
_MARKS_AT_MOST = 3


def isolated(text: str) -> str:
    """Returns the text so that its direction changes none of what stands around it. Text without
    letters that are written from right to left is returned as it is."""
    is_turned = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    return f"\u2068{text}\u2069" if is_turned else text


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
