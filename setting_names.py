"""The names of settings as they come: from the environment, and from .env of the current folder."""

import os
import re
from collections.abc import Collection
from difflib import get_close_matches

from dotenv import dotenv_values

PREFIX = "AIOCHAT_"

SUFFIX = "_FILE"
"""Behind the name of a setting: the value is in this file (setting_sources.py)."""

DOTENV = ".env"

_OF_KUBERNETES = re.compile(r"AIOCHAT_(SERVICE_(HOST|PORT.*)|PORT_[0-9]+_(TCP|UDP|SCTP).*)")


def read_dotenv() -> dict[str, str | None]:
    """What that file sets."""
    return dotenv_values(DOTENV, interpolate=False)


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
