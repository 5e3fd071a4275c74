"""JSON as RFC 8259 and I-JSON (RFC 7493) define it: no duplicate keys, no lone surrogates, bounded
depth."""

import json
import re
from typing import Any, TypeVar

import msgspec

MAX_DEPTH = 16

# A string that isn't closed reaches to the end: a search that began again at each quote in it would
# take the square of its length.
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)

_BEGINNING = re.compile(r'\A\s*\{\s*["}]')

_decoded = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

T = TypeVar("T")


class BadJson(Exception):
    """The text isn't acceptable JSON. The message says why."""


def looks_like_object(text: str) -> bool:
    """Does the text begin like a JSON object? `{hello}` doesn't, and counts as plain text."""
    return text.startswith('{"') or _BEGINNING.match(text) is not None


def keys_pattern(*keys: str) -> re.Pattern[str]:
    """What finds these keys in a text, for `decode`."""
    return re.compile(f'"(?:{"|".join(keys)})"')


def decode(text: str, decoder: "msgspec.json.Decoder[T]", keys: re.Pattern[str]) -> T:
    """Decodes `text` with `decoder`. Raises BadJson, or msgspec.ValidationError for JSON of another
    shape.

    msgspec is fast but accepts duplicate keys. A text in which one of `keys` may occur twice, that
    nests deeply, or that has escaped letters is therefore checked slowly first."""
    if text.count("{") + text.count("[") > MAX_DEPTH or "\\u" in text or _may_repeat(text, keys):
        _check_slowly(text)
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadJson(str(error)) from None


def _may_repeat(text: str, keys: re.Pattern[str]) -> bool:
    """May one of the keys occur twice? A text with as many colons as it has different keys repeats
    none: that is known in half of the time that a search for keys takes."""
    try:
        if len(_decoded(text)) == text.count(":"):
            return False
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    found = keys.findall(text)
    return len(found) > len(set(found))


def _check_slowly(text: str) -> None:
    depth = 0
    for letter in _QUOTED.sub("", text):
        depth += (letter in "{[") - (letter in "}]")
        if depth > MAX_DEPTH:
            raise BadJson(f"nested more than {MAX_DEPTH} deep")
    try:
        json.loads(text, object_pairs_hook=_reject_duplicate_keys, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)) from None


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
