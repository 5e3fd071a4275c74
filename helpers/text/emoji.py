"""Which texts are an emoji, by the table of the library `emoji`.

Also the names of emojis: the list of the picker, and the shortcodes that are replaced in texts."""

import re
import unicodedata

from emoji import EMOJI_DATA, STATUS, emoji_list
from emoji import is_emoji as is_known

_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


_VARIANT = "\ufe0f"
"""Asks for an emoji where a code point is a sign of text as well. Some keyboards append it to every
emoji of one code point, others never."""

_QUALIFIED = {
    emoji.replace(_VARIANT, ""): emoji
    for emoji, facts in EMOJI_DATA.items()
    if facts["status"] == STATUS["fully_qualified"]
}


def canonical_emoji(text: str) -> str | None:
    """Returns the emoji that the text is, as Unicode's list has it (fully qualified), or None where
    it isn't exactly one."""
    plain = text.removesuffix(_VARIANT)
    return same_emoji(plain) if is_known(plain) and not _SKIN_TONES.fullmatch(plain) else None


def same_emoji(emoji: str) -> str:
    """Returns the same text for every way to write an emoji."""
    return _QUALIFIED.get(emoji.replace(_VARIANT, ""), emoji)


SHORTCODES = re.compile(r"(?<![\w:])(?::[a-z0-9_+-]{1,64}+:)++(?![\w:])")
"""A run of shortcodes. The characters around it exclude times, ratios, and names in C++."""

_SHORTCODE = re.compile(r":([^:]+):")


def _shortcode(name: str) -> str:
    """Converts a name of the library to a shortcode that can be typed: `:Åland_Islands:` to
    aland_islands."""
    plain = unicodedata.normalize("NFKD", name.strip(":").lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_+-]+", "_", plain.replace(".", "")).strip("_")


def _build_tables() -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    found = [
        (emoji, facts) for emoji, facts in EMOJI_DATA.items() if facts["status"] == STATUS["fully_qualified"]
    ]
    by_shortcode: dict[str, str] = {}
    # Common aliases take precedence over Unicode's names: `:cat:` is a cat's face.
    for names in ("alias", "en"):
        for emoji, facts in found:
            given = facts.get(names, ())
            for name in (given,) if isinstance(given, str) else given:
                by_shortcode.setdefault(_shortcode(name), emoji)
    named = set(by_shortcode.values())
    # An emoji whose names are all taken by others gets its Unicode name.
    by_shortcode |= {_shortcode(facts["en"]): emoji for emoji, facts in found if emoji not in named}
    shortcodes: dict[str, str] = {}
    for shortcode, emoji in by_shortcode.items():
        shortcodes.setdefault(emoji, shortcode)
    names_of = {
        emoji: facts["en"].strip(":").replace("_", " ")
        for emoji, facts in found
        if not _SKIN_TONES.search(emoji)
    }
    return by_shortcode, [(emoji, name, shortcodes[emoji]) for emoji, name in names_of.items()]


_BY_SHORTCODE, EMOJIS = _build_tables()
"""EMOJIS: (emoji, name, first shortcode), sorted as in the library, without variants of skin
tone."""


def replace_shortcodes(text: str) -> str:
    """Replaces the shortcodes in a text by emojis: `:tada:` becomes 🎉. Unknown shortcodes stay."""
    return SHORTCODES.sub(lambda run: _SHORTCODE.sub(_emoji_of, run[0]), text)


def _emoji_of(shortcode: re.Match[str]) -> str:
    return _BY_SHORTCODE.get(shortcode[1], shortcode[0])


_MAX_EMOJI_TEXT = 200
_KEYCAP = ("\ufe0f", "\u20e3")


def emojis_of(text: str, most: int) -> str:
    """Returns the emojis of a text that holds nothing but one to `most` of them, with spaces between
    them or not, by their characters or shortcodes; an empty string for any other text."""
    # A keycap begins with its digit.
    if (
        (text[:1].isalnum() and text[1:2] not in _KEYCAP)
        or len(text) > _MAX_EMOJI_TEXT
        or (text[:1] != ":" and text.isascii())
    ):
        return ""
    emojis = "".join(replace_shortcodes(text).split(" "))
    found = emoji_list(emojis)
    is_whole = sum(len(one["emoji"]) for one in found) == len(emojis)
    return emojis if is_whole and 0 < len(found) <= most else ""
