"""Durations as people type them: 10m, 2h, 3d, 1w, and combinations."""

import re

from helpers.text.translation import Language, Text

UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}

MAX_SECONDS = 366 * UNITS["d"]

_WRITTEN = re.compile(r"(?:[0-9]{1,4}[wdhms])+", re.IGNORECASE)
_PART = re.compile(r"([0-9]{1,4})([wdhms])", re.IGNORECASE)


def parse_duration(text: str) -> int | None:
    """Parses `1h30m` into seconds, from 1 to MAX_SECONDS. Returns None for anything else."""
    if not _WRITTEN.fullmatch(text):
        return None
    seconds = sum(int(count) * UNITS[unit.lower()] for count, unit in _PART.findall(text))
    return seconds if 1 <= seconds <= MAX_SECONDS else None


def show_duration(seconds: int) -> str:
    """Formats seconds as `1h30m`."""
    parts = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


_IN_WORDS = {
    "w": lambda count: Text("{count} wk", count=count),
    "d": lambda count: Text("{count} d", count=count),
    "h": lambda count: Text("{count} h", count=count),
    "m": lambda count: Text("{count} min", count=count),
    "s": lambda count: Text("{count} s", count=count),
}


def duration_in(language: Language, text: str) -> str:
    """A duration as typed, such as `1h30m`, in the words of the language: `1 h 30 min`."""
    return " ".join(
        language.translate(_IN_WORDS[unit.lower()](int(count))) for count, unit in _PART.findall(text)
    )
