"""The colour of the site: of the one that is chosen a variant for each theme is made, so that texts and what
stands on it can be read. The style of all pages is served with it."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.colours import (
    TEXT,
    darkened,
    is_colour,
    least_contrast,
    lightened,
    to_hex,
    to_oklch,
)
from helpers.errors import ActionError

TOKENS = Path(__file__).resolve().parents[1] / "static" / "css" / "tokens.css"

DEFAULT_COLOUR = "#2f62d8"
"""That of tokens.css, which is as it is written there."""

SURFACES = ("paper", "paper-2", "paper-3", "paper-hover", "overlay")
"""What the colour stands on."""

INKS = ("ink", "ink-2", "ink-3")
"""What stands on soft variants of the colour."""

STRONGER = 0.08
"""Of lightness: how much the variant under the pointer differs."""

_TOKEN = re.compile(r"^[ \t]*--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", re.MULTILINE)

LIGHT, DARK = 0, 1

Move = Callable[[str, Iterable[str], float], str]


@dataclass(frozen=True)
class Palette:
    """The site's colour in one theme, by the names of tokens.css."""

    accent: str
    strong: str
    soft: str
    bubble: str


@functools.cache
def tokens() -> Mapping[str, tuple[str, str]]:
    """The colours of the design, each for the light and the dark theme."""
    return {name: (light, dark) for name, light, dark in _TOKEN.findall(TOKENS.read_text())}


def clean_colour(text: str) -> str:
    """A colour as it is stored; empty for the usual one. Raises ActionError."""
    text = text.strip().lower()
    if text and not is_colour(text):
        raise ActionError("bad_value", "A colour is written like #2f62d8.", field="colour")
    return "" if text == DEFAULT_COLOUR else text


def palette(colour: str, theme: int) -> Palette:
    """The variants of the colour for a theme. Whatever colour it is, each text on it, and each text in it,
    holds TEXT."""

    def token(name: str) -> str:
        return tokens()[name][theme]

    away: Move = darkened if theme == LIGHT else lightened
    towards: Move = lightened if theme == LIGHT else darkened
    soft = _background(colour, token("accent-soft"), [token(name) for name in INKS], towards)
    bubble = _background(colour, token("accent-bubble"), [token(name) for name in INKS], towards)
    surfaces = [*(token(name) for name in SURFACES), soft, bubble]
    accent = away(colour, surfaces, TEXT)
    step = -STRONGER if theme == LIGHT else STRONGER
    found = to_oklch(accent)
    stronger = to_hex(found._replace(lightness=min(max(found.lightness + step, 0.0), 1.0)))
    # What stands on the two is lighter, or darker, than any of the surfaces.
    return Palette(accent, away(stronger, surfaces, TEXT), soft, bubble)


def _background(colour: str, usual: str, inks: list[str], towards: Move) -> str:
    """The usual background in the hue of the colour."""
    as_it_is, found = to_oklch(usual), to_oklch(colour)
    hue = as_it_is._replace(chroma=min(as_it_is.chroma, found.chroma), hue=found.hue)
    return towards(to_hex(hue), inks, min(TEXT, least_contrast(usual, inks)))


def style(colour: str) -> str:
    """What stands at the end of the style of all pages. `colour` comes without its sign, as in an address.
    Raises ValueError."""
    if not is_colour(f"#{colour}"):
        raise ValueError(colour)
    light, dark = palette(f"#{colour}", LIGHT), palette(f"#{colour}", DARK)
    pairs = {
        "accent": (light.accent, dark.accent),
        "accent-strong": (light.strong, dark.strong),
        # On ink, which is dark in the light theme.
        "accent-inverse": (
            lightened(dark.strong, [tokens()["ink"][LIGHT]]),
            darkened(light.strong, [tokens()["ink"][DARK]]),
        ),
        "accent-soft": (light.soft, dark.soft),
        "accent-bubble": (light.bubble, dark.bubble),
    }
    lines = [f"--{name}: light-dark({one}, {other});" for name, (one, other) in pairs.items()]
    return f":root {{ {' '.join(lines)} }}\n"
