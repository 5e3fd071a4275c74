"""Colours: how two of them contrast (WCAG 2.2, 1.4.3), and the nearest one that contrasts enough. They are
made lighter and darker in OKLCH (Björn Ottosson, 2020), where that leaves what one takes for their hue."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

TEXT = 4.5
"""What WCAG asks of a text and its background, at level AA."""

_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 400
"""Of lightness, from black to white: a step is less than one sees."""


class Oklch(NamedTuple):
    lightness: float
    chroma: float
    hue: float
    """In radians."""


def is_colour(text: str) -> bool:
    """Whether this is a colour as it is written here: #2f62d8."""
    return bool(_HEX.fullmatch(text))


def contrast(one: str, other: str) -> float:
    """From 1, for the same, to 21, for black and white."""
    return _ratio(_luminance(one), _luminance(other))


def least_contrast(colour: str, others: Iterable[str]) -> float:
    return min(contrast(colour, other) for other in others)


def darkened(colour: str, against: Iterable[str], least: float = TEXT) -> str:
    """The colour, or the nearest darker one that holds this contrast with each of the others. Black where
    none does."""
    return _moved(colour, list(against), least, -1)


def lightened(colour: str, against: Iterable[str], least: float = TEXT) -> str:
    """The same with a lighter one; white where none does."""
    return _moved(colour, list(against), least, 1)


def _moved(colour: str, others: list[str], least: float, sign: int) -> str:
    found = to_oklch(colour)
    luminances = [_luminance(other) for other in others]
    for step in range(_STEPS + 1):
        lightness = found.lightness + sign * step / _STEPS
        one = colour if not step else to_hex(found._replace(lightness=min(max(lightness, 0.0), 1.0)))
        luminance = _luminance(one)
        if all(_ratio(luminance, other) >= least for other in luminances):
            return one
    return "#ffffff" if sign > 0 else "#000000"


def _channels(colour: str) -> list[float]:
    """Red, green and blue from 0 to 1, linear in the light."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _ratio(one: float, other: float) -> float:
    """Of two luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def to_oklch(colour: str) -> Oklch:
    red, green, blue = _channels(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    return Oklch(lightness, math.hypot(a, b), math.atan2(b, a))


def to_hex(colour: Oklch) -> str:
    """The colour, with as much of its chroma as a screen can show."""
    low, high = 0.0, colour.chroma
    channels = _linear(colour)
    if not _is_shown(channels):
        for _ in range(16):
            middle = (low + high) / 2
            if _is_shown(_linear(colour._replace(chroma=middle))):
                low = middle
            else:
                high = middle
        channels = _linear(colour._replace(chroma=low))
    parts = (min(max(one, 0.0), 1.0) for one in channels)
    signs = (12.92 * one if one <= 0.0031308 else 1.055 * one ** (1 / 2.4) - 0.055 for one in parts)
    return "#" + "".join(f"{round(255 * one):02x}" for one in signs)


def _is_shown(channels: Iterable[float]) -> bool:
    return all(-0.0005 <= one <= 1.0005 for one in channels)


def _linear(colour: Oklch) -> tuple[float, float, float]:
    a, b = colour.chroma * math.cos(colour.hue), colour.chroma * math.sin(colour.hue)
    long = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
