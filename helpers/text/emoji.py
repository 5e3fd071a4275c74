"""What is an emoji: one picture, by the ranges and sequences of Unicode's emoji. New ones within
the ranges need no new Python.

And what emojis are called: the list that people choose from, and the shortcodes that stand for them
in texts."""

import re
import unicodedata

from emoji import EMOJI_DATA, STATUS

MAX_CODE_POINTS = 10
"""Of the longest there is: two people with colours of skin, kissing."""

_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2767\u2794-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f201-\U0001f251"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f900-\U0001f9ff\U0001fa70-\U0001faff]"
)
_ELEMENT = f"{_PICTURE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
_EMOJI = re.compile(
    f"{_ELEMENT}(?:\u200d{_ELEMENT})*"  # a picture, or some that are joined
    "|\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f"  # flags of parts of countries
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags of countries
    "|[0-9#*]\ufe0f?\u20e3"  # keycaps
)


def is_emoji(text: str) -> bool:
    """Is it one emoji and nothing else?"""
    return len(text) <= MAX_CODE_POINTS and _EMOJI.fullmatch(text) is not None


# A run of shortcodes, with nothing before and after that would make it a time, a ratio, or a name
# in C++.
_SHORTCODES = re.compile(r"(?<![\w:])(?::[a-z0-9_+-]{1,64}:)+(?![\w:])")
_SHORTCODE = re.compile(r":([^:]+):")
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


def _typed(name: str) -> str:
    """A name of the library's as a shortcode that can be typed: `:Åland_Islands:` is
    aland_islands."""
    plain = unicodedata.normalize("NFKD", name.strip(":").lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_+-]+", "_", plain.replace(".", "")).strip("_")


def _named() -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    found = [
        (emoji, facts) for emoji, facts in EMOJI_DATA.items() if facts["status"] == STATUS["fully_qualified"]
    ]
    by_shortcode: dict[str, str] = {}
    # What everybody calls them goes before Unicode's names: `:cat:` is the face of one.
    for names in ("alias", "en"):
        for emoji, facts in found:
            given = facts.get(names, ())
            for name in (given,) if isinstance(given, str) else given:
                by_shortcode.setdefault(_typed(name), emoji)
    named = set(by_shortcode.values())
    # Whose names have all gone to others takes its own back.
    by_shortcode |= {_typed(facts["en"]): emoji for emoji, facts in found if emoji not in named}
    shortcodes: dict[str, str] = {}
    for shortcode, emoji in by_shortcode.items():
        shortcodes.setdefault(emoji, shortcode)
    names_of = {
        emoji: facts["en"].strip(":").replace("_", " ")
        for emoji, facts in found
        if not _SKIN_TONES.search(emoji)
    }
    return by_shortcode, [(emoji, name, shortcodes[emoji]) for emoji, name in names_of.items()]


_BY_SHORTCODE, EMOJIS = _named()
"""EMOJIS: (emoji, name, first shortcode) of each, by name, without those that only differ in the
colour of skin."""


def with_emojis(text: str) -> str:
    """The text with emojis for the shortcodes in it: `:tada:` is 🎉. One that there isn't stays as
    it is."""
    return _SHORTCODES.sub(lambda run: _SHORTCODE.sub(_emoji_of, run[0]), text)


def _emoji_of(shortcode: re.Match[str]) -> str:
    return _BY_SHORTCODE.get(shortcode[1], shortcode[0])
