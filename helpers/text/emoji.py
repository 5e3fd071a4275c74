"""What is an emoji, by the table of the library `emoji`.

And what emojis are called: the list that people choose from, and the shortcodes that stand for them
in texts."""

import re
import unicodedata

from emoji import EMOJI_DATA, STATUS
from emoji import is_emoji as is_known

_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


def is_emoji(text: str) -> bool:
    """Is it one emoji and nothing else? U+FE0F may follow: some keyboards put it behind every emoji
    of one code point."""
    plain = text.removesuffix("\ufe0f")
    return is_known(plain) and not _SKIN_TONES.fullmatch(plain)


# A run of shortcodes, with nothing before and after that would make it a time, a ratio, or a name
# in C++.
_SHORTCODES = re.compile(r"(?<![\w:])(?::[a-z0-9_+-]{1,64}:)+(?![\w:])")
_SHORTCODE = re.compile(r":([^:]+):")


def _shortcode(name: str) -> str:
    """A name of the library's as a shortcode that can be typed: `:Åland_Islands:` is
    aland_islands."""
    plain = unicodedata.normalize("NFKD", name.strip(":").lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_+-]+", "_", plain.replace(".", "")).strip("_")


def _build_tables() -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    found = [
        (emoji, facts) for emoji, facts in EMOJI_DATA.items() if facts["status"] == STATUS["fully_qualified"]
    ]
    by_shortcode: dict[str, str] = {}
    # What everybody calls them goes before Unicode's names: `:cat:` is the face of one.
    for names in ("alias", "en"):
        for emoji, facts in found:
            given = facts.get(names, ())
            for name in (given,) if isinstance(given, str) else given:
                by_shortcode.setdefault(_shortcode(name), emoji)
    named = set(by_shortcode.values())
    # Whose names have all gone to others takes its own back.
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
"""EMOJIS: (emoji, name, first shortcode) of each, by name, without those that only differ in the
colour of skin."""


def replace_shortcodes(text: str) -> str:
    """The text with emojis for the shortcodes in it: `:tada:` is 🎉. One that there isn't stays as
    it is."""
    return _SHORTCODES.sub(lambda run: _SHORTCODE.sub(_emoji_of, run[0]), text)


def _emoji_of(shortcode: re.Match[str]) -> str:
    return _BY_SHORTCODE.get(shortcode[1], shortcode[0])
