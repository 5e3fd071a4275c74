"""Names of people: RFC 8265 (UsernameCaseMapped), letters of one script, no two names that look
alike."""

import precis_i18n
from confusable_homoglyphs import categories

from accounts.people.looks import dotted_look, look
from accounts.people.name_shape import MAX_LENGTH as MAX_LENGTH
from accounts.people.name_shape import has_shape
from helpers.text.translation import Text

_mapped = precis_i18n.get_profile("UsernameCaseMapped")
_preserved = precis_i18n.get_profile("UsernameCasePreserved")

_NEUTRAL = frozenset({"COMMON", "INHERITED"})
# Scripts that are used together, by UTS 39's "highly restrictive" level.
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


def is_reserved(name: str) -> bool:
    """Does it look like one of RESERVED?"""
    return is_reserved_look(dotted_look(name))


def is_reserved_look(dotted: str) -> bool:
    return dotted in _RESERVED_DOTTED or dotted.replace("i", "l") in _RESERVED


_RESERVED_DOTTED = frozenset(("all",))
"""With an i it is another name: Ali."""

_RESERVED = frozenset(map(look, RESERVED)) - _RESERVED_DOTTED
