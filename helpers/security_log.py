"""The security log: who did or tried what, whence, and with which result. One line each, apart from
what people are shown.

It holds names and addresses, never passwords or texts. Values can't add lines or fields of their
own: what isn't a plain word is written as a JSON string in ASCII."""

import asyncio
import contextlib
import json
import logging
import logging.handlers
import re
import syslog
from pathlib import Path

from aiohttp import web

from helpers.limits import Buckets
from helpers.observing.measures import Counter
from helpers.processes.terminal import Failure

log = logging.getLogger("aiochat.security")

WHO = web.RequestKey("who", str)
"""The name of the account that a request comes from."""

CAUSE = web.RequestKey("cause_of_refusal", str)
"""Why a request is refused, where its status doesn't tell an operator what to change."""

MAX_VALUE = 200

_PLAIN = re.compile(r"[A-Za-z0-9_.:@/+-]{1,200}")

_refusals = Buckets(rate=1.0, burst=20.0)
"""By who and whence: whoever is refused a thousand times a second doesn't fill the disk."""

_all_refusals = Buckets(rate=20.0, burst=100.0)
"""The same for a thousand places."""

COUNT_SECONDS = 10.0
"""After this time those that were left out are counted, if no other line does it before."""

REFUSALS = Counter("aiochat_refusals_total", "What was refused, by the code of the error.", "code")

_left_out = 0
_count_later: asyncio.TimerHandle | None = None


def note(what: str, result: str, *, who: str = "", whence: str = "", **details: str | int) -> None:
    """Writes a line. `who` is the name of an account, `whence` an address or a door, `result` is
    `ok`, `failed` or `refused`."""
    fields = {"what": what, "result": result, "who": who, "whence": whence, **details}
    level = logging.INFO if result == "ok" else logging.WARNING
    log.log(level, " ".join(f"{name}={_quoted(str(value))}" for name, value in fields.items()))


def note_refusal(what: str, *, who: str = "", whence: str = "", **details: str | int) -> None:
    """The same for what was refused. Of many from the same place a few are written; the next line
    says how many were left out."""
    global _left_out
    REFUSALS.add(str(details.get("code", "")) or what)
    if _refusals.take((who, whence)) or _all_refusals.take(""):
        _left_out += 1
        _have_counted()
        return
    if _left_out:
        details["left_out"], _left_out = _left_out, 0
    note(what, "refused", who=who, whence=whence, **details)


def _have_counted() -> None:
    """Has a line written about what is left out, also where nothing else is refused any more."""
    global _count_later
    with contextlib.suppress(RuntimeError):
        loop = asyncio.get_running_loop()
        if _count_later is None or _count_later.when() < loop.time():
            _count_later = loop.call_later(COUNT_SECONDS, _count)


def _count() -> None:
    global _left_out, _count_later
    _count_later = None
    if _left_out:
        count, _left_out = _left_out, 0
        note("others", "refused", left_out=count)


def _quoted(value: str) -> str:
    if not value:
        return "-"
    return value if _PLAIN.fullmatch(value) else json.dumps(value[:MAX_VALUE])


def open_security_log(path: str, *, is_server: bool) -> None:
    """A server without a file for it writes it to standard error, with everything else."""
    if path:
        try:
            log_to_file(Path(path))
        except OSError as error:
            raise Failure(f"can't write {path} ({error.strerror}); see AIOCHAT_SECURITY_LOG") from None
    elif not is_server:
        log_to_syslog()


def log_to_file(path: Path) -> None:
    """Writes the lines to a file, each by one write, so that several processes may share it. It is
    opened again when it was renamed, and is for its owner alone. Raises OSError."""
    path.touch(mode=0o600)
    if log.handlers:
        return
    handler = logging.handlers.WatchedFileHandler(path, encoding="ascii")
    handler.setFormatter(logging.Formatter("%(asctime)s [%(process)d] %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.propagate = False


class _Syslog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        priority = syslog.LOG_INFO if record.levelno == logging.INFO else syslog.LOG_WARNING
        syslog.syslog(priority | syslog.LOG_AUTHPRIV, f"aiochat: {record.getMessage()}")


def log_to_syslog() -> None:
    """For commands of the shell, whose standard error is read by who typed them."""
    if not log.handlers:
        log.addHandler(_Syslog())
    log.propagate = False
