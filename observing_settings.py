"""The settings of what an operator sees."""

import re
from typing import Literal

from pydantic import field_validator
from pydantic_settings import BaseSettings

LEVELS = ("debug", "info", "warning", "error")
MAX_LOGGERS = 50
MAX_SOCKET_PATH = 107
"""Bytes; see unix(7)."""

OWN = "aiochat"
"""What the names of our own loggers begin with."""

_LOGGER = re.compile(r"[A-Za-z0-9_.]{1,100}")
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def levels_of(value: str) -> dict[str, str]:
    """The level of each logger, of `warning` or `info,aiochat.bus=debug`; "" is that of all others.
    Raises ValueError."""
    found: dict[str, str] = {}
    for part in value.lower().split(","):
        name, equals, level = part.strip().rpartition("=")
        if level not in LEVELS or (equals and not _LOGGER.fullmatch(name)):
            raise ValueError("must be debug, info, warning or error, and like info,aiochat.bus=debug for one")
        if name in found:
            raise ValueError(f"has two levels for {name or 'all'}")
        if level == "debug" and equals and name.split(".")[0] != OWN:
            # Drivers write each statement with its values at this level.
            raise ValueError("has debug for a library, whose lines may hold what isn't for logs")
        found[name] = level
    if len(found) > MAX_LOGGERS:
        raise ValueError(f"has more than {MAX_LOGGERS} loggers")
    return found


class ObservingSettings(BaseSettings):
    log_format: Literal["text", "json"] = "text"
    log_level: str = "info"
    access_log: Literal["on", "off"] = "off"
    metrics: str = ""

    @field_validator("log_level")
    @classmethod
    def _are_levels(cls, value: str) -> str:
        levels_of(value)
        return value

    @field_validator("metrics")
    @classmethod
    def _is_place(cls, value: str) -> str:
        if not value:
            return value
        wrong = "must be host:port, like 127.0.0.1:9108, or unix:/path/to/socket"
        if value.startswith("unix:"):
            path = value.removeprefix("unix:")
            if not path.startswith("/") or len(path.encode()) > MAX_SOCKET_PATH:
                raise ValueError(f"{wrong}, which is absolute and has at most {MAX_SOCKET_PATH} bytes")
            return value
        found = _ADDRESS.fullmatch(value)
        if not found or not 1 <= int(found[1]) <= 65535:
            raise ValueError(wrong)
        return value
