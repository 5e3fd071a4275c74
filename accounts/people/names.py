"""Names of people: RFC 8265 (UsernameCaseMapped), letters of one script, no two names that look
alike."""

from typing import Any

import precis_i18n
from confusable_homoglyphs import categories, confusables

from accounts.people.name_shape import MAX_LENGTH as MAX_LENGTH
from accounts.people.name_shape import has_shape
from helpers.text.characters import composed
from helpers.text.translation import Text

_mapped = precis_i18n.get_profile("UsernameCaseMapped")
_preserved = precis_i18n.get_profile("UsernameCasePreserved")

_NEUTRAL = frozenset({"COMMON", "INHERITED"})
# Scripts that are used together, by UTS 39's "highly restrictive" level.
_TWINS = str.maketrans("01", "ol")
_WRITTEN_TOGETHER = ({"HAN", "HIRAGANA", "KATAKANA"}, {"HAN", "BOPOMOFO"}, {"HAN", "HANGUL"})


DELETED = "deleted user"
"""The displayed name of deleted accounts. Names contain no spaces, so nobody can register it."""


RESERVED = (
    *("admin", "administrator", "aiochat", "moderator", "root", "security", "support", "system", "webmaster"),
    *("all", "channel", "everyone", "here"),
)
"""Names that say who somebody is, or that mean several people. Nobody takes one but by the shell."""


class BadName(ValueError):
    """The name isn't allowed. The text is for the person who typed it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def clean_name(text: str) -> str:
    """Returns the displayed form of a name: normalised, with its case kept. Raises BadName."""
    if not text:
        raise BadName(Text("A name is needed."))
    if len(text) > MAX_LENGTH:
        raise BadName(Text("At most {most} characters, please.", most=MAX_LENGTH))
    try:
        name = str(_preserved.enforce(text))
    except (UnicodeError, ValueError):
        raise BadName(Text("Letters, digits, dots, dashes and underscores only, please.")) from None
    if len(name) > MAX_LENGTH or not has_shape(name):
        raise BadName(
            Text(
                "Letters, digits, dots, dashes and underscores only, please, with a letter or digit first "
                "and last."
            )
        )
    scripts = {categories.alias(letter) for letter in name} - _NEUTRAL
    if len(scripts) > 1 and not any(scripts <= family for family in _WRITTEN_TOGETHER):
        raise BadName(Text("Letters of one script only, please."))
    return name


def name_key(name: str) -> str:
    """Returns the key by which a name is found: the same for every case and Unicode composition.
    Raises BadName."""
    # Mapping takes 5 ms for a thousand letters. Who types letter and marks apart types up to four.
    if len(name) > 4 * MAX_LENGTH:
        raise BadName(Text("There can be no such name."))
    try:
        return str(_mapped.enforce(name))
    except (UnicodeError, ValueError):
        raise BadName(Text("There can be no such name.")) from None


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


def is_reserved(name: str) -> bool:
    """Does it look like one of RESERVED?"""
    return skeleton(name) in _RESERVED


_RESERVED = frozenset(map(skeleton, RESERVED))
