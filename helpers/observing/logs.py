"""The log of a server, on standard error: text for people, or a JSON object a line for programs. The
lines of all libraries come by the same way.

What people type can't add a line: control characters are escaped, and each line of a traceback begins
with spaces. What isn't for logs is left out of whatever a line says, as a second net: callers don't
write it in the first place."""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from datetime import UTC, datetime
from typing import Any

from helpers.observing.request_ids import request_id
from observing_settings import OWN, levels_of

EXTRA = ("method", "path", "status", "bytes", "seconds", "address")
"""What a line may hold apart from its text, for JSON."""

MAX_TEXT = 8_000
"""Characters of a line's text; a traceback may have ten times as many."""

Event = MutableMapping[str, Any]

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_QUERY = re.compile(r"([?&][A-Za-z0-9_.-]{1,40}=)[^\s&\"'<>]+")


def _escape(text: str) -> str:
    """Without anything that begins a line, or that moves the cursor or turns the text around."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _indented(text: str) -> str:
    return "".join(f"\n  {_escape(line)}" for line in text.split("\n"))


class Hiding:
    """Takes from texts what stands behind the secret paths, such as `/join/{code}`, and the values of
    queries: what people search for."""

    def __init__(self, secret_paths: Iterable[str]) -> None:
        starts = "|".join(re.escape(path.partition("{")[0]) for path in secret_paths)
        self._path = re.compile(rf"({starts})[^\s/?\"'<>]+") if starts else None

    def __call__(self, text: str) -> str:
        if self._path is not None:
            text = self._path.sub(r"\1...", text)
        return _QUERY.sub(r"\1...", text)


class _Finishing:
    """Hides, cuts and names what all lines have."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide

    def __call__(self, _: Any, __: str, event: Event) -> Event:
        record: logging.LogRecord = event["_record"]
        at = datetime.fromtimestamp(record.created, UTC)
        finished: Event = {
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._hide(str(event.pop("event")))[:MAX_TEXT],
            "process": record.process,
        }
        if found := request_id.get():
            finished["request"] = found
        finished.update({name: event[name] for name in EXTRA if name in event})
        if "exception" in event:
            finished["exception"] = self._hide(event["exception"])[: 10 * MAX_TEXT]
        finished["_record"] = record
        return finished


class _Text:
    def __init__(self, shows_process: bool) -> None:
        self._shows_process = shows_process
        self._format = logging.Formatter()

    def __call__(self, _: Any, __: str, event: Event) -> str:
        record: logging.LogRecord = event["_record"]
        process = f" [{event['process']}]" if self._shows_process else ""
        line = f"{self._format.formatTime(record)}{process} {record.levelname} {record.name}: "
        line += _escape(event["event"])
        if "request" in event:
            line += f" request={event['request']}"
        return line + _indented(event["exception"]) if "exception" in event else line


def _json(_: Any, __: str, event: Event) -> str:
    del event["_record"]
    # In ASCII: some programs take U+2028 and the like for the end of a line.
    return json.dumps(_encodable(event))


def _encodable(event: Event) -> dict[str, Any]:
    """A name may hold halves of surrogate pairs, which are no text."""
    return {
        name: value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
        for name, value in event.items()
    }


def formatter(
    form: str, secret_paths: Iterable[str] = (), *, shows_process: bool = False
) -> logging.Formatter:
    # Commands of the shell write no log, and needn't wait for its import.
    from structlog.processors import format_exc_info
    from structlog.stdlib import ExtraAdder, ProcessorFormatter

    return ProcessorFormatter(
        foreign_pre_chain=[ExtraAdder(allow=EXTRA), format_exc_info],
        processors=[
            _Finishing(Hiding(secret_paths)),
            _json if form == "json" else _Text(shows_process),
        ],
    )


def setup_logs(form: str, level: str, secret_paths: Iterable[str], *, shows_process: bool) -> None:
    """Writes the log of this process to standard error. `level` is a setting that was checked; where
    it is debug for all, libraries stay at info."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form, secret_paths, shows_process=shows_process))
    logging.basicConfig(handlers=[handler], force=True)
    levels = levels_of(level)
    usual = levels.pop("", "info")
    logging.getLogger().setLevel("INFO" if usual == "debug" else usual.upper())
    logging.getLogger(OWN).setLevel(usual.upper())
    for name, one in levels.items():
        logging.getLogger(name).setLevel(one.upper())
