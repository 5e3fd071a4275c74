"""The names of settings as they come: from the environment, and from .env of the current folder."""

import os
import re
from collections.abc import Collection
from difflib import get_close_matches

from dotenv import dotenv_values
from dotenv.parser import parse_stream

PREFIX = "AIOCHAT_"

SUFFIX = "_FILE"
"""Behind the name of a setting: the value is in this file (setting_sources.py)."""

DOTENV = ".env"

_OF_KUBERNETES = re.compile(r"AIOCHAT_(SERVICE_(HOST|PORT.*)|PORT_[0-9]+_(TCP|UDP|SCTP).*)")


def read_dotenv() -> dict[str, str | None]:
    """What that file sets."""
    return dotenv_values(DOTENV, interpolate=False)


def wrong_line() -> str | None:
    """What is wrong with the first line of that file that would be skipped, or would change what another
    one says: nobody would see it. Lines of other programs may be there."""
    if os.path.isdir(DOTENV):
        return f"{DOTENV} is a folder: it must be a file"
    if not os.path.exists(DOTENV):
        return None
    first: dict[str, str | None] = {}
    with open(DOTENV, encoding="utf-8-sig") as file:
        for line in parse_stream(file):
            text = line.original.string.strip()
            # Empty lines before it belong to it.
            empty = line.original.string[: line.original.string.find(text)].count("\n")
            place = f"line {line.original.line + empty} of {DOTENV}"
            if not text.removeprefix("export ").lstrip().upper().startswith(PREFIX):
                continue
            name = line.key or ""
            if line.error or line.value is None:
                return f"{place} isn't NAME=value with matching quotes"
            if first.setdefault(name, line.value) != line.value:
                return f"{place} sets {name} a second time, to something else: leave out one of them"
    return None


def wrong_name(fields: Collection[str]) -> str | None:
    """What is wrong with the first name that is no setting: a misspelled one would change nothing, and
    nobody would see it. All begin alike, so that near ones are very near."""
    known = {f"{PREFIX}{field}{end}".upper() for field in fields for end in ("", SUFFIX)}
    for name in (*os.environ, *read_dotenv()):
        is_link = name == "AIOCHAT_PORT" and os.environ.get(name, "").startswith("tcp:")
        if is_link or _OF_KUBERNETES.fullmatch(name):
            return (
                f"{name} isn't a setting: Kubernetes puts the address of a service named aiochat there; set "
                "enableServiceLinks: false in the pod's spec, or name the service otherwise"
            )
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = get_close_matches(name.upper(), known, 1, 0.75)
            return f"{name} isn't a setting{f'; did you mean {nearest[0]}?' if nearest else ''}"
    return None
