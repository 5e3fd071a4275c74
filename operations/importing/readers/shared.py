"""What modules of formats have in common: fields of which nobody knows what they hold, times, and names."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from helpers.processes.terminal import Failure
from operations.importing.archives import Archive
from operations.importing.json_streams import JsonStream
from operations.importing.records import unmarked

FIRST_YEAR = 1980
"""Chats are younger; a time before is a fault of the archive."""

MAX_KEY = 200

Fields = dict[str, Any]


class Options:
    """What is said of an archive that doesn't say it itself: the `zone` of its times, and whether rooms are
    open of which it isn't told who may read them."""

    zone: tzinfo = UTC
    opens: bool = False


class BadRecord(ValueError):
    """Something in an archive that isn't as it should be; the rest can be taken."""


def text_in(fields: Fields, *names: str) -> str:
    """The first of these fields that holds a text, without the characters of marks."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return unmarked(value)
    return ""


def key_in(fields: Fields, *names: str) -> str:
    """The first of these that is an id. Raises BadRecord where there is none."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, dict):
            value = value.get("$oid")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and 0 < len(value) <= MAX_KEY:
            return unmarked(value)
    raise BadRecord(f"there is no {names[0]}")


def list_in(fields: Fields, name: str) -> list[Any]:
    value = fields.get(name)
    return value if isinstance(value, list) else []


def dicts_in(fields: Fields, name: str) -> list[Fields]:
    return [value for value in list_in(fields, name) if isinstance(value, dict)]


def dict_in(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def texts_in(fields: Fields, name: str) -> list[str]:
    return [unmarked(value) for value in list_in(fields, name) if isinstance(value, str)]


def checked_time(ms: float) -> int:
    """Milliseconds since 1970. Raises BadRecord for what can't be."""
    try:
        when = datetime.fromtimestamp(ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadRecord("its time can't be read") from None
    if when.year < FIRST_YEAR or ms > datetime.now(UTC).timestamp() * 1000 + 86_400_000:
        raise BadRecord(f"its time is {when:%Y-%m-%d}")
    return int(ms)


def seconds_of(value: Any) -> int:
    """A time that is given in seconds since 1970, as a number or a text."""
    try:
        return checked_time(float(value) * 1000)
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, BadRecord) else BadRecord("its time can't be read") from None


def iso_time(value: Any) -> int:
    """A time by ISO 8601; without a zone it is UTC."""
    try:
        when = datetime.fromisoformat(str(value).replace(" UTC", "+00:00").replace("Z", "+00:00"))
        return checked_time(round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, BadRecord) else BadRecord("its time can't be read") from None


def or_none(time: Any, read: Any) -> int | None:
    """A time that nothing hangs on."""
    try:
        return read(time) if time else None
    except BadRecord:
        return None


def objects(archive: Archive, name: str) -> Iterator[Fields]:
    """The objects of an array in a file of JSON. Raises Failure."""
    with archive.open(name) as file:
        for value in JsonStream(file, f"{name} in {archive.name}").items():
            if not isinstance(value, dict):
                raise Failure(f"{name} in {archive.name} isn't a list of objects")
            yield value


CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
"""Parts of a text in which no other sign acts, for `split`."""

_NAMED = re.compile(r"(?<![\w@/.+-])@([A-Za-z0-9][\w.-]*)")


def mentions(text: str, keys: dict[str, str], mark: Any) -> str:
    """The text in which `@name` of whom is known, by their names in lower case, is a mark. None in code."""

    def name(found: re.Match[str]) -> str:
        typed = found[1]
        while typed and typed.lower() not in keys:
            # The end of a sentence isn't a part of the name.
            shorter = typed.rstrip(".-_")
            if shorter == typed:
                return found[0]
            typed = shorter
        return f"{mark(keys[typed.lower()])}{found[1][len(typed) :]}" if typed else found[0]

    parts = CODE.split(text)
    return "".join(part if place % 2 else _NAMED.sub(name, part) for place, part in enumerate(parts))
