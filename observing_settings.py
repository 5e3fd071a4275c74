"""The settings of what an operator sees."""

import os
import re
from typing import Literal

from pydantic import field_validator
from pydantic_settings import BaseSettings

LEVELS = ("debug", "info", "warning", "error")
MAX_LOGGERS = 50

OWN = "aiochat"
"""What the names of our own loggers begin with."""

MAX_SOCKET_PATH = 107
"""Bytes; see unix(7)."""

_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_COLLECTOR = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]{1,253}(/[\x21-\x7e]{0,500})?")
_LOGGER = re.compile(r"[A-Za-z0-9_.]{1,100}")


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


def metrics_place(value: str) -> str:
    """Where Prometheus may ask: `host:port` or `unix:/path`. Raises ValueError."""
    if value.startswith("unix:"):
        path = value.removeprefix("unix:")
        if not path.startswith("/") or len(os.fsencode(path)) > MAX_SOCKET_PATH or not path.isprintable():
            raise ValueError(f"must be unix: and an absolute path of at most {MAX_SOCKET_PATH} bytes")
        return value
    host, _, port = value.rpartition(":")
    if not _ADDRESS.fullmatch(host) or not (port.isascii() and port.isdecimal()):
        raise ValueError("must be like 127.0.0.1:9180, [::1]:9180 or unix:/run/aiochat/metrics.sock")
    if not 1 <= int(port[:6]) <= 65535:
        raise ValueError("has a port that isn't from 1 to 65535")
    return value


class ObservingSettings(BaseSettings):
    log_format: Literal["text", "json"] = "text"
    log_level: str = "info"
    access_log: Literal["on", "off"] = "off"
    metrics: str = ""
    traces: str = ""

    @field_validator("log_level")
    @classmethod
    def _are_levels(cls, value: str) -> str:
        levels_of(value)
        return value

    @field_validator("metrics")
    @classmethod
    def _is_place(cls, value: str) -> str:
        return value and metrics_place(value)

    @field_validator("traces")
    @classmethod
    def _is_collector(cls, value: str) -> str:
        if value and not _COLLECTOR.fullmatch(value):
            raise ValueError("must be like http://127.0.0.1:4318, where OTLP over HTTP is taken")
        return value
