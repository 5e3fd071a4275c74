"""Where a sign of emphasis acts: at the edge of a word, never inside of one.

The rule is stricter than CommonMark's (0.31, 6.2), in which `5*3*2` and `(a)*b*(c)` are emphasis, and
wider for scripts that are written without spaces, in which it finds no end of a word."""

import re
import unicodedata

# What may stand before a sign that opens and after one that closes, beside spaces and all that
# is neither ASCII nor of a word.
_BEFORE = frozenset("([{<\"'`-:;,>*_~|")
_AFTER = frozenset(")]}<>\"'`-:;,.!?*_~|")

# What may not stand after a sign that opens and before one that closes. A sign beside a slash belongs
# to a path or a comment.
_NOT_OPENED = frozenset("/\\.,;!?)]}=")
_NOT_CLOSED = frozenset("/\\([{=<")

# Thai to Tibetan, Myanmar, Khmer, Hangul, Han, Kana and their punctuation. Korean has spaces, but
# appends particles to a word.
_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u11ff\u1780-\u17ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uffef\U00020000-\U0003ffff]"
)


def is_word(letter: str) -> bool:
    """Is it part of a word: a letter, a digit, or a mark on one?"""
    return letter.isalnum() or (letter > "\u02ff" and unicodedata.category(letter)[0] == "M")


def sides(sign: str, text: str, start: int, end: int) -> tuple[bool, bool]:
    """Returns whether the run of this sign from `start` to `end` may open and may close. A backslash
    after it isn't seen."""
    before = text[start - 1 : start]
    after = text[end : end + 1]
    if after == "\\" and text[end + 1 : end + 2] == sign:
        after = sign
    # `_` joins words in every script.
    unspaced = sign != "_"
    return (
        _leaves(before, _BEFORE, unspaced) and _holds(after, _NOT_OPENED),
        _leaves(after, _AFTER, unspaced) and _holds(before, _NOT_CLOSED),
    )


def _leaves(letter: str, allowed: frozenset[str], unspaced: bool) -> bool:
    """May this stand on the outside of a sign?"""
    if letter <= "\x7f":
        return letter in allowed or letter == "" or letter.isspace()
    return not is_word(letter) or (unspaced and _UNSPACED.match(letter) is not None)


def _holds(letter: str, forbidden: frozenset[str]) -> bool:
    """May this stand on the inside of a sign?"""
    return letter != "" and letter not in forbidden and not letter.isspace()
